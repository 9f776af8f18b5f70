#include "strayd/sys/os.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <system_error>

#include "strayd/sys/fd.h"

namespace strayd {
namespace {

Fault fault_of(int error) {
  switch (error) {
    case ENOENT:
    case ESRCH:
      return Fault::NotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return Fault::Denied;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOSPC:
    case EDQUOT:
    case ENOBUFS:
      return Fault::Exhausted;
    case ECONNREFUSED:
    case ECONNRESET:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EPIPE:
      return Fault::Unreachable;
    case ETIMEDOUT:
      return Fault::TimedOut;
    default:
      return Fault::Io;
  }
}

std::unexpected<Error> failed(std::string_view call, const std::string& path) {
  const int error = errno;
  return std::unexpected(
      errno_error(std::string(call).append(" ").append(path), error));
}

std::chrono::nanoseconds clock_now(clockid_t clock) {
  timespec now{};
  static_cast<void>(::clock_gettime(clock, &now));  // cannot fail for these
  return std::chrono::seconds{now.tv_sec} +
         std::chrono::nanoseconds{now.tv_nsec};
}

Result<void> write_all(int fd,
                       std::string_view content,
                       const std::string& to) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("write", to);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// A rename is durable only when its directory is.
Result<void> sync_directory_of(const std::string& path) {
  const std::string directory = directory_of(path);
  const UniqueFd fd{
      ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd) return failed("open", directory);
  if (::fsync(fd.get()) != 0) return failed("fsync", directory);
  return {};
}

enum class Sync { File, Nothing };

Result<void> write_and_rename(const UniqueFd& fd,
                              const std::string& temporary,
                              const std::string& path,
                              std::string_view content,
                              unsigned mode,
                              Sync sync) {
  const Result<void> written = write_all(fd.get(), content, temporary);
  if (!written) return written;
  if (::fchmod(fd.get(), mode) != 0) return failed("chmod", temporary);
  if (sync == Sync::File && ::fsync(fd.get()) != 0) {
    return failed("fsync", temporary);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    return failed("rename", path);
  }
  return {};
}

Result<void> replace(const std::string& path,
                     std::string_view content,
                     unsigned mode,
                     Sync sync) {
  std::string temporary = path + ".XXXXXX";
  const UniqueFd fd{::mkostemp(temporary.data(), O_CLOEXEC)};
  if (!fd) return failed("create", temporary);
  Result<void> done =
      write_and_rename(fd, temporary, path, content, mode, sync);
  if (!done) ::unlink(temporary.c_str());
  return done;
}

Result<void> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return {};
  // Some file systems say EROFS or EACCES of a directory that is there.
  const int error = errno;
  struct stat found{};
  if (::stat(path.c_str(), &found) == 0) {
    if (S_ISDIR(found.st_mode)) return {};
    return std::unexpected(errno_error("mkdir " + path, ENOTDIR));
  }
  return std::unexpected(errno_error("mkdir " + path, error));
}

}  // namespace

Error errno_error(std::string_view what, int error) {
  return Error{.fault = fault_of(error),
               .what = std::string(what).append(": ").append(
                   std::generic_category().message(error))};
}

BootTime boot_time() {
  return clock_now(CLOCK_BOOTTIME);
}

std::int64_t unix_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             clock_now(CLOCK_REALTIME))
      .count();
}

std::chrono::nanoseconds steady_time() {
  return clock_now(CLOCK_MONOTONIC);
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  // Non-blocking, so that the open of a FIFO someone put there cannot hang.
  const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!fd) return failed("open", path);
  struct stat found{};
  if (::fstat(fd.get(), &found) != 0) return failed("stat", path);
  if (!S_ISREG(found.st_mode)) {
    return fail(Fault::Malformed, "open " + path + ": not a regular file");
  }

  std::string content;
  std::array<char, 16384> chunk{};
  for (;;) {
    const ssize_t got = ::read(fd.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read", path);
    if (got == 0) return content;
    content.append(chunk.data(), static_cast<std::size_t>(got));
    if (content.size() > limit) {
      return fail(
          Fault::Exhausted,
          "read " + path + ": longer than " + std::to_string(limit) + " bytes");
    }
  }
}

Result<void> replace_file(const std::string& path,
                          std::string_view content,
                          unsigned mode) {
  const Result<void> done = replace(path, content, mode, Sync::File);
  return done ? sync_directory_of(path) : done;
}

Result<void> replace_file_unsynced(const std::string& path,
                                   std::string_view content,
                                   unsigned mode) {
  return replace(path, content, mode, Sync::Nothing);
}

Result<void> make_directories(const std::string& path) {
  for (std::size_t end = 0; end < path.size();) {
    end = path.find('/', end + 1);
    const Result<void> made = make_directory(path.substr(0, end));
    if (!made) return made;
    if (end == std::string::npos) break;
  }
  return {};
}

std::size_t lift_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  rlimit lifted = limit;
  lifted.rlim_cur = lifted.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &lifted) == 0) limit = lifted;
  return limit.rlim_cur;
}

}  // namespace strayd
