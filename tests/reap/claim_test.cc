// One claim, or one doubt, spares the whole tree.
#include <unistd.h>

#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "puppet.h"
#include "support/pid_namespace.h"
#include "world.h"

namespace strayd::test {
namespace {

void expect_spared(World& world, const TreeOrder& order, FailureWhy why) {
  for (const ProcId& id : order.members) {
    const auto outcome = world.outcome_of(id);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->outcome, Outcome::Refused);
    EXPECT_EQ(outcome->failure, why);
    EXPECT_TRUE(is_running(id.pid));
    EXPECT_TRUE(eventually([&] { return state_of(id.pid) != 'T'; }));
  }
  EXPECT_EQ(world.reaper.awaited(), 0U);
}

TEST(Claims, on_any_member_spares_the_tree_and_say_why) {
  in_pid_namespace([] {
    World world;
    const Puppet root;
    root.do_now('f');
    const TreeOrder order = world.order(root.pid());
    world.on_claim = [&](const ProcId& id) -> std::optional<Claim> {
      if (id != order.members.back()) return std::nullopt;
      return a_claim("PM2 lists it");
    };
    world.reap(order);
    expect_spared(world, order, FailureWhy::Claimed);
    EXPECT_NE(world.outcomes.front().detail.find("PM2 lists it"),
              std::string::npos);
    EXPECT_NE(world.outcomes.front().detail.find(
                  std::to_string(order.members.back().pid)),
              std::string::npos);
  });
}

// A snapshot is indexed once for all: asking for one after the other would cost
// the square of the tree.
TEST(Claims, on_all_of_a_tree_are_looked_up_together) {
  in_pid_namespace([] {
    World world;
    const Puppet root;
    for (int child = 0; child < 5; ++child) root.do_now('f');
    const TreeOrder order = world.order(root.pid());
    ASSERT_EQ(order.members.size(), 6U);
    world.hold(order);
    std::vector<ProcId> asked;
    world.on_claim = [&](const ProcId& id) -> std::optional<Claim> {
      asked.push_back(id);
      return std::nullopt;
    };
    world.reaper.begin(order);
    EXPECT_EQ(world.claim_looks, 1);
    EXPECT_EQ(asked, order.members);
    world.run();
  });
}

TEST(Claims, on_a_late_descendant_spare_the_tree) {
  in_pid_namespace([] {
    World world;
    const Puppet root;
    const TreeOrder order = world.order(root.pid());
    world.hold(order);
    root.do_now('f');
    world.on_claim = [&](const ProcId& id) -> std::optional<Claim> {
      if (id == order.root) return std::nullopt;
      return a_claim("PM2 lists it");
    };
    world.reaper.begin(order);
    expect_spared(world, order, FailureWhy::Claimed);
    EXPECT_EQ(living_work().size(), 2U);
  });
}

TEST(Claims, on_a_descendant_of_the_grace_spare_what_is_left) {
  in_pid_namespace([] {
    World world;
    const Puppet root;
    root.do_now('i');
    const TreeOrder order =
        world.order(root.pid(), std::chrono::nanoseconds{1});
    world.hold(order);
    world.reaper.begin(order);
    root.do_now('f');
    world.on_claim = [&](const ProcId& id) -> std::optional<Claim> {
      if (id == order.root) return std::nullopt;
      return a_claim("PM2 lists it");
    };
    world.run();
    expect_spared(world, order, FailureWhy::Claimed);
    EXPECT_EQ(world.steps_of(order.root), std::vector{Step::Terminate});
  });
}

// It is born between the last look and the freeze, so it is found frozen.
TEST(Claims, on_a_newborn_of_the_freeze_thaw_the_tree) {
  in_pid_namespace([] {
    World world;
    const Puppet root;
    root.do_now('i');
    const TreeOrder order =
        world.order(root.pid(), std::chrono::nanoseconds{1});
    world.hold(order);
    world.reaper.begin(order);
    world.on_intend = [&](std::span<const Intent> intents) {
      if (intents.front().id == order.root) root.do_now('f');
      return Result<void>{};
    };
    bool was_frozen = false;
    world.on_claim = [&](const ProcId& id) -> std::optional<Claim> {
      if (id == order.root) return std::nullopt;
      was_frozen = state_of(id.pid) == 'T' && state_of(order.root.pid) == 'T';
      return a_claim("PM2 lists it");
    };
    world.run();
    EXPECT_TRUE(was_frozen);
    expect_spared(world, order, FailureWhy::Claimed);
    ASSERT_EQ(world.outcomes.size(), 2U);
    EXPECT_EQ(world.outcomes[1].failure, FailureWhy::Claimed);
    root.do_now('f');  // it moves again
  });
}

TEST(Claims, of_another_user_below_spare_the_tree) {
  in_pid_namespace([] {
    World world;
    const pid_t pair = start([&](const auto& ready) {
      if (::fork() == 0) {
        if (::setuid(4242) != 0) ::_exit(1);
        ready();
        sleep_for_ever();
      }
      sleep_for_ever();
    });
    TreeOrder order = world.order(pair);
    ASSERT_EQ(order.members.size(), 2U);
    order.members.pop_back();  // the judgement did not see it
    world.reap(order);
    expect_spared(world, order, FailureWhy::Claimed);
  });
}

TEST(Claims, a_late_descendant_without_any_joins_the_tree) {
  in_pid_namespace([] {
    World world;
    const Puppet root;
    const TreeOrder order = world.order(root.pid());
    world.hold(order);
    root.do_now('f');
    const ProcId late = world.order(root.pid()).members.back();
    ASSERT_NE(late, order.root);
    world.reaper.begin(order);
    world.run();
    EXPECT_EQ(world.outcome_of(order.root)->outcome, Outcome::Terminated);
    EXPECT_EQ(world.outcome_of(late)->outcome, Outcome::Terminated);
    EXPECT_EQ(world.steps_of(late),
              (std::vector{Step::Terminate, Step::Freeze}));
    EXPECT_TRUE(living_work().empty());
  });
}

TEST(Claims, a_snapshot_that_fails_spares_the_tree) {
  in_pid_namespace([] {
    World world;
    const TreeOrder order = world.order(start_sleeper());
    world.hold(order);
    world.on_claim = [&](const ProcId&) -> std::optional<Claim> {
      ADD_FAILURE() << "there is nothing to claim in";
      return std::nullopt;
    };
    world.fail_snapshot = true;
    world.reaper.begin(order);
    expect_spared(world, order, FailureWhy::Error);
  });
}

TEST(Claims, what_they_spared_stays_under_watch) {
  in_pid_namespace([] {
    World world;
    const TreeOrder order = world.order(start_sleeper());
    world.on_claim = [](const ProcId&) {
      return a_claim("for now");
    };
    world.reap(order);
    expect_spared(world, order, FailureWhy::Claimed);
    world.outcomes.clear();
    world.on_claim = [](const ProcId&) {
      return std::nullopt;
    };
    world.reaper.begin(order);
    world.run();
    EXPECT_EQ(world.outcome_of(order.root)->outcome, Outcome::Terminated);
  });
}

}  // namespace
}  // namespace strayd::test
