// A tree that is spared after SIGTERM was sent: no SIGKILL comes, and whoever
// ends of the SIGTERM all the same is counted as ended by strayd.
#include <csignal>
#include <string>

#include <gtest/gtest.h>

#include "puppet.h"
#include "support/pid_namespace.h"
#include "world.h"

namespace strayd::test {
namespace {

constexpr std::chrono::milliseconds kShort{5};

// Shuts down when it is told to by a byte, and not by SIGTERM itself.
struct SlowOne {
  SlowOne()
      : pid(start([this](const auto& ready) {
          std::signal(SIGTERM, SIG_IGN);
          go.in = UniqueFd{};
          ready();
          static_cast<void>(hear(go.out));
        })) {}
  void shut_down() { go.in = UniqueFd{}; }

  Pipe go{};
  pid_t pid = 0;
};

TEST(Spared, no_sigkill_comes_once_the_permission_is_withdrawn) {
  in_pid_namespace([] {
    World world;
    const TreeOrder order = world.order(start_term_ignorer(), kShort);
    world.hold(order);
    world.reaper.begin(order);
    world.on_withdrawn = [](const TreeOrder&) {
      return std::optional<std::string>("strayd only observes now");
    };
    world.run();
    const auto outcome = world.outcome_of(order.root);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->outcome, Outcome::Refused);
    EXPECT_EQ(outcome->failure, FailureWhy::Withdrawn);
    EXPECT_EQ(outcome->detail,
              "strayd only observes now; SIGTERM was sent and its end was not "
              "seen");
    EXPECT_EQ(world.steps_of(order.root), std::vector{Step::Terminate});
    EXPECT_TRUE(is_running(order.root.pid));
    EXPECT_NE(state_of(order.root.pid), 'T');
  });
}

TEST(Spared, nothing_is_signalled_if_the_permission_is_withdrawn_before) {
  in_pid_namespace([] {
    World world;
    const TreeOrder order = world.order(start_sleeper());
    world.hold(order);
    world.on_withdrawn = [](const TreeOrder&) {
      return std::optional<std::string>("the breaker is open");
    };
    world.reaper.begin(order);
    EXPECT_EQ(world.reaper.awaited(), 0U);
    EXPECT_EQ(world.outcome_of(order.root)->failure, FailureWhy::Withdrawn);
    EXPECT_TRUE(is_running(order.root.pid));
  });
}

TEST(Spared, a_freeze_under_way_is_given_up_and_thawed) {
  in_pid_namespace([] {
    World world;
    const TreeOrder order = world.order(start_term_ignorer(), kShort);
    world.hold(order);
    world.reaper.begin(order);
    world.on_withdrawn = [&](const TreeOrder&) -> std::optional<std::string> {
      if (world.steps_of(order.root).back() != Step::Kill) return std::nullopt;
      return "the breaker is open";
    };
    world.run();
    EXPECT_EQ(world.outcome_of(order.root)->failure, FailureWhy::Withdrawn);
    EXPECT_TRUE(is_running(order.root.pid));
    EXPECT_NE(state_of(order.root.pid), 'T');
  });
}

TEST(Spared, who_ends_of_our_sigterm_later_is_counted_as_terminated) {
  in_pid_namespace([] {
    World world;
    SlowOne slow;
    const TreeOrder order = world.order(slow.pid, kShort);
    world.hold(order);
    world.reaper.begin(order);
    world.on_claim = [](const ProcId&) {
      return a_claim("PM2 lists it");
    };
    ASSERT_TRUE(eventually([&] {
      world.reaper.advance();
      return world.claim_looks > 1;  // the look before SIGKILL
    }));
    EXPECT_TRUE(world.outcomes.empty()) << "it is still awaited";
    EXPECT_TRUE(world.reaper.reaping(order.root));
    slow.shut_down();
    world.run();
    EXPECT_EQ(world.outcome_of(order.root)->outcome, Outcome::Terminated);
  });
}

// Whoever reads the ledger after a crash looks for those without an outcome.
TEST(Spared, the_outcome_is_told_once_it_runs_again) {
  in_pid_namespace([] {
    World world;
    const Puppet root;
    root.do_now('f');
    const TreeOrder order = world.order(root.pid());
    const ProcId child = order.members.at(1);
    world.hold(order);
    root.do_now('f');  // so that it is stopped before it is signalled
    bool was_frozen = false;
    world.on_read = [&](const ProcId& id) {
      world.fail_read = id == child && state_of(child.pid) == 'T';
      was_frozen = was_frozen || world.fail_read;
    };
    world.on_outcome = [](const std::string&, const Reaped& reaped) {
      EXPECT_NE(state_of(reaped.id.pid), 'T');
    };
    world.reaper.begin(order);
    EXPECT_TRUE(was_frozen);
    EXPECT_EQ(world.outcome_of(child)->outcome, Outcome::Refused);
    world.run();
    EXPECT_EQ(world.outcome_of(order.root)->outcome, Outcome::Terminated);
    EXPECT_TRUE(is_running(child.pid));
  });
}

// A tree that grows under the last look is stopped before it is signalled.
TEST(Spared, what_a_person_had_stopped_stays_stopped) {
  in_pid_namespace([] {
    World world;
    const Puppet root;
    root.do_now('f');
    const TreeOrder order = world.order(root.pid());
    ASSERT_EQ(order.members.size(), 2U);
    const pid_t stopped = order.members.back().pid;
    ASSERT_EQ(::kill(stopped, SIGSTOP), 0);
    ASSERT_TRUE(eventually([&] { return state_of(stopped) == 'T'; }));
    world.hold(order);
    root.do_now('f');
    world.on_withdrawn = [&](const TreeOrder&) -> std::optional<std::string> {
      const bool freezing =
          !world.promised.empty() && world.promised.back().step == Step::Freeze;
      if (!freezing || state_of(root.pid()) != 'T') return std::nullopt;
      return "the breaker is open";
    };
    world.reaper.begin(order);
    EXPECT_EQ(world.outcome_of(order.root)->failure, FailureWhy::Withdrawn);
    EXPECT_TRUE(eventually([&] { return state_of(root.pid()) != 'T'; }));
    EXPECT_EQ(state_of(stopped), 'T');
  });
}

}  // namespace
}  // namespace strayd::test
