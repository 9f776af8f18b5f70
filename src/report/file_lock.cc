#include "file_lock.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>

#include "strayd/sys/os.h"

namespace strayd {
namespace {

constexpr int kPauseMs = 2;

// flock(2) knows no deadline, so a lock that is taken is asked for again.
Result<void> take(int fd,
                  const std::string& path,
                  std::chrono::milliseconds patience) {
  const std::chrono::nanoseconds deadline = steady_time() + patience;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (error != EWOULDBLOCK && error != EINTR) {
      return std::unexpected(errno_error("lock " + path, error));
    }
    if (steady_time() > deadline) {
      return fail(Fault::TimedOut,
                  "lock " + path + ": another process does not let go of it");
    }
    ::poll(nullptr, 0, kPauseMs);
  }
  return {};
}

}  // namespace

FileLock::Held::~Held() {
  if (fd_ >= 0) ::flock(fd_, LOCK_UN);
}

Result<void> FileLock::open_file() {
  fd_ =
      UniqueFd{::open(path_.c_str(),
                      O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                      0640)};
  if (!fd_) return std::unexpected(errno_error("open " + path_, errno));
  return {};
}

// Somebody may have removed the file; others then lock its successor.
Result<bool> FileLock::still_there() const {
  struct stat ours{};
  struct stat named{};
  if (::fstat(fd_.get(), &ours) != 0) {
    return std::unexpected(errno_error("stat " + path_, errno));
  }
  if (::stat(path_.c_str(), &named) != 0) {
    if (errno == ENOENT) return false;
    return std::unexpected(errno_error("stat " + path_, errno));
  }
  return ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

Result<FileLock::Held> FileLock::lock() {
  constexpr int kTries = 3;
  for (int i = 0; i < kTries; ++i) {
    if (!fd_) {
      const Result<void> opened = open_file();
      if (!opened) return std::unexpected(opened.error());
    }
    const Result<void> taken = take(fd_.get(), path_, patience_);
    if (!taken) return std::unexpected(taken.error());
    const Result<bool> right = still_there();
    if (right && *right) return Held(fd_.get());
    fd_ = UniqueFd{};  // which lets go of the lock
    if (!right) return std::unexpected(right.error());
  }
  return fail(Fault::Io, "lock " + path_ + ": it is removed again and again");
}

}  // namespace strayd
