#include "strayd/net/sockets.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "strayd/net/parse.h"
#include "strayd/sys/os.h"

namespace strayd {
namespace {

constexpr int kAttempts = 5;
// The kernel fills parts of 32 KB where that much is offered.
constexpr std::size_t kPart = 32768;
// Some 20 MB.
constexpr std::size_t kMostSockets = std::size_t{1} << 18U;

// include/net/tcp_states.h
constexpr std::uint32_t kEstablished = 1U << 1U;
constexpr std::uint32_t kListen = 1U << 10U;

struct Request {
  nlmsghdr head{};
  inet_diag_req_v2 body{};
};

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

std::size_t size_of(const SocketTable& table) {
  return table.listeners.size() +
         (table.connections ? table.connections->size() : 0);
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

Result<SocketTable> SocketReader::read(SocketScope scope) {
  for (int i = 0; i < kAttempts; ++i) {
    Result<std::optional<SocketTable>> table = read_once(scope);
    if (!table) {
      socket_ = UniqueFd{};  // the rest of that answer goes with it
      return std::unexpected(table.error());
    }
    std::optional<SocketTable>& whole = *table;
    if (whole) return *std::move(whole);
  }
  return fail(Fault::Io,
              "dump TCP sockets: they changed during each of " +
                  std::to_string(kAttempts) + " dumps");
}

Result<std::optional<SocketTable>> SocketReader::read_once(SocketScope scope) {
  if (!socket_) {
    Result<UniqueFd> opened = open_();
    if (!opened) return std::unexpected(opened.error());
    socket_ = *std::move(opened);
  }
  SocketTable table;
  if (scope == SocketScope::Connections) table.connections.emplace();
  for (const int family : {AF_INET, AF_INET6}) {
    const Result<bool> whole = dump(family, table);
    if (!whole) return std::unexpected(whole.error());
    if (!*whole) return std::nullopt;
  }
  sort_out(table.listeners);
  if (table.connections) sort_out(*table.connections);
  return table;
}

// false: it was interrupted.
Result<bool> SocketReader::dump(int family, SocketTable& table) {
  const Result<void> asked = ask(family, table.connections.has_value());
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
                  "dump TCP sockets: more than " +
                      std::to_string(kMostSockets) + " of them");
    }
    whole = whole && !part->interrupted;
    if (part->last) return whole;
  }
}

Result<void> SocketReader::ask(int family, bool with_connections) {
  const Request request{
      .head = {.nlmsg_len = sizeof(Request),
               .nlmsg_type = SOCK_DIAG_BY_FAMILY,
               .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
               .nlmsg_seq = ++sequence_,
               .nlmsg_pid = 0},
      .body = {
          .sdiag_family = static_cast<__u8>(family),
          .sdiag_protocol = IPPROTO_TCP,
          .idiag_ext = static_cast<__u8>(
              with_connections ? 1U << (INET_DIAG_INFO - 1U) : 0U),
          .pad = 0,
          .idiag_states = with_connections ? kListen | kEstablished : kListen,
          .id = {}}};
  ssize_t sent = 0;
  do {
    sent = ::send(socket_.get(), &request, sizeof request, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return failed("ask for TCP sockets");
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
      return fail(Fault::TimedOut, "dump TCP sockets: no answer in time");
    }
    if (got < 0) return failed("dump TCP sockets");
    if (got == 0) return fail(Fault::Malformed, "dump TCP sockets: no more");
    if (from.nl_pid != 0) continue;  // not the kernel's
    if ((message.msg_flags & MSG_TRUNC) != 0) {
      return fail(Fault::Malformed, "dump TCP sockets: a part was cut off");
    }
    return static_cast<std::size_t>(got);
  }
}

}  // namespace strayd
