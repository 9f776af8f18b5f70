// The second half of a reap: what outlives its grace is frozen and killed.
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "strayd/sys/os.h"

#include "puppet.h"
#include "support/pid_namespace.h"
#include "world.h"

namespace strayd::test {
namespace {

constexpr std::chrono::milliseconds kShort{5};

TEST(Kill, comes_to_what_ignores_sigterm_after_its_grace) {
  in_pid_namespace([] {
    World world;
    const TreeOrder order = world.order(start_term_ignorer(), kShort);
    world.reap(order);
    const auto outcome = world.outcome_of(order.root);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->outcome, Outcome::Killed);
    EXPECT_GE(outcome->duration, kShort);
    EXPECT_EQ(world.steps_of(order.root),
              (std::vector{Step::Terminate, Step::Freeze, Step::Kill}));
  });
}

TEST(Kill, does_not_come_before_the_grace_has_passed) {
  in_pid_namespace([] {
    World world;
    const TreeOrder order =
        world.order(start_term_ignorer(), std::chrono::seconds{600});
    world.hold(order);
    const std::chrono::nanoseconds before = steady_time();
    world.reaper.begin(order);
    ASSERT_TRUE(world.reaper.deadline());
    EXPECT_GE(*world.reaper.deadline(), before + order.grace);
    world.reaper.advance();
    EXPECT_EQ(world.reaper.awaited(), 1U);
    EXPECT_EQ(world.reaper.wait_fds().size(), 1U);
    EXPECT_TRUE(is_running(order.root.pid));
    EXPECT_TRUE(world.outcomes.empty());
  });
}

TEST(Kill, ends_a_tree_of_which_a_part_obeyed) {
  in_pid_namespace([] {
    World world;
    const pid_t root = start([](const auto& ready) {
      if (::fork() == 0) {
        std::signal(SIGTERM, SIG_IGN);
        ready();
        sleep_for_ever();
      }
      sleep_for_ever();
    });
    const TreeOrder order = world.order(root, kShort);
    world.reap(order);
    ASSERT_EQ(order.members.size(), 2U);
    EXPECT_EQ(world.outcome_of(order.members[0])->outcome, Outcome::Terminated);
    EXPECT_EQ(world.outcome_of(order.members[1])->outcome, Outcome::Killed);
  });
}

TEST(Kill, takes_the_children_that_were_born_in_the_grace) {
  in_pid_namespace([] {
    World world;
    const Puppet root;
    root.do_now('i');
    const TreeOrder order = world.order(root.pid(), kShort);
    world.hold(order);
    world.reaper.begin(order);
    root.do_now('f');
    const ProcId child = world.order(root.pid()).members.back();
    ASSERT_NE(child, order.root);
    world.run();
    EXPECT_EQ(world.outcome_of(order.root)->outcome, Outcome::Killed);
    EXPECT_EQ(world.outcome_of(child)->outcome, Outcome::Killed);
    EXPECT_EQ(world.steps_of(child), (std::vector{Step::Freeze, Step::Kill}));
    EXPECT_TRUE(living_work().empty());
  });
}

TEST(Kill, ends_a_stopped_process_that_ignores_sigterm) {
  in_pid_namespace([] {
    World world;
    const pid_t pid = start_term_ignorer();
    ASSERT_EQ(::kill(pid, SIGSTOP), 0);
    ASSERT_TRUE(eventually([&] { return state_of(pid) == 'T'; }));
    const TreeOrder order = world.order(pid, kShort);
    world.reap(order);
    EXPECT_EQ(world.outcome_of(order.root)->outcome, Outcome::Killed);
  });
}

TEST(Kill, does_not_come_when_its_promise_cannot_be_written) {
  in_pid_namespace([] {
    World world;
    const TreeOrder order = world.order(start_term_ignorer(), kShort);
    world.on_intend = [](std::span<const Intent> intents) -> Result<void> {
      if (intents.front().step == Step::Terminate) return {};
      return fail(Fault::Exhausted, "the disk is full");
    };
    world.reap(order);
    EXPECT_EQ(world.outcome_of(order.root)->failure, FailureWhy::IntentFailed);
    EXPECT_TRUE(is_running(order.root.pid));
    EXPECT_NE(state_of(order.root.pid), 'T');
  });
}

TEST(Kill, gives_up_a_tree_that_is_too_large_and_lets_it_go_on) {
  in_pid_namespace([] {
    World world;
    const Puppet root;
    root.do_now('i');
    const TreeOrder order = world.order(root.pid(), kShort);
    world.hold(order);
    world.reaper.begin(order);
    for (int child = 0; child < 600; ++child) root.do_now('f');
    world.run();
    const auto outcome = world.outcome_of(order.root);
    EXPECT_EQ(outcome->outcome, Outcome::Failed);
    EXPECT_EQ(outcome->failure, FailureWhy::GaveUp);
    root.do_now('f');
    EXPECT_EQ(living_work().size(), 602U);
  });
}

TEST(Kill, spares_a_process_whose_first_thread_has_ended) {
  in_pid_namespace([] {
    World world;
    // Its exe and argv cannot be read any more, so it is spared.
    const pid_t pid = start([](const auto& ready) {
      std::thread([&ready] {
        if (eventually([] { return state_of(::getpid()) == 'Z'; })) ready();
        sleep_for_ever();
      }).detach();
      ::syscall(SYS_exit, 0);
    });
    const TreeOrder order = world.order(pid, kShort);
    ASSERT_EQ(order.members.size(), 1U);
    world.reap(order);
    EXPECT_EQ(world.outcome_of(order.root)->outcome, Outcome::Refused);
    EXPECT_TRUE(is_running(pid));
  });
}

}  // namespace
}  // namespace strayd::test
