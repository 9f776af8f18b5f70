#include "strayd/sys/pidfd.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "strayd/sys/os.h"

namespace strayd {

Result<UniqueFd> open_pidfd(pid_t pid) {
  const long fd = ::syscall(SYS_pidfd_open, pid, 0);
  if (fd >= 0) return UniqueFd{static_cast<int>(fd)};
  const int error = errno == EINVAL && pid > 0 ? ESRCH : errno;
  return std::unexpected(
      errno_error("open a pidfd of " + std::to_string(pid), error));
}

Result<void> signal_pidfd(int pidfd, int signal) {
  if (::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) == 0) {
    return {};
  }
  return std::unexpected(
      errno_error("send signal " + std::to_string(signal), errno));
}

bool has_exited(int pidfd) {
  return !all_exited(std::span{&pidfd, 1}).empty();
}

std::vector<std::size_t> all_exited(std::span<const int> pidfds) {
  std::vector<pollfd> waits;
  waits.reserve(pidfds.size());
  for (const int pidfd : pidfds) {
    waits.push_back({.fd = pidfd, .events = POLLIN, .revents = 0});
  }
  std::vector<std::size_t> exited;
  if (::poll(waits.data(), waits.size(), 0) <= 0) return exited;
  for (std::size_t i = 0; i < waits.size(); ++i) {
    if ((waits[i].revents & (POLLIN | POLLHUP)) != 0) exited.push_back(i);
  }
  return exited;
}

}  // namespace strayd
