// What is left when strayd is told to stop.
#include <csignal>

#include <gtest/gtest.h>

#include "strayd/sys/os.h"

#include "puppet.h"
#include "support/pid_namespace.h"
#include "world.h"

namespace strayd::test {
namespace {

// A tenth of a second, and room for a busy machine.
constexpr std::chrono::seconds kSoon{2};

TEST(Abandon, gives_up_a_grace_and_ends_nobody) {
  in_pid_namespace([] {
    World world;
    const TreeOrder order = world.order(start_term_ignorer());
    world.hold(order);
    world.reaper.begin(order);
    world.reaper.abandon();
    const auto outcome = world.outcome_of(order.root);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->outcome, Outcome::Failed);
    EXPECT_EQ(outcome->failure, FailureWhy::Interrupted);
    EXPECT_TRUE(is_running(order.root.pid));
    EXPECT_EQ(world.reaper.awaited(), 0U);
    EXPECT_TRUE(world.reaper.wait_fds().empty());
    world.reaper.advance();
    EXPECT_TRUE(is_running(order.root.pid));
  });
}

TEST(Abandon, counts_what_has_exited_as_ended) {
  in_pid_namespace([] {
    World world;
    const TreeOrder order = world.order(start_sleeper());
    world.hold(order);
    world.reaper.begin(order);
    ASSERT_TRUE(eventually([&] { return !is_running(order.root.pid); }));
    world.reaper.abandon();
    EXPECT_EQ(world.outcome_of(order.root)->outcome, Outcome::Terminated);
  });
}

// The wish to stop comes in the middle of a freeze.
TEST(Abandon, thaws_a_frozen_tree_at_once) {
  in_pid_namespace([] {
    World world;
    const Puppet root;
    root.do_now('i');
    root.do_now('f');
    const TreeOrder order =
        world.order(root.pid(), std::chrono::nanoseconds{1});
    world.hold(order);
    world.reaper.begin(order);
    std::chrono::nanoseconds told{};
    world.on_stopping = [&] {
      if (told != std::chrono::nanoseconds{}) return true;
      if (state_of(root.pid()) != 'T') return false;
      told = steady_time();
      return true;
    };
    world.run();
    ASSERT_NE(told, std::chrono::nanoseconds{});
    for (const ProcId& id : order.members) {
      EXPECT_EQ(world.outcome_of(id)->failure, FailureWhy::Interrupted);
      EXPECT_TRUE(is_running(id.pid));
      EXPECT_NE(state_of(id.pid), 'T');
    }
    EXPECT_LT(steady_time() - told, kSoon);
    root.do_now('f');
  });
}

TEST(Abandon, begins_nothing_when_told_to_stop) {
  in_pid_namespace([] {
    World world;
    const TreeOrder order = world.order(start_sleeper());
    world.on_stopping = [] {
      return true;
    };
    world.reap(order);
    EXPECT_EQ(world.outcome_of(order.root)->failure, FailureWhy::Interrupted);
    EXPECT_TRUE(is_running(order.root.pid));
  });
}

TEST(Abandon, kills_nobody_when_told_to_stop_in_the_grace) {
  in_pid_namespace([] {
    World world;
    const TreeOrder order =
        world.order(start_term_ignorer(), std::chrono::nanoseconds{1});
    world.hold(order);
    world.reaper.begin(order);
    world.on_stopping = [] {
      return true;
    };
    world.run();
    EXPECT_EQ(world.outcome_of(order.root)->failure, FailureWhy::Interrupted);
    EXPECT_EQ(world.steps_of(order.root), std::vector{Step::Terminate});
    EXPECT_TRUE(is_running(order.root.pid));
  });
}

}  // namespace
}  // namespace strayd::test
