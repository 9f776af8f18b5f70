#include "strayd/sys/exit_status.h"

#include <sys/ioctl.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdint>

#include "strayd/sys/os.h"
#include "strayd/sys/pidfd.h"

namespace strayd {
namespace {

// Not in the headers of Debian 12. Source: Linux 6.15,
// include/uapi/linux/pidfd.h (PIDFD_INFO_SIZE_VER0).
struct PidfdInfo {
  std::uint64_t mask = 0;
  std::uint64_t cgroup_id = 0;
  std::uint32_t pid = 0;
  std::uint32_t tgid = 0;
  std::uint32_t ppid = 0;
  std::uint32_t ruid = 0;
  std::uint32_t rgid = 0;
  std::uint32_t euid = 0;
  std::uint32_t egid = 0;
  std::uint32_t suid = 0;
  std::uint32_t sgid = 0;
  std::uint32_t fsuid = 0;
  std::uint32_t fsgid = 0;
  std::int32_t exit_code = 0;  // as of waitpid(2)
};
static_assert(sizeof(PidfdInfo) == 64);

constexpr std::uint64_t kInfoExit = 1U << 3U;
constexpr unsigned kPidfsMagic = 0xff;
constexpr unsigned long kGetInfo = _IOWR(kPidfsMagic, 11, PidfdInfo);

using How = ExitStatus::How;

}  // namespace

ExitStatus decode_end(int status) {
  if (WIFSIGNALED(status)) {
    return {.how = How::Signalled, .value = WTERMSIG(status)};
  }
  return {.how = How::Exited, .value = WEXITSTATUS(status)};
}

Result<ExitStatus> exit_status(int pidfd) {
  if (!has_exited(pidfd)) return ExitStatus{.how = How::NotYet};
  PidfdInfo info{.mask = kInfoExit};
  if (::ioctl(pidfd, kGetInfo, &info) == 0) {
    // Told once the parent has taken note; until then it is a zombie.
    const bool told = (info.mask & kInfoExit) != 0;
    return told ? decode_end(info.exit_code) : ExitStatus{.how = How::NotYet};
  }
  switch (errno) {
    case ENOTTY:  // before 6.13
    case EINVAL:
    case ESRCH:  // before 6.15, and the parent has taken note
      return ExitStatus{.how = How::Unknown};
    default:
      return std::unexpected(errno_error("ask a pidfd how it ended", errno));
  }
}

}  // namespace strayd
