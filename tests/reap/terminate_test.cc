// The first half of a reap: the last look, SIGTERM, and how it goes to those
// that obey it.
#include <sys/wait.h>

#include <csignal>

#include <gtest/gtest.h>

#include "puppet.h"
#include "support/pid_namespace.h"
#include "world.h"

namespace strayd::test {
namespace {

TEST(Terminate, ends_a_process_and_counts_it_once) {
  in_pid_namespace([] {
    World world;
    const pid_t pid = start_sleeper();
    const TreeOrder order = world.order(pid);
    world.reap(order);
    const auto outcome = world.outcome_of(order.root);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->outcome, Outcome::Terminated);
    EXPECT_EQ(outcome->failure, FailureWhy::None);
    EXPECT_EQ(outcome->tree, order.root);
    EXPECT_EQ(outcome->rule, "work");
    EXPECT_GT(outcome->duration.count(), 0);
    EXPECT_FALSE(is_running(pid));
  });
}

TEST(Terminate, awaits_whom_it_signalled_however_soon_he_exits) {
  in_pid_namespace([] {
    World world;
    const Puppet root;
    root.do_now('f');
    const TreeOrder order = world.order(root.pid());
    world.hold(order);
    world.on_read = [&](const ProcId& id) {
      if (id == order.root) return;
      EXPECT_TRUE(eventually([&] { return !is_running(order.root.pid); }));
    };
    world.reaper.begin(order);
    EXPECT_EQ(world.reaper.awaited(), 2U);
    EXPECT_TRUE(world.outcomes.empty());
    world.run();
    EXPECT_EQ(world.outcomes.size(), 2U);
  });
}

TEST(Terminate, ends_a_whole_tree_and_promises_each_member_first) {
  in_pid_namespace([] {
    World world;
    const Puppet root;
    root.do_now('f');
    root.do_now('f');
    const TreeOrder order = world.order(root.pid());
    ASSERT_EQ(order.members.size(), 3U);
    world.reap(order);
    for (const ProcId& id : order.members) {
      EXPECT_EQ(world.outcome_of(id)->outcome, Outcome::Terminated);
      EXPECT_EQ(world.steps_of(id), std::vector{Step::Terminate});
    }
    EXPECT_TRUE(living_work().empty());
  });
}

TEST(Terminate, names_each_reap_differently) {
  in_pid_namespace([] {
    World world;
    world.reap(world.order(start_sleeper()));
    world.reap(world.order(start_sleeper()));
    ASSERT_EQ(world.promised.size(), 2U);
    EXPECT_NE(world.promised[0].reap, world.promised[1].reap);
  });
}

TEST(Terminate, has_promised_all_durably_before_the_first_signal) {
  in_pid_namespace([] {
    World world;
    const Puppet root;
    root.do_now('f');
    const TreeOrder order = world.order(root.pid());
    std::size_t promised = 0;
    world.on_intend = [&](std::span<const Intent> intents) {
      for (const Intent& intent : intents) {
        EXPECT_TRUE(is_running(intent.id.pid));
        EXPECT_NE(intent.order, nullptr);
        EXPECT_NE(intent.process, nullptr);
      }
      promised += intents.size();
      return Result<void>{};
    };
    world.reap(order);
    EXPECT_EQ(promised, 2U);
  });
}

TEST(Terminate, signals_nobody_when_the_promise_cannot_be_written) {
  in_pid_namespace([] {
    World world;
    const Puppet root;
    root.do_now('f');
    const TreeOrder order = world.order(root.pid());
    world.on_intend = [](std::span<const Intent>) -> Result<void> {
      return fail(Fault::Exhausted, "the disk is full");
    };
    world.reap(order);
    for (const ProcId& id : order.members) {
      const auto outcome = world.outcome_of(id);
      ASSERT_TRUE(outcome);
      EXPECT_EQ(outcome->outcome, Outcome::Refused);
      EXPECT_EQ(outcome->failure, FailureWhy::IntentFailed);
      EXPECT_EQ(outcome->detail, "the disk is full");
      EXPECT_TRUE(is_running(id.pid));
    }
    root.do_now('f');  // it is not even stopped
  });
}

TEST(Terminate, refuses_what_was_not_under_watch) {
  in_pid_namespace([] {
    World world;
    const pid_t pid = start_sleeper();
    const TreeOrder order = world.order(pid);
    world.reaper.begin(order);
    const auto outcome = world.outcome_of(order.root);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->outcome, Outcome::Refused);
    EXPECT_EQ(outcome->failure, FailureWhy::Changed);
    EXPECT_TRUE(world.promised.empty());
    EXPECT_TRUE(is_running(pid));
  });
}

TEST(Terminate, one_member_not_under_watch_spares_the_tree) {
  in_pid_namespace([] {
    World world;
    const Puppet root;
    world.hold(world.order(root.pid()));
    root.do_now('f');
    const TreeOrder order = world.order(root.pid());
    world.reaper.begin(order);
    for (const ProcId& id : order.members) {
      EXPECT_EQ(world.outcome_of(id)->failure, FailureWhy::Changed);
      EXPECT_TRUE(is_running(id.pid));
    }
  });
}

TEST(Terminate, says_gone_of_what_exited_under_watch) {
  in_pid_namespace([] {
    World world;
    const Puppet root;
    const TreeOrder order = world.order(root.pid());
    world.hold(order);
    root.order('q');
    ASSERT_TRUE(eventually([&] { return !is_running(root.pid()); }));
    world.reaper.begin(order);
    EXPECT_EQ(world.outcome_of(order.root)->outcome, Outcome::Gone);
    EXPECT_TRUE(world.promised.empty());
    EXPECT_EQ(world.reaper.awaited(), 0U);
  });
}

TEST(Terminate, says_gone_of_what_exited_and_was_reaped_before_any_watch) {
  in_pid_namespace([] {
    World world;
    const Puppet root;
    const TreeOrder order = world.order(root.pid());
    root.order('q');
    ASSERT_EQ(::waitpid(root.pid(), nullptr, 0), root.pid());
    world.reap(order);
    EXPECT_EQ(world.outcome_of(order.root)->outcome, Outcome::Gone);
  });
}

TEST(Terminate, does_not_count_a_zombie_as_ended_by_us) {
  in_pid_namespace([] {
    World world;
    const Puppet root;
    const TreeOrder order = world.order(root.pid());
    world.hold(order);
    // It dies after the promise, and stays a zombie: we are its parent.
    world.on_intend = [&](std::span<const Intent>) {
      root.order('q');
      EXPECT_TRUE(eventually([&] { return state_of(root.pid()) == 'Z'; }));
      return Result<void>{};
    };
    world.reaper.begin(order);
    EXPECT_EQ(world.outcome_of(order.root)->outcome, Outcome::Gone);
  });
}

TEST(Terminate, ends_the_children_of_a_root_that_is_gone) {
  in_pid_namespace([] {
    World world;
    const Puppet root;
    root.do_now('f');
    const TreeOrder order = world.order(root.pid());
    world.hold(order);
    root.order('q');
    ASSERT_TRUE(eventually([&] { return !is_running(root.pid()); }));
    world.reaper.begin(order);
    world.run();
    EXPECT_EQ(world.outcome_of(order.root)->outcome, Outcome::Gone);
    EXPECT_EQ(world.outcome_of(order.members[1])->outcome, Outcome::Terminated);
  });
}

TEST(Terminate, wakes_a_stopped_process_so_that_its_sigterm_arrives) {
  in_pid_namespace([] {
    World world;
    const pid_t pid = start_sleeper();
    ASSERT_EQ(::kill(pid, SIGSTOP), 0);
    ASSERT_TRUE(eventually([&] { return state_of(pid) == 'T'; }));
    const TreeOrder order = world.order(pid);
    world.reap(order);
    EXPECT_EQ(world.outcome_of(order.root)->outcome, Outcome::Terminated);
  });
}

TEST(Terminate, goes_parents_first) {
  in_pid_namespace([] {
    World world;
    const Puppet root;
    root.do_now('f');
    const TreeOrder order = world.order(root.pid());
    world.hold(order);
    // When the child is looked at for the last time, its parent has been hit.
    int reads = 0;
    world.on_read = [&](const ProcId& id) {
      ++reads;
      if (id != order.root) {
        EXPECT_TRUE(eventually([&] { return !is_running(order.root.pid); }));
      }
    };
    world.reaper.begin(order);
    world.run();
    EXPECT_EQ(reads, 2);
  });
}

TEST(Terminate, ignores_an_order_for_a_tree_that_is_being_ended) {
  in_pid_namespace([] {
    World world;
    const TreeOrder order = world.order(start_term_ignorer());
    world.hold(order);
    world.reaper.begin(order);
    EXPECT_TRUE(world.reaper.reaping(order.root));
    world.reaper.begin(order);
    EXPECT_EQ(world.promised.size(), 1U);
    EXPECT_TRUE(world.outcomes.empty());
  });
}

TEST(Terminate, keeps_running_reaps_when_the_watch_moves_on) {
  in_pid_namespace([] {
    World world;
    const TreeOrder order =
        world.order(start_term_ignorer(), std::chrono::milliseconds{5});
    world.hold(order);
    world.reaper.begin(order);
    world.reaper.hold({});
    world.run();
    EXPECT_EQ(world.outcome_of(order.root)->outcome, Outcome::Killed);
  });
}

}  // namespace
}  // namespace strayd::test
