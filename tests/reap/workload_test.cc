// Trees that fight back: no process of theirs may be left behind.
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <random>

#include <gtest/gtest.h>

#include "puppet.h"
#include "support/pid_namespace.h"
#include "world.h"

namespace strayd::test {
namespace {

using std::chrono::microseconds;
using Dice = std::minstd_rand;

constexpr int kRuns = 40;

// What a workload does between two forks.
void nap(microseconds from, microseconds to, Dice& dice) {
  std::uniform_int_distribution<long> length(from.count(), to.count());
  const timespec time{.tv_sec = 0, .tv_nsec = length(dice) * 1000};
  ::ppoll(nullptr, 0, &time, nullptr);
}

// A chain in which everybody starts its child again when that ends, as
// `tsx watch` and nodemon do.
[[noreturn]] void respawn(int depth) {
  while (depth > 0) {
    const pid_t child = ::fork();
    if (child == 0) {
      --depth;
      continue;
    }
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  sleep_for_ever();
}

// Forks all the time. Each child leads a session of its own; half of them
// fork on, the others are soon over.
[[noreturn]] void storm(int depth) {
  constexpr int kMostChildren = 12;
  std::signal(SIGCHLD, SIG_IGN);
  Dice dice(static_cast<Dice::result_type>(::getpid()));
  for (int children = 0; depth > 0 && children < kMostChildren; ++children) {
    if (::fork() == 0) {
      ::setsid();
      dice.seed(static_cast<Dice::result_type>(::getpid()));
      if (dice() % 2 == 0) {
        nap(microseconds{1000}, microseconds{8000}, dice);
        ::_exit(0);
      }
      --depth;
      children = -1;
    }
    nap(microseconds{300}, microseconds{1000}, dice);
  }
  sleep_for_ever();
}

struct Load {
  std::function<void()> body{};
  std::size_t grown_up = 1;  // begin when there are so many
  // What a process forked last before SIGTERM ended it has lost its parent and
  // is in nobody's tree: a suspect of its own in the next scan.
  int scans = 1;
};

void expect_accounted(World& world) {
  for (const Reaped& reaped : world.outcomes) {
    EXPECT_NE(reaped.outcome, Outcome::Failed) << reaped.detail;
    EXPECT_NE(reaped.outcome, Outcome::Refused) << reaped.detail;
  }
}

void expect_no_straggler(const Load& load) {
  for (int run = 0; run < kRuns && !testing::Test::HasFailure(); ++run) {
    in_pid_namespace([&] {
      World world;
      std::signal(SIGCHLD, SIG_IGN);  // as init: nobody stays a zombie
      const pid_t root = start([&](const auto& ready) {
        std::signal(SIGCHLD, SIG_DFL);
        ready();
        load.body();
      });
      ASSERT_TRUE(
          eventually([&] { return living_work().size() >= load.grown_up; }));
      world.reap(world.order(root, std::chrono::milliseconds{30}));
      for (int scan = 1; scan < load.scans; ++scan) {
        for (const pid_t left : living_work()) {
          world.reap(world.order(left, std::chrono::milliseconds{30}));
        }
      }
      EXPECT_EQ(living_work().size(), 0U);
      expect_accounted(world);
    });
  }
}

TEST(Workload, a_chain_of_respawners_leaves_no_straggler) {
  expect_no_straggler({.body = [] { respawn(4); }, .grown_up = 5});
}

TEST(Workload, a_fork_storm_leaves_nothing_that_the_next_scans_do_not_find) {
  expect_no_straggler({.body = [] { storm(2); }, .grown_up = 10, .scans = 4});
}

TEST(Workload, a_fork_storm_that_ignores_sigterm_leaves_no_straggler) {
  expect_no_straggler({.body =
                           [] {
                             std::signal(SIGTERM, SIG_IGN);
                             storm(2);
                           },
                       .grown_up = 10});
}

TEST(Workload, respawners_that_ignore_sigterm_leave_no_straggler) {
  expect_no_straggler({.body =
                           [] {
                             std::signal(SIGTERM, SIG_IGN);
                             respawn(3);
                           },
                       .grown_up = 4});
}

}  // namespace
}  // namespace strayd::test
