#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <type_traits>

#include "strayd/net/parse.h"
#include "strayd/sys/os.h"

namespace strayd {
namespace {

using Bytes = std::span<const std::byte>;

// include/net/tcp_states.h
constexpr std::uint8_t kEstablished = 1;
constexpr std::uint8_t kClose = 7;  // of UDP: it is not connected
constexpr std::uint8_t kListen = 10;

constexpr int kMostErrno = 4095;  // include/linux/err.h

// A copy, as the bytes are not aligned; nullopt: there are fewer.
template <typename T>
  requires std::is_trivially_copyable_v<T>
std::optional<T> head_of(Bytes bytes) {
  if (bytes.size() < sizeof(T)) return std::nullopt;
  T value{};
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::unexpected<Error> cut_off(const char* what) {
  return fail(Fault::Malformed, std::string("parse sockets: cut ") + what);
}

// A record begins with its own length and is padded to four bytes. Takes it
// from the text, without the padding; nullopt: the length is wrong.
std::optional<Bytes> take_record(Bytes& bytes,
                                 std::size_t length,
                                 std::size_t least) {
  if (length < least || length > bytes.size()) return std::nullopt;
  const Bytes record = bytes.first(length);
  const std::size_t padded = (length + 3) / 4 * 4;
  bytes = bytes.subspan(std::min(padded, bytes.size()));
  return record;
}

IpAddress address_of(std::uint8_t family, std::span<const __be32, 4> words) {
  IpAddress ip;
  if (family == AF_INET6) {
    std::memcpy(ip.bytes.data(), words.data(), ip.bytes.size());
  } else {
    ip.bytes[10] = 0xff;
    ip.bytes[11] = 0xff;
    std::memcpy(ip.bytes.data() + 12, words.data(), 4);
  }
  return ip;
}

// The last attribute of that type; nullopt: there is none.
Result<std::optional<Bytes>> attribute_of(Bytes attributes, int type) {
  std::optional<Bytes> found;
  while (!attributes.empty()) {
    const std::optional<rtattr> head = head_of<rtattr>(attributes);
    const std::optional<Bytes> attribute =
        head ? take_record(attributes, head->rta_len, sizeof *head)
             : std::nullopt;
    if (!attribute) return cut_off("attribute");
    if ((head->rta_type & NLA_TYPE_MASK) != type) continue;
    found = attribute->subspan(sizeof *head);
  }
  return found;
}

// Since the last byte; nullopt: the kernel does not say. Older kernels have a
// shorter tcp_info.
Result<std::optional<std::chrono::milliseconds>> last_receive(
    Bytes attributes) {
  constexpr std::size_t kAt = offsetof(tcp_info, tcpi_last_data_recv);
  const auto info = attribute_of(attributes, INET_DIAG_INFO);
  if (!info) return std::unexpected(info.error());
  if (!*info || (*info)->size() < kAt) return std::nullopt;
  const auto ms = head_of<std::uint32_t>((*info)->subspan(kAt));
  if (!ms) return std::nullopt;
  return std::chrono::milliseconds{*ms};
}

// Of one that serves without a TCP port.
void add_other(SocketInode inode, SocketTable& table) {
  if (inode != 0 && table.other_servers) table.other_servers->push_back(inode);
}

// The inode at the other end; nullopt: there is none.
Result<std::optional<SocketInode>> unix_peer(Bytes attributes) {
  const auto peer = attribute_of(attributes, UNIX_DIAG_PEER);
  if (!peer) return std::unexpected(peer.error());
  const auto inode = *peer ? head_of<std::uint32_t>(**peer) : std::nullopt;
  if (!inode || *inode == 0) return std::nullopt;
  return *inode;
}

Result<void> add_unix_socket(Bytes body, SocketTable& table) {
  const std::optional<unix_diag_msg> socket = head_of<unix_diag_msg>(body);
  if (!socket) return cut_off("socket");
  if (socket->udiag_state == kListen) add_other(socket->udiag_ino, table);
  if (!table.unix_pairs) return {};
  const auto peer = unix_peer(body.subspan(sizeof *socket));
  if (!peer) return std::unexpected(peer.error());
  if (*peer) {
    table.unix_pairs->push_back({.inode = socket->udiag_ino, .peer = **peer});
  }
  return {};
}

Result<void> add_socket(Bytes body, SocketTable& table) {
  if (head_of<std::uint8_t>(body) == AF_UNIX) {
    return add_unix_socket(body, table);
  }
  const std::optional<inet_diag_msg> socket = head_of<inet_diag_msg>(body);
  if (!socket) return cut_off("socket");
  const std::uint8_t family = socket->idiag_family;
  const bool known = family == AF_INET || family == AF_INET6;
  if (!known || socket->idiag_inode == 0) return {};

  const inet_diag_sockid& id = socket->id;
  const Endpoint local{.ip = address_of(family, id.idiag_src),
                       .port = ntohs(id.idiag_sport)};
  if (socket->idiag_state == kListen) {
    table.listeners.push_back({.inode = socket->idiag_inode, .local = local});
  }
  if (socket->idiag_state == kClose) add_other(socket->idiag_inode, table);
  if (socket->idiag_state != kEstablished || !table.connections) return {};
  const auto since = last_receive(body.subspan(sizeof *socket));
  if (!since) return std::unexpected(since.error());
  table.connections->push_back(
      {.inode = socket->idiag_inode,
       .local = local,
       .remote = {.ip = address_of(family, id.idiag_dst),
                  .port = ntohs(id.idiag_dport)},
       .since_receive = *since});
  return {};
}

// Both an error and the end of a dump bring a negative errno, or 0.
Result<void> check_outcome(Bytes body) {
  const std::optional<int> outcome = head_of<int>(body);
  if (!outcome) return cut_off("outcome");
  if (*outcome >= 0) return {};
  if (*outcome < -kMostErrno) {
    return fail(Fault::Malformed, "parse sockets: an error that is none");
  }
  return std::unexpected(errno_error("dump sockets", -*outcome));
}

Result<void> add_message(const nlmsghdr& head,
                         Bytes body,
                         SocketTable& table,
                         DiagPart& part) {
  part.interrupted |= (head.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
  switch (head.nlmsg_type) {
    case SOCK_DIAG_BY_FAMILY:
      return add_socket(body, table);
    case NLMSG_DONE:
      part.last = true;
      return check_outcome(body);
    case NLMSG_ERROR:
      return check_outcome(body);
    case NLMSG_OVERRUN:
      return fail(Fault::Exhausted, "dump sockets: data was lost");
    default:
      return {};  // NLMSG_NOOP, and what may come
  }
}

}  // namespace

Result<DiagPart> parse_diag(Bytes datagram,
                            std::uint32_t sequence,
                            SocketTable& table) {
  DiagPart part;
  while (!datagram.empty()) {
    const std::optional<nlmsghdr> head = head_of<nlmsghdr>(datagram);
    const std::optional<Bytes> message =
        head ? take_record(datagram, head->nlmsg_len, sizeof *head)
             : std::nullopt;
    if (!message) return cut_off("message");
    if (head->nlmsg_seq != sequence) continue;  // of a dump that was given up
    const Bytes body = message->subspan(sizeof *head);
    const Result<void> added = add_message(*head, body, table, part);
    if (!added) return std::unexpected(added.error());
  }
  return part;
}

}  // namespace strayd
