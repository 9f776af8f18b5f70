#include "reader_child.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "strayd/sys/helper.h"

namespace strayd {
namespace {

constexpr int kSocket = 0;
constexpr int kRoot = 1;
constexpr std::size_t kEnoughToSend = 65536;

[[noreturn]] void leave() {
  ::_exit(1);
}

void keep_only(int socket, int root) {
  const int high_socket = ::fcntl(socket, F_DUPFD_CLOEXEC, 3);
  const int high_root = ::fcntl(root, F_DUPFD_CLOEXEC, 3);
  if (high_socket < 0 || high_root < 0) leave();
  if (::dup2(high_socket, kSocket) < 0 || ::dup2(high_root, kRoot) < 0) leave();
  close_from(2);
}

// "123/environ", without the library's formatting.
class Path {
 public:
  Path(pid_t pid, const char* name) {
    std::size_t digits = 0;
    std::array<char, 12> reversed{};
    for (pid_t rest = pid; rest > 0; rest /= 10) {
      reversed[digits++] = static_cast<char>('0' + (rest % 10));
    }
    std::size_t at = 0;
    while (digits > 0) text_[at++] = reversed[--digits];
    std::memcpy(text_.data() + at, name, std::strlen(name) + 1);
  }
  const char* c_str() const { return text_.data(); }

 private:
  std::array<char, 32> text_{};
};

class ReaderChild {
 public:
  explicit ReaderChild(const ReaderChildSetup& setup) : setup_(&setup) {}

  [[noreturn]] void serve() {
    for (;;) {
      const std::size_t count = receive();
      for (std::size_t i = 0; i < count; ++i) answer(requests_[i]);
      setup_->progress->at.store(ReaderProgress::kIdle);
      send_replies();
    }
  }

 private:
  struct File {
    const char* name = "";
    std::size_t limit = 0;
  };

  File file_of(SlowFile file) const {
    const SlowReadLimits& limits = setup_->limits;
    switch (file) {
      case SlowFile::Cmdline:
        return {.name = "/cmdline", .limit = limits.cmdline};
      case SlowFile::Environ:
        return {.name = "/environ", .limit = limits.environ};
      case SlowFile::SmapsRollup:
        return {.name = "/smaps_rollup", .limit = limits.smaps_rollup};
    }
    leave();
  }

  // As many whole requests as there are; at least one.
  std::size_t receive() {
    auto* const into = reinterpret_cast<char*>(requests_.data());
    std::size_t bytes = 0;
    while (bytes == 0 || bytes % sizeof(ReaderRequest) != 0) {
      const ssize_t got =
          ::recv(kSocket, into + bytes, sizeof requests_ - bytes, 0);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) leave();
      bytes += static_cast<std::size_t>(got);
    }
    return bytes / sizeof(ReaderRequest);
  }

  void answer(const ReaderRequest& request) {
    setup_->progress->at.store(request.index);
    setup_->progress->steps.fetch_add(1);
    const File file = file_of(static_cast<SlowFile>(request.file));
    const Path path{request.pid, file.name};

    ReaderReply reply{.index = request.index};
    char* const text = setup_->replies.data() + used_ + sizeof reply;
    reply.error = read_into(path, text, file.limit, reply.size);
    if (reply.error != 0) reply.size = 0;
    std::memcpy(setup_->replies.data() + used_, &reply, sizeof reply);
    used_ += sizeof reply + reply.size;
    if (used_ >= kEnoughToSend) send_replies();
  }

  // Blocks where the target's lock is held: that is what this process is for.
  static int read_into(const Path& path,
                       char* text,
                       std::size_t limit,
                       std::uint32_t& size) {
    const int fd = ::openat(kRoot, path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    std::size_t filled = 0;
    int error = 0;
    for (;;) {
      const ssize_t got = ::read(fd, text + filled, limit + 1 - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) error = errno;
      if (got <= 0) break;
      filled += static_cast<std::size_t>(got);
      if (filled > limit) {
        error = EFBIG;
        break;
      }
    }
    ::close(fd);
    size = static_cast<std::uint32_t>(filled);
    return error;
  }

  void send_replies() {
    std::size_t sent = 0;
    while (sent < used_) {
      const ssize_t done = ::send(
          kSocket, setup_->replies.data() + sent, used_ - sent, MSG_NOSIGNAL);
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) leave();
      sent += static_cast<std::size_t>(done);
    }
    used_ = 0;
  }

  const ReaderChildSetup* setup_;
  std::array<ReaderRequest, 1024> requests_{};
  std::size_t used_ = 0;  // of setup_->replies
};

}  // namespace

void run_reader_child(const ReaderChildSetup& setup) {
  ::prctl(PR_SET_NAME, "strayd-reader");
  keep_only(setup.socket, setup.root);
  ReaderChild child{setup};
  child.serve();
}

}  // namespace strayd
