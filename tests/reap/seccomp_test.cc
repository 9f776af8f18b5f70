// The kernel itself refuses what strayd must never do.
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include "strayd/reap/reaper.h"

#include "../../src/reap/grip.h"
#include "puppet.h"
#include "support/pid_namespace.h"
#include "world.h"

namespace strayd::test {
namespace {

int errno_of(long result) {
  return result < 0 ? errno : 0;
}

// In a child that has forbidden itself the signals.
void in_the_filter(const std::function<void()>& body) {
  in_pid_namespace([&] {
    ASSERT_TRUE(forbid_pid_signals());
    body();
  });
}

TEST(Seccomp, refuses_every_signal_by_pid) {
  in_the_filter([] {
    const pid_t victim = start_sleeper();
    EXPECT_EQ(errno_of(::kill(victim, SIGKILL)), EPERM);
    EXPECT_EQ(errno_of(::kill(victim, 0)), EPERM);
    EXPECT_EQ(errno_of(::kill(-1, SIGKILL)), EPERM);
    EXPECT_EQ(errno_of(::kill(0, SIGKILL)), EPERM);
    EXPECT_EQ(errno_of(::killpg(victim, SIGKILL)), EPERM);
    EXPECT_EQ(errno_of(::sigqueue(victim, SIGKILL, {})), EPERM);
    EXPECT_EQ(errno_of(::syscall(SYS_tkill, victim, SIGKILL)), EPERM);
    EXPECT_EQ(errno_of(::syscall(SYS_tgkill, victim, victim, SIGKILL)), EPERM);
    EXPECT_EQ(errno_of(::syscall(
                  SYS_rt_tgsigqueueinfo, victim, victim, SIGKILL, nullptr)),
              EPERM);
    EXPECT_TRUE(is_running(victim));
  });
}

TEST(Seccomp, refuses_signals_by_way_of_a_descriptors_owner) {
  in_the_filter([] {
    const pid_t victim = start_sleeper();
    const Pipe pipe;
    const f_owner_ex owner{.type = F_OWNER_PID, .pid = victim};
    EXPECT_EQ(errno_of(::fcntl(pipe.in.get(), F_SETOWN, victim)), EPERM);
    EXPECT_EQ(errno_of(::fcntl(pipe.in.get(), F_SETOWN_EX, &owner)), EPERM);
    EXPECT_GE(::fcntl(pipe.in.get(), F_GETFL), 0);
  });
}

TEST(Seccomp, lets_a_whole_reap_work) {
  in_the_filter([] {
    World world;
    const TreeOrder order =
        world.order(start_term_ignorer(), std::chrono::milliseconds{5});
    world.reap(order);
    EXPECT_EQ(world.outcome_of(order.root)->outcome, Outcome::Killed);
  });
}

TEST(Seccomp, takes_no_flags_with_a_pidfd) {
  in_the_filter([] {
    World world;
    const pid_t victim = start_sleeper();
    const Result<Grip> held =
        Grip::open(world.id(victim), [](const ProcId&) { return true; });
    ASSERT_TRUE(held);
    constexpr unsigned long kProcessGroup = 4;  // PIDFD_SIGNAL_PROCESS_GROUP
    EXPECT_EQ(errno_of(::syscall(SYS_pidfd_send_signal,
                                 held->fd(),
                                 SIGTERM,
                                 nullptr,
                                 kProcessGroup)),
              EPERM);
    EXPECT_TRUE(is_running(victim));
    EXPECT_TRUE(held->signal(SIGTERM));
    EXPECT_TRUE(eventually([&] { return held->exited(); }));
  });
}

TEST(Seccomp, refuses_other_programs_and_other_processes_memory) {
  in_the_filter([] {
    const pid_t victim = start_sleeper();
    EXPECT_EQ(errno_of(::execl("/bin/true", "true", nullptr)), EPERM);
    EXPECT_EQ(errno_of(::ptrace(PTRACE_SEIZE, victim, nullptr, nullptr)),
              EPERM);
    EXPECT_EQ(errno_of(::syscall(
                  SYS_process_vm_writev, victim, nullptr, 0, nullptr, 0, 0)),
              EPERM);
  });
}

TEST(Seccomp, still_lets_a_process_abort) {
  in_the_filter([] {
    // A forked child has another pid than the filter's: a trap ends it.
    const pid_t child = ::fork();
    if (child == 0) std::abort();
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));
  });
  const pid_t child = ::fork();
  if (child == 0) {
    if (forbid_pid_signals()) std::abort();
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

TEST(Seccomp, holds_for_threads_too) {
  in_the_filter([] {
    const pid_t victim = start_sleeper();
    int error = 0;
    std::thread([&] { error = errno_of(::kill(victim, SIGKILL)); }).join();
    EXPECT_EQ(error, EPERM);
  });
}

#if defined(__x86_64__) && !defined(__ILP32__)
TEST(Seccomp, refuses_the_same_call_of_another_abi) {
  in_the_filter([] {
    const pid_t victim = start_sleeper();
    constexpr long kX32 = 0x40000000;
    EXPECT_EQ(errno_of(::syscall(SYS_kill | kX32, victim, SIGKILL)), EPERM);
    const pid_t caller = ::fork();
    if (caller == 0) {
      long result = 37;  // kill(2) of i386
      asm volatile("int $0x80"
                   : "+a"(result)
                   : "b"(victim), "c"(SIGKILL)
                   : "memory");
      ::_exit(static_cast<int>(result) == -EPERM ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(caller, &status, 0), caller);
    // A kernel without calls of i386 takes it for a fault.
    EXPECT_TRUE(WIFEXITED(status) ? WEXITSTATUS(status) == 0
                                  : WTERMSIG(status) == SIGSEGV);
    EXPECT_TRUE(is_running(victim));
  });
}
#endif

}  // namespace
}  // namespace strayd::test
