#include "reader_child.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "strayd/sys/helper.h"

#include "reader_desk.h"

namespace strayd {
namespace {

constexpr int kSocket = 0;
constexpr int kRoot = 1;

void keep_only(int socket, int root) {
  const int high_socket = ::fcntl(socket, F_DUPFD_CLOEXEC, 3);
  const int high_root = ::fcntl(root, F_DUPFD_CLOEXEC, 3);
  if (high_socket < 0 || high_root < 0) leave_reader();
  if (::dup2(high_socket, kSocket) < 0 || ::dup2(high_root, kRoot) < 0)
    leave_reader();
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

  ReaderDesk::Answer answer(const ReaderRequest& request,
                            std::span<char> room) const {
    const File file = file_of(static_cast<SlowFile>(request.file));
    const Path path{request.pid, file.name};
    return read_into(path, room.data(), file.limit);
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
    leave_reader();
  }

  // Blocks where the target's lock is held: that is what this process is for.
  static ReaderDesk::Answer read_into(const Path& path,
                                      char* text,
                                      std::size_t limit) {
    const int fd = ::openat(kRoot, path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return {.error = errno};
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
    return {.error = error, .size = filled};
  }

  const ReaderChildSetup* setup_;
};

}  // namespace

void run_reader_child(const ReaderChildSetup& setup) {
  ::prctl(PR_SET_NAME, "strayd-reader");
  keep_only(setup.socket, setup.root);
  const ReaderChild child{setup};
  ReaderDesk desk{kSocket, *setup.progress, setup.replies, kRepliesAtOnce};
  desk.serve([&](const ReaderRequest& request, std::span<char> room) {
    return child.answer(request, room);
  });
}

}  // namespace strayd
