#include <asm/sockios.h>
#include <fcntl.h>
#include <seccomp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "strayd/reap/reaper.h"
#include "strayd/sys/os.h"

namespace strayd {
namespace {

struct Release {
  void operator()(void* filter) const { ::seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Release>;

constexpr std::uint32_t kRefusal = SCMP_ACT_ERRNO(EPERM);

// Signals by pid, other programs, and the memory of other processes.
constexpr std::array kNever{SCMP_SYS(kill),
                            SCMP_SYS(tkill),
                            SCMP_SYS(rt_sigqueueinfo),
                            SCMP_SYS(execve),
                            SCMP_SYS(rt_tgsigqueueinfo),
                            SCMP_SYS(execveat),
                            SCMP_SYS(ptrace),
                            SCMP_SYS(process_vm_writev)};

// Refused where one argument is so.
struct Condition {
  int call = 0;
  scmp_arg_cmp argument{};
};

scmp_arg_cmp argument_is_not(unsigned int which, std::uint64_t value) {
  return {.arg = which, .op = SCMP_CMP_NE, .datum_a = value, .datum_b = 0};
}

// The kernel looks at the lower half of these alone.
scmp_arg_cmp lower_half_is(unsigned int which, std::uint64_t value) {
  return {.arg = which,
          .op = SCMP_CMP_MASKED_EQ,
          .datum_a = 0xffffffff,
          .datum_b = value};
}

std::vector<Condition> conditions() {
  const auto self = static_cast<std::uint64_t>(::getpid());
  return {
      // abort() and raise() need it to itself. A child that is forked later
      // has another pid, and abort() ends it by a trap.
      {.call = SCMP_SYS(tgkill), .argument = argument_is_not(0, self)},
      // PIDFD_SIGNAL_PROCESS_GROUP and whatever comes would widen the signal.
      {.call = SCMP_SYS(pidfd_send_signal), .argument = argument_is_not(3, 0)},
      // SIGIO, or with F_SETSIG any signal, to a pid.
      {.call = SCMP_SYS(fcntl), .argument = lower_half_is(1, F_SETOWN)},
      {.call = SCMP_SYS(fcntl), .argument = lower_half_is(1, F_SETOWN_EX)},
      {.call = SCMP_SYS(ioctl), .argument = lower_half_is(1, FIOSETOWN)},
      {.call = SCMP_SYS(ioctl), .argument = lower_half_is(1, SIOCSPGRP)},
  };
}

// libseccomp gives 0 or a negative errno. kill(2) of another ABI (i386, x32)
// has another number: all calls of a foreign ABI are refused.
int fill(scmp_filter_ctx filter) {
  int result = ::seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, kRefusal);
  if (result == 0) {
    result = ::seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
  }
  for (const int call : kNever) {
    if (result == 0) {
      result = ::seccomp_rule_add_array(filter, kRefusal, call, 0, nullptr);
    }
  }
  for (const Condition& condition : conditions()) {
    if (result != 0) break;
    result = ::seccomp_rule_add_array(
        filter, kRefusal, condition.call, 1, &condition.argument);
  }
  return result;
}

}  // namespace

Result<void> forbid_pid_signals() {
  const Filter filter(::seccomp_init(SCMP_ACT_ALLOW));
  if (!filter) return fail(Fault::Exhausted, "seccomp: no memory");
  int result = fill(filter.get());
  // It sets NO_NEW_PRIVS too, without which the kernel takes no filter from
  // an unprivileged process.
  if (result == 0) result = ::seccomp_load(filter.get());
  if (result == 0) return {};
  return std::unexpected(errno_error("load the seccomp filter", -result));
}

}  // namespace strayd
