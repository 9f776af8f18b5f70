// What the kernel says of processes that ended, to who is not their parent's
// waiter.
#include "strayd/sys/exit_status.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "strayd/sys/pidfd.h"

namespace strayd {
namespace {

using How = ExitStatus::How;

// PIDFD_INFO_EXIT came with 6.15.
bool kernel_tells() {
  utsname name{};
  ::uname(&name);
  const std::string release = name.release;
  std::size_t dot = 0;
  const int major = std::stoi(release, &dot);
  const int minor = std::stoi(release.substr(dot + 1));
  return major > 6 || (major == 6 && minor >= 15);
}

// A child that ends when it is told to, so that its pidfd is opened before.
class Exit : public testing::Test {
 protected:
  ExitStatus status() const {
    const Result<ExitStatus> found = exit_status(pidfd_.get());
    EXPECT_TRUE(found) << found.error().what;
    return found.value_or(ExitStatus{});
  }
  void start(const std::function<void()>& end) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    go_ = UniqueFd(ends[1]);
    const UniqueFd wait(ends[0]);
    pid_ = ::fork();
    ASSERT_GE(pid_, 0);
    if (pid_ == 0) {
      go_ = UniqueFd{};
      char ignored = 0;
      static_cast<void>(::read(wait.get(), &ignored, 1));
      end();
      ::_exit(99);
    }
    Result<UniqueFd> pidfd = open_pidfd(pid_);
    ASSERT_TRUE(pidfd) << pidfd.error().what;
    pidfd_ = std::move(*pidfd);
  }
  // It ends, and stays a zombie.
  void let_end() {
    go_ = UniqueFd{};
    siginfo_t ignored{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &ignored, WEXITED | WNOWAIT);
  }
  void reap() const { ASSERT_EQ(::waitpid(pid_, nullptr, 0), pid_); }

  pid_t pid_ = -1;
  UniqueFd go_{};
  UniqueFd pidfd_{};
};

class ToldExit : public Exit {
 protected:
  void SetUp() override {
    if (!kernel_tells()) GTEST_SKIP() << "the kernel is older than 6.15";
  }
};

TEST_F(Exit, of_what_lives_is_not_yet) {
  start([] { ::_exit(0); });
  EXPECT_EQ(status().how, How::NotYet);
  let_end();
  reap();
}

TEST_F(ToldExit, of_a_zombie_is_not_yet) {
  start([] { ::_exit(3); });
  let_end();
  EXPECT_EQ(status().how, How::NotYet);
  reap();
}

TEST_F(ToldExit, by_itself_is_told_with_its_code) {
  start([] { ::_exit(3); });
  let_end();
  reap();
  EXPECT_EQ(status(), (ExitStatus{.how = How::Exited, .value = 3}));
}

TEST_F(ToldExit, with_0_is_no_signal) {
  start([] { ::_exit(0); });
  let_end();
  reap();
  EXPECT_EQ(status(), (ExitStatus{.how = How::Exited, .value = 0}));
}

TEST_F(ToldExit, by_a_signal_is_told_with_its_number) {
  start([] { ::raise(SIGKILL); });
  let_end();
  reap();
  EXPECT_EQ(status(), (ExitStatus{.how = How::Signalled, .value = SIGKILL}));
}

TEST_F(ToldExit, is_told_as_often_as_it_is_asked_for) {
  start([] { ::_exit(3); });
  let_end();
  reap();
  EXPECT_EQ(status(), status());
  EXPECT_EQ(status().value, 3);
}

TEST_F(Exit, is_never_said_of_a_pidfd_that_an_old_kernel_cant_tell_of) {
  if (kernel_tells()) GTEST_SKIP() << "this kernel can tell";
  start([] { ::_exit(3); });
  let_end();
  reap();
  EXPECT_EQ(status().how, How::Unknown);
}

TEST_F(Exit, of_what_is_no_pidfd_is_not_made_up) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd reading(ends[0]);
  {
    const UniqueFd writing(ends[1]);
  }
  EXPECT_EQ(exit_status(reading.get()).value().how, How::Unknown);
}

}  // namespace
}  // namespace strayd
