#include "reader_process.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "strayd/sys/os.h"

#include "patience.h"

namespace strayd {
namespace {

std::unexpected<Error> failed(const char* what) {
  return std::unexpected(errno_error(what, errno));
}

}  // namespace

SharedProgress::SharedProgress() {
  void* const memory = ::mmap(nullptr,
                              sizeof(ReaderProgress),
                              PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS,
                              -1,
                              0);
  if (memory == MAP_FAILED) return;
  progress_ = std::construct_at(static_cast<ReaderProgress*>(memory));
}

SharedProgress::~SharedProgress() {
  if (progress_ != nullptr) ::munmap(progress_, sizeof(ReaderProgress));
}

Result<std::unique_ptr<ReaderProcess>> ReaderProcess::start(
    const Serve& serve) {
  std::unique_ptr<ReaderProcess> process{new ReaderProcess};
  if (process->progress_.get() == nullptr) return failed("share a page");
  const Result<void> forked = process->fork_child(serve);
  if (!forked) return std::unexpected(forked.error());
  return process;
}

Result<void> ReaderProcess::fork_child(const Serve& serve) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return failed("make a socket pair for the reader");
  }
  socket_ = UniqueFd{ends[0]};
  const UniqueFd theirs{ends[1]};
  Result<Helper> helper =
      Helper::start([&] { serve(theirs.get(), *progress_.get()); });
  if (!helper) return std::unexpected(helper.error());
  helper_ = *std::move(helper);
  return {};
}

std::uint32_t ReaderProcess::at() const {
  return progress_.get()->at.load();
}

void ReaderProcess::kill() {
  if (helper_) helper_->kill();
}

bool ReaderProcess::ended(std::chrono::milliseconds within) {
  return !helper_ || helper_->ended(within);
}

// One pass of requests and replies.
class ReaderProcess::Exchange {
 public:
  Exchange(ReaderProcess& process,
           std::span<const ReaderRequest> requests,
           const OnReply& on_reply)
      : process_(&process),
        unsent_(std::as_bytes(requests)),
        awaited_(requests.size()),
        on_reply_(&on_reply) {}

  End run(std::chrono::nanoseconds timeout) {
    Patience patience(process_->pid(), timeout);
    while (awaited_ > 0) {
      if (!wait(patience.slice())) return End::Gone;
      if (progressed()) {
        patience.renew();
      } else if (patience.is_over()) {
        return End::Stalled;
      }
    }
    return End::Answered;
  }

 private:
  // false: the child has ended.
  bool wait(std::chrono::milliseconds slice) {
    pollfd watched{
        .fd = process_->socket_.get(), .events = POLLIN, .revents = 0};
    if (!unsent_.empty()) watched.events = POLLIN | POLLOUT;
    const int ready = ::poll(&watched, 1, static_cast<int>(slice.count()));
    if (ready <= 0) return true;
    if ((watched.revents & POLLOUT) != 0 && !send()) return false;
    if ((watched.revents & (POLLIN | POLLHUP)) != 0) return receive();
    return (watched.revents & (POLLERR | POLLNVAL)) == 0;
  }

  bool send() {
    const ssize_t sent = ::send(process_->socket_.get(),
                                unsent_.data(),
                                unsent_.size(),
                                MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    unsent_ = unsent_.subspan(static_cast<std::size_t>(sent));
    moved_ = true;
    return true;
  }

  bool receive() {
    const ssize_t got = ::recv(
        process_->socket_.get(), chunk_.data(), chunk_.size(), MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    received_.append(chunk_.data(), static_cast<std::size_t>(got));
    moved_ = true;
    take_replies();
    return true;
  }

  void take_replies() {
    std::string_view rest = received_;
    while (rest.size() >= sizeof(ReaderReply)) {
      ReaderReply reply;
      std::memcpy(&reply, rest.data(), sizeof reply);
      if (rest.size() < sizeof reply + reply.size) break;
      (*on_reply_)(reply, rest.substr(sizeof reply, reply.size));
      rest.remove_prefix(sizeof reply + reply.size);
      --awaited_;
    }
    received_.erase(0, received_.size() - rest.size());
  }

  bool progressed() {
    const std::uint32_t steps = process_->progress_.get()->steps.load();
    const bool moved = moved_ || steps != steps_;
    steps_ = steps;
    moved_ = false;
    return moved;
  }

  ReaderProcess* process_;
  std::span<const std::byte> unsent_;
  std::size_t awaited_;
  const OnReply* on_reply_;
  std::string received_;
  std::array<char, 65536> chunk_{};
  std::uint32_t steps_ = 0;
  bool moved_ = false;
};

ReaderProcess::End ReaderProcess::exchange(
    std::span<const ReaderRequest> requests,
    std::chrono::nanoseconds timeout,
    const OnReply& on_reply) {
  return Exchange{*this, requests, on_reply}.run(timeout);
}

}  // namespace strayd
