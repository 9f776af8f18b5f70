#include "strayd/proc/process_events.h"

#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <utility>

#include "strayd/sys/os.h"

namespace strayd {
namespace {

constexpr std::size_t kAtOnce = 64;
constexpr std::size_t kLongest = 256;  // a message takes less than 100 bytes
constexpr int kAnswerMs = 200;

// A request to the proc connector: cn_msg has its data behind it.
struct Request {
  nlmsghdr head{};
  std::array<char, sizeof(cn_msg)> message{};
  std::uint32_t wish = 0;
};
static_assert(sizeof(Request) ==
              sizeof(nlmsghdr) + sizeof(cn_msg) + sizeof(std::uint32_t));

Result<void> ask(int socket, proc_cn_mcast_op wish) {
  cn_msg message{};
  message.id = {.idx = CN_IDX_PROC, .val = CN_VAL_PROC};
  message.len = sizeof(std::uint32_t);
  Request request{.wish = static_cast<std::uint32_t>(wish)};
  request.head.nlmsg_len = sizeof request;
  request.head.nlmsg_type = NLMSG_DONE;
  std::memcpy(request.message.data(), &message, sizeof message);
  if (::send(socket, &request, sizeof request, MSG_NOSIGNAL) < 0) {
    return std::unexpected(errno_error("ask the proc connector", errno));
  }
  return {};
}

// The second needs CAP_NET_ADMIN, and the first has a limit.
void enlarge(int socket, int buffer) {
  for (const int option : {SO_RCVBUF, SO_RCVBUFFORCE}) {
    static_cast<void>(
        ::setsockopt(socket, SOL_SOCKET, option, &buffer, sizeof buffer));
  }
}

// Room for many datagrams, and what recvmmsg(2) wants to know of it.
class Inbox {
 public:
  Inbox() {
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      parts_.at(i) = {.iov_base = texts_.at(i).data(), .iov_len = kLongest};
      msghdr& header = headers_.at(i).msg_hdr;
      header.msg_name = &senders_.at(i);
      header.msg_namelen = sizeof(sockaddr_nl);
      header.msg_iov = &parts_.at(i);
      header.msg_iovlen = 1;
    }
  }

  // How many came; less than 0: an error, see errno. Does not wait.
  int receive(int socket) {
    for (mmsghdr& header : headers_) {
      header.msg_hdr.msg_namelen = sizeof(sockaddr_nl);
    }
    return ::recvmmsg(socket, headers_.data(), kAtOnce, MSG_DONTWAIT, nullptr);
  }

  // Empty: not the kernel's.
  std::string_view text(std::size_t i) const {
    if (senders_.at(i).nl_pid != 0) return {};
    return {texts_.at(i).data(), headers_.at(i).msg_len};
  }

 private:
  std::array<std::array<char, kLongest>, kAtOnce> texts_{};
  std::array<sockaddr_nl, kAtOnce> senders_{};
  std::array<iovec, kAtOnce> parts_{};
  std::array<mmsghdr, kAtOnce> headers_{};
};

// The answer is there when the request was sent, among what others hear.
Result<void> await_answer(int socket) {
  Inbox inbox;
  const std::chrono::nanoseconds end =
      steady_time() + std::chrono::milliseconds{kAnswerMs};
  while (steady_time() < end) {
    pollfd ready{.fd = socket, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, kAnswerMs) <= 0) break;
    const int count = std::max(inbox.receive(socket), 0);
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      const auto message = parse_connector(inbox.text(i));
      if (!message || !message->answer) continue;
      if (*message->answer == 0) return {};
      return std::unexpected(
          errno_error("listen to the proc connector", *message->answer));
    }
  }
  return fail(Fault::TimedOut,
              "the proc connector does not answer, as where the pid namespace "
              "is not the initial one");
}

}  // namespace

Result<ProcessEvents> ProcessEvents::open(int buffer) {
  UniqueFd socket{
      ::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_CONNECTOR)};
  if (!socket) {
    return std::unexpected(errno_error("open the proc connector", errno));
  }
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = CN_IDX_PROC;
  sockaddr where{};
  static_assert(sizeof where >= sizeof address);
  std::memcpy(&where, &address, sizeof address);
  if (::bind(socket.get(), &where, sizeof address) != 0) {
    return std::unexpected(errno_error("join the proc connector", errno));
  }
  enlarge(socket.get(), buffer);
  ProcessEvents events{std::move(socket)};
  const Result<void> heard = events.listen();
  if (!heard) return std::unexpected(heard.error());
  return events;
}

Result<void> ProcessEvents::listen() {
  const Result<void> asked = ask(socket_.get(), PROC_CN_MCAST_LISTEN);
  return asked ? await_answer(socket_.get()) : asked;
}

// To close is not enough: the kernel goes on counting a listener, and builds
// each message for it.
ProcessEvents::~ProcessEvents() {
  if (!socket_) return;
  static_cast<void>(ask(socket_.get(), PROC_CN_MCAST_IGNORE));
}

void ProcessEvents::note(std::string_view datagram, ProcessEventBatch& batch) {
  const auto message = parse_connector(datagram);
  if (!message || !message->processor) return;
  const auto [known, fresh] =
      sequences_.try_emplace(*message->processor, message->sequence);
  if (!fresh) {
    if (message->sequence != known->second + 1) batch.lost = true;
    known->second = message->sequence;
  }
  if (message->event) batch.events.push_back(*message->event);
}

ProcessEventBatch ProcessEvents::take(std::size_t limit) {
  ProcessEventBatch batch;
  Inbox inbox;
  for (std::size_t seen = 0; seen < limit;) {
    const int count = inbox.receive(socket_.get());
    if (count < 0 && errno == ENOBUFS) {
      batch.lost = true;
      ++seen;
      continue;
    }
    if (count <= 0) break;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      note(inbox.text(i), batch);
    }
    seen += static_cast<std::size_t>(count);
  }
  return batch;
}

}  // namespace strayd
