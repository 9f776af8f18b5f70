// A PID namespace of a test's own: whatever happens in it hits nobody outside,
// and everything in it is gone when the test ends.
#pragma once

#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <functional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "strayd/sys/fd.h"
#include "strayd/sys/pidfd.h"

namespace strayd::test {

namespace detail {

// Without root a user namespace comes along, in which we are.
inline void become_root_of(uid_t uid, gid_t gid) {
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/uid_map") << "0 " << uid << " 1";
  std::ofstream("/proc/self/gid_map") << "0 " << gid << " 1";
}

[[noreturn]] inline void leave(int status) {
  std::fflush(nullptr);
  ::_exit(status);
}

// As it is told where the kernel does not let a place be the test's own: in a
// chroot, for one, / is no mount that could be made private.
inline constexpr int kNoPlace = 77;
// The body has skipped the test, and has said why.
inline constexpr int kSkipped = 78;

[[noreturn]] inline void be_init(const std::function<void()>& body) {
  if (::getpid() != 1 ||
      ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("proc", "/proc", "proc", 0, nullptr) != 0) {
    std::fprintf(stderr, "mount /proc: %s\n", std::strerror(errno));
    leave(kNoPlace);
  }
  try {
    body();
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
  if (testing::Test::HasFailure()) leave(1);
  leave(testing::Test::IsSkipped() ? kSkipped : 0);
}

inline bool wait_for_exit(int pidfd, std::chrono::milliseconds limit) {
  pollfd wait{.fd = pidfd, .events = POLLIN, .revents = 0};
  int ready = 0;
  do {
    ready = ::poll(&wait, 1, static_cast<int>(limit.count()));
  } while (ready < 0 && errno == EINTR);
  return ready == 1;
}

}  // namespace detail

// Runs the body as pid 1 of a new PID namespace with a /proc of its own, and of
// further namespaces (CLONE_NEW*). Its EXPECTs and ASSERTs count: they are
// printed there, and fail the test here. Skips the test where the kernel does
// not let us.
inline void in_namespaces(
    unsigned long further,
    const std::function<void()>& body,
    std::chrono::milliseconds limit = std::chrono::seconds{120}) {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  unsigned long flags = CLONE_NEWPID | CLONE_NEWNS | SIGCHLD | further;
  if (uid != 0) flags |= CLONE_NEWUSER;
  std::fflush(nullptr);
  const long child = ::syscall(SYS_clone, flags, nullptr, nullptr, nullptr, 0);
  if (child < 0) GTEST_SKIP() << "clone: " << std::strerror(errno);
  if (child == 0) {
    if (uid != 0) detail::become_root_of(uid, gid);
    detail::be_init(body);
  }
  const auto pid = static_cast<pid_t>(child);
  const Result<UniqueFd> init = open_pidfd(pid);
  ASSERT_TRUE(init);
  if (!detail::wait_for_exit(init->get(), limit)) {
    ADD_FAILURE() << "the body did not end in time";
    EXPECT_TRUE(signal_pidfd(init->get(), SIGKILL));
  }
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  if (WIFEXITED(status) && WEXITSTATUS(status) == detail::kNoPlace) {
    GTEST_SKIP() << "no mounts of its own";
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == detail::kSkipped) {
    GTEST_SKIP() << "as the body says";
  }
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
      << "what ran in the PID namespace failed; wait status " << status;
}

inline void in_pid_namespace(
    const std::function<void()>& body,
    std::chrono::milliseconds limit = std::chrono::seconds{120}) {
  in_namespaces(0, body, limit);
}

}  // namespace strayd::test
