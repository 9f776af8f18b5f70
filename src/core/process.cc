#include "strayd/core/process.h"

namespace strayd {

namespace {
// include/linux/sched.h; shown in field 9 of /proc/PID/stat.
constexpr std::uint32_t kKernelThreadFlag = 0x00200000;
}  // namespace

bool is_dead(const Process& process) {
  const bool exited =
      process.state == 'Z' || process.state == 'X' || process.state == 'x';
  return exited && process.threads <= 1;
}

bool is_kernel_thread(const Process& process) {
  // Not by its pid: in a pid namespace of its own, pid 2 is any process.
  return (process.flags & kKernelThreadFlag) != 0;
}

}  // namespace strayd
