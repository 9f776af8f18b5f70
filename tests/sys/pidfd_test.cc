#include "strayd/sys/pidfd.h"

#include <sys/wait.h>

#include <array>
#include <csignal>
#include <vector>

#include <gtest/gtest.h>

#include "support/child.h"

namespace strayd {
namespace {

using test::Child;

// A child that has ended and was reaped.
pid_t pid_of_nobody() {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(0);
  ::waitpid(pid, nullptr, 0);
  return pid;
}

TEST(Pidfd, of_a_living_child_has_not_exited) {
  const Child child(Child::stay);
  const Result<UniqueFd> pidfd = open_pidfd(child.pid());
  ASSERT_TRUE(pidfd);
  EXPECT_FALSE(has_exited(pidfd->get()));
}

TEST(Pidfd, of_a_zombie_has_exited) {
  const Child child(Child::stay);
  const Result<UniqueFd> pidfd = open_pidfd(child.pid());
  ASSERT_TRUE(pidfd);
  EXPECT_TRUE(signal_pidfd(pidfd->get(), SIGKILL));
  child.become_zombie();
  EXPECT_TRUE(has_exited(pidfd->get()));
}

TEST(Pidfd, of_many_those_that_have_exited_are_told_by_their_place) {
  const Child alive(Child::stay);
  const Child dead(Child::stay);
  const Result<UniqueFd> of_alive = open_pidfd(alive.pid());
  const Result<UniqueFd> of_dead = open_pidfd(dead.pid());
  ASSERT_TRUE(of_alive && of_dead);
  EXPECT_TRUE(signal_pidfd(of_dead->get(), SIGKILL));
  dead.become_zombie();
  EXPECT_EQ(all_exited(std::array{of_alive->get(), of_dead->get()}),
            std::vector<std::size_t>{1});
}

TEST(Pidfd, takes_a_signal_to_its_process) {
  const Child child(Child::stay);
  const Result<UniqueFd> pidfd = open_pidfd(child.pid());
  ASSERT_TRUE(pidfd);
  EXPECT_TRUE(signal_pidfd(pidfd->get(), SIGUSR1));
  siginfo_t end{};
  ASSERT_EQ(
      ::waitid(P_PID, static_cast<id_t>(child.pid()), &end, WEXITED | WNOWAIT),
      0);
  EXPECT_EQ(end.si_code, CLD_KILLED);
  EXPECT_EQ(end.si_status, SIGUSR1);
}

TEST(Pidfd, of_nobody_is_not_found) {
  const Result<UniqueFd> pidfd = open_pidfd(pid_of_nobody());
  ASSERT_FALSE(pidfd);
  EXPECT_EQ(pidfd.error().fault, Fault::NotFound);
}

TEST(Pidfd, of_what_was_reaped_takes_no_signal) {
  Result<UniqueFd> pidfd;
  {
    const Child child(Child::stay);
    pidfd = open_pidfd(child.pid());
    ASSERT_TRUE(pidfd);
  }
  const Result<void> sent = signal_pidfd(pidfd->get(), SIGTERM);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().fault, Fault::NotFound);
  EXPECT_TRUE(has_exited(pidfd->get()));
}

}  // namespace
}  // namespace strayd
