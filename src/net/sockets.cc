#include "strayd/net/sockets.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "strayd/net/parse.h"
#include "strayd/sys/os.h"

#include "port_filter.h"

namespace strayd {
namespace {

constexpr int kAttempts = 5;
// The kernel fills parts of 32 KB where that much is offered.
constexpr std::size_t kPart = 32768;
// Some 20 MB.
constexpr std::size_t kMostSockets = std::size_t{1} << 18U;

// include/net/tcp_states.h
constexpr std::uint32_t kEstablished = 1U << 1U;
constexpr std::uint32_t kClose = 1U << 7U;  // of UDP: it is not connected
constexpr std::uint32_t kListen = 1U << 10U;

// What the filter's attribute may take of a request, in ports.
constexpr std::size_t kMostPorts = 256;

// With more ports than a filter may have, all connections are asked for.
bool is_filtered(const SocketsWanted& wanted) {
  return wanted.connections && !wanted.far_ports.empty() &&
         wanted.far_ports.size() <= kMostPorts;
}

void put(std::string& into, const auto& value) {
  into.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string tcp_request(int family, const SocketsWanted& wanted) {
  std::string bytes;
  put(bytes,
      inet_diag_req_v2{
          .sdiag_family = static_cast<__u8>(family),
          .sdiag_protocol = IPPROTO_TCP,
          .idiag_ext = static_cast<__u8>(
              wanted.connections ? 1U << (INET_DIAG_INFO - 1U) : 0U),
          .pad = 0,
          .idiag_states = wanted.connections ? kListen | kEstablished : kListen,
          .id = {}});
  if (!is_filtered(wanted)) return bytes;
  const std::string filter = far_port_filter(wanted.far_ports);
  put(bytes,
      nlattr{.nla_len = static_cast<__u16>(sizeof(nlattr) + filter.size()),
             .nla_type = INET_DIAG_REQ_BYTECODE});
  return bytes += filter;
}

// Those that are bound: the kernel has no others in its table.
std::string udp_request(int family) {
  std::string bytes;
  put(bytes,
      inet_diag_req_v2{.sdiag_family = static_cast<__u8>(family),
                       .sdiag_protocol = IPPROTO_UDP,
                       .idiag_ext = 0,
                       .pad = 0,
                       .idiag_states = kClose,
                       .id = {}});
  return bytes;
}

std::string unix_request() {
  std::string bytes;
  put(bytes,
      unix_diag_req{.sdiag_family = AF_UNIX,
                    .sdiag_protocol = 0,
                    .pad = 0,
                    .udiag_states = kListen,
                    .udiag_ino = 0,
                    .udiag_show = 0,
                    .udiag_cookie = {}});
  return bytes;
}

std::string unix_pairs_request() {
  std::string bytes;
  put(bytes,
      unix_diag_req{.sdiag_family = AF_UNIX,
                    .sdiag_protocol = 0,
                    .pad = 0,
                    .udiag_states = ~0U,  // one of datagrams may be "closed"
                    .udiag_ino = 0,
                    .udiag_show = UDIAG_SHOW_PEER,
                    .udiag_cookie = {}});
  return bytes;
}

std::unexpected<Error> failed(const char* what) {
  return std::unexpected(errno_error(what, errno));
}

template <typename Socket>
void sort_out(std::vector<Socket>& sockets) {
  std::ranges::sort(sockets, {}, &Socket::inode);
  // One that moved within the table while it was read was read twice.
  const auto repeated = std::ranges::unique(sockets, {}, &Socket::inode);
  sockets.erase(repeated.begin(), repeated.end());
}

void sort_out(std::vector<SocketInode>& inodes) {
  std::ranges::sort(inodes);
  const auto repeated = std::ranges::unique(inodes);
  inodes.erase(repeated.begin(), repeated.end());
}

std::size_t size_of(const SocketTable& table) {
  return table.listeners.size() +
         (table.connections ? table.connections->size() : 0) +
         (table.other_servers ? table.other_servers->size() : 0) +
         (table.unix_pairs ? table.unix_pairs->size() : 0);
}

}  // namespace

SocketReader::SocketReader(Open open) : open_(std::move(open)) {}

Result<UniqueFd> SocketReader::open_sock_diag() {
  UniqueFd fd{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)};
  if (!fd) return failed("open a sock_diag socket");
  // The kernel answers at once; were it not to, no scan may wait for it.
  const timeval patience{.tv_sec = 2, .tv_usec = 0};
  if (::setsockopt(
          fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0) {
    return failed("bound the reads of a sock_diag socket");
  }
  return fd;
}

Result<SocketTable> SocketReader::read(const SocketsWanted& wanted) {
  for (int i = 0; i < kAttempts; ++i) {
    Result<std::optional<SocketTable>> table = read_once(wanted);
    if (!table) {
      socket_ = UniqueFd{};  // the rest of that answer goes with it
      return std::unexpected(table.error());
    }
    std::optional<SocketTable>& whole = *table;
    if (whole) return *std::move(whole);
  }
  return fail(Fault::Io,
              "dump sockets: they changed during each of " +
                  std::to_string(kAttempts) + " dumps");
}

Result<std::optional<SocketTable>> SocketReader::read_once(
    const SocketsWanted& wanted) {
  if (!socket_) {
    Result<UniqueFd> opened = open_();
    if (!opened) return std::unexpected(opened.error());
    socket_ = *std::move(opened);
  }
  SocketTable table;
  if (wanted.connections) table.connections.emplace();
  for (const int family : {AF_INET, AF_INET6}) {
    const Result<bool> whole = dump(tcp_request(family, wanted), table);
    if (!whole) return std::unexpected(whole.error());
    if (!*whole) return std::nullopt;
  }
  if (wanted.other_servers) {
    const Result<bool> whole = dump_others(table);
    if (!whole) return std::unexpected(whole.error());
    if (!*whole) return std::nullopt;
  }
  if (wanted.unix_pairs) {
    const Result<bool> whole = dump_pairs(table);
    if (!whole) return std::unexpected(whole.error());
    if (!*whole) return std::nullopt;
  }
  sort_out(table.listeners);
  if (table.connections) sort_out(*table.connections);
  return table;
}

// Half of them would tell of the rest that they serve nothing.
Result<bool> SocketReader::dump_others(SocketTable& table) {
  table.other_servers.emplace();
  for (const std::string& request :
       {unix_request(), udp_request(AF_INET), udp_request(AF_INET6)}) {
    const Result<bool> whole = dump(request, table);
    if (!whole && whole.error().fault == Fault::NotFound) {
      table.other_servers.reset();  // this kernel can't tell
      return true;
    }
    if (!whole || !*whole) return whole;
  }
  sort_out(*table.other_servers);
  return true;
}

Result<bool> SocketReader::dump_pairs(SocketTable& table) {
  table.unix_pairs.emplace();
  Result<bool> whole = dump(unix_pairs_request(), table);
  if (!whole && whole.error().fault == Fault::NotFound) {
    table.unix_pairs.reset();  // this kernel can't tell
    return true;
  }
  return whole;
}

Result<bool> SocketReader::dump(const std::string& request,
                                SocketTable& table) {
  const Result<void> asked = ask(request);
  if (!asked) return std::unexpected(asked.error());
  bool whole = true;
  for (;;) {
    const Result<std::size_t> size = receive();
    if (!size) return std::unexpected(size.error());
    const Result<DiagPart> part =
        parse_diag(std::span{buffer_}.first(*size), sequence_, table);
    if (!part) return std::unexpected(part.error());
    if (size_of(table) > kMostSockets) {
      return fail(Fault::Exhausted,
                  "dump sockets: more than " + std::to_string(kMostSockets) +
                      " of them");
    }
    whole = whole && !part->interrupted;
    if (part->last) return whole;
  }
}

Result<void> SocketReader::ask(const std::string& request) {
  std::string bytes;
  put(bytes,
      nlmsghdr{
          .nlmsg_len = static_cast<__u32>(sizeof(nlmsghdr) + request.size()),
          .nlmsg_type = SOCK_DIAG_BY_FAMILY,
          .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
          .nlmsg_seq = ++sequence_,
          .nlmsg_pid = 0});
  bytes += request;
  ssize_t sent = 0;
  do {
    sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return failed("ask for sockets");
  return {};
}

// The size of the next datagram of the kernel's, which is in the buffer.
Result<std::size_t> SocketReader::receive() {
  buffer_.resize(kPart);
  for (;;) {
    sockaddr_nl from{};
    iovec into{.iov_base = buffer_.data(), .iov_len = buffer_.size()};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &into;
    message.msg_iovlen = 1;
    const ssize_t got = ::recvmsg(socket_.get(), &message, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) {
      return fail(Fault::TimedOut, "dump sockets: no answer in time");
    }
    if (got < 0) return failed("dump sockets");
    if (got == 0) return fail(Fault::Malformed, "dump sockets: no more");
    if (from.nl_pid != 0) continue;  // not the kernel's
    if ((message.msg_flags & MSG_TRUNC) != 0) {
      return fail(Fault::Malformed, "dump sockets: a part was cut off");
    }
    return static_cast<std::size_t>(got);
  }
}

}  // namespace strayd
