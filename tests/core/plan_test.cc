// Ripening, authority, budget and breaker, over several scans.
#include "strayd/core/plan.h"

#include <gtest/gtest.h>

#include "support/world.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using testing::World;

const Authority kEnforcing{.act = true};

// A host with so many separate strays.
World with_strays(int count) {
  World world;
  for (int i = 0; i < count; ++i) world.server(10 + i, 1);
  return world;
}

// So many scans in a row, one interval apart; the last plan.
Plan after_scans(World& world,
                 int scans,
                 const Authority& authority,
                 const std::set<ProcId>& urgent = {}) {
  Plan made;
  for (int i = 0; i < scans; ++i) {
    world.snapshot.taken += world.policy.interval;
    made = plan(world.judged(),
                made.watchlist,
                world.snapshot,
                world.policy,
                authority,
                urgent);
  }
  return made;
}

TEST(Plan, an_orphan_ripens_over_as_many_scans_as_are_configured) {
  World world = with_strays(1);
  EXPECT_TRUE(after_scans(world, 2, kEnforcing).orders.empty());
  EXPECT_EQ(after_scans(world, 3, kEnforcing).orders.size(), 1U);
}

TEST(Plan, what_is_not_ripe_is_pending_and_keeps_its_kind) {
  World world = with_strays(1);
  const Plan made = after_scans(world, 1, kEnforcing);
  EXPECT_EQ(made.verdicts.front().standing, Standing::Pending);
  EXPECT_EQ(made.verdicts.front().reason.why, Why::Unconfirmed);
  EXPECT_EQ(made.verdicts.front().kind, Standing::Stray);
}

// An event may bring on scans as fast as they can be made.
TEST(Plan, scans_within_an_interval_confirm_once) {
  World world = with_strays(1);
  Plan made = after_scans(world, 1, kEnforcing);
  for (int i = 0; i < 20; ++i) {
    world.snapshot.taken += world.policy.interval / 25;
    made = plan(world.judged(),
                made.watchlist,
                world.snapshot,
                world.policy,
                kEnforcing);
  }
  EXPECT_EQ(made.watchlist.begin()->second.confirmations, 1);
  EXPECT_EQ(made.verdicts.front().standing, Standing::Pending);
}

TEST(Plan, a_timer_that_is_early_by_a_little_confirms) {
  World world = with_strays(1);
  Plan made = after_scans(world, 2, kEnforcing);
  world.snapshot.taken += world.policy.interval - std::chrono::milliseconds{20};
  made = plan(
      world.judged(), made.watchlist, world.snapshot, world.policy, kEnforcing);
  EXPECT_EQ(made.orders.size(), 1U);
}

TEST(Plan, says_when_a_pending_tree_is_to_be_confirmed) {
  World world = with_strays(1);
  const Plan made = after_scans(world, 1, kEnforcing);
  EXPECT_EQ(made.next, world.snapshot.taken + world.policy.interval);
}

TEST(Plan, says_when_a_confirmed_tree_is_old_enough) {
  World world;
  const Process& young = world.server(10, 1, testing::kNow - seconds{30});
  const BootTime ripe = young.started + world.policy.min_age;
  EXPECT_EQ(after_scans(world, 4, kEnforcing).next, ripe);
}

TEST(Plan, awaits_nothing_where_nothing_is_pending) {
  World world = with_strays(1);
  EXPECT_FALSE(after_scans(world, 3, kEnforcing).next);
}

TEST(Plan, an_orphan_that_is_too_young_is_pending) {
  World world;
  world.server(10, 1, testing::kNow - seconds{30});
  const Plan made = after_scans(world, 5, kEnforcing);
  EXPECT_TRUE(made.orders.empty());
  EXPECT_EQ(made.verdicts.front().reason.why, Why::TooYoung);
}

TEST(Plan, a_scan_that_clears_a_suspect_forgets_it) {
  World world = with_strays(1);
  const Plan suspected = after_scans(world, 2, kEnforcing);
  const Plan cleared =
      plan({}, suspected.watchlist, world.snapshot, world.policy, kEnforcing);
  EXPECT_TRUE(cleared.watchlist.empty());
}

TEST(Plan, a_suspect_of_another_kind_begins_anew) {
  World world = with_strays(1);
  Plan made = after_scans(world, 2, kEnforcing);
  made.watchlist.begin()->second.kind = Standing::Leftover;
  made = plan(
      world.judged(), made.watchlist, world.snapshot, world.policy, kEnforcing);
  EXPECT_TRUE(made.orders.empty());
}

TEST(Plan, an_order_names_the_whole_tree_parents_first) {
  World world;
  world.process(
      30, 1, seconds{100}, {"sh", "-c", "tsx src/server.ts"}, "/usr/bin/dash");
  world.server(20, 30, seconds{101});
  world.process(10, 20, seconds{102}, {"/x/esbuild"}, "/x/esbuild");
  const Plan made = after_scans(world, 3, kEnforcing);
  ASSERT_EQ(made.orders.size(), 1U);
  std::vector<pid_t> pids;
  for (const ProcId& id : made.orders.front().members) pids.push_back(id.pid);
  EXPECT_EQ(pids, (std::vector<pid_t>{30, 20, 10}));
  EXPECT_EQ(made.orders.front().grace, seconds{10});
}

TEST(Plan, observing_withholds_and_says_so) {
  World world = with_strays(1);
  const Plan made = after_scans(world, 3, {});
  EXPECT_TRUE(made.orders.empty());
  ASSERT_EQ(made.withheld.size(), 1U);
  EXPECT_EQ(made.withheld.front().why, Withheld::Observing);
}

TEST(Plan, a_blind_strayd_is_disarmed) {
  World world = with_strays(1);
  const Plan made = after_scans(world, 3, {.act = true, .armed = false});
  EXPECT_TRUE(made.orders.empty());
  EXPECT_EQ(made.withheld.front().why, Withheld::Disarmed);
}

TEST(Plan, an_open_breaker_withholds) {
  World world = with_strays(1);
  const Plan made =
      after_scans(world, 3, {.act = true, .breaker = {.open = true}});
  EXPECT_TRUE(made.orders.empty());
  EXPECT_EQ(made.withheld.front().why, Withheld::BreakerOpen);
}

TEST(Plan, a_rule_may_forbid_to_end_strays) {
  World world = with_strays(1);
  world.policy.rules.front().reap = ReapScope::Leftover;
  const Plan made = after_scans(world, 3, kEnforcing);
  EXPECT_TRUE(made.orders.empty());
  EXPECT_EQ(made.withheld.front().why, Withheld::RuleForbids);
}

TEST(Plan, a_kill_set_within_the_budget_is_ordered) {
  World world = with_strays(3);
  const Plan made = after_scans(world, 3, kEnforcing);
  EXPECT_EQ(made.orders.size(), 3U);
  EXPECT_FALSE(made.trip);
}

TEST(Plan, an_order_on_an_urgent_tree_comes_first_and_the_others_keep_theirs) {
  World world = with_strays(3);
  const Plan made = after_scans(world, 3, kEnforcing, {world.find(11).id});
  std::vector<pid_t> roots;
  for (const TreeOrder& order : made.orders) roots.push_back(order.root.pid);
  EXPECT_EQ(roots, (std::vector<pid_t>{11, 10, 12}));
}

TEST(Plan, urgency_makes_no_tree_ripe) {
  World world = with_strays(1);
  EXPECT_TRUE(
      after_scans(world, 2, kEnforcing, {world.find(10).id}).orders.empty());
}

TEST(Plan, urgency_does_not_lift_the_budget) {
  World world = with_strays(4);
  const Plan made = after_scans(world, 3, kEnforcing, {world.find(11).id});
  EXPECT_TRUE(made.orders.empty());
  EXPECT_TRUE(made.trip);
}

TEST(Plan, a_kill_set_above_the_budget_of_a_scan_kills_nothing_and_trips) {
  World world = with_strays(4);
  const Plan made = after_scans(world, 3, kEnforcing);
  EXPECT_TRUE(made.orders.empty());
  EXPECT_TRUE(made.trip);
  EXPECT_EQ(made.withheld.size(), 4U);
  EXPECT_EQ(made.withheld.front().why, Withheld::OverBudget);
}

TEST(Plan, the_budget_of_the_hour_trips_too) {
  World world = with_strays(1);
  const Plan made = after_scans(world, 3, {.act = true, .kills_last_hour = 10});
  EXPECT_TRUE(made.orders.empty());
  EXPECT_TRUE(made.trip);
}

TEST(Plan, a_tree_that_is_being_ended_is_neither_ordered_nor_counted_again) {
  World world = with_strays(4);
  Authority authority = kEnforcing;
  authority.kills_last_hour = 2;
  authority.reaping = {world.snapshot.processes.at(1).id,
                       world.snapshot.processes.at(2).id};
  const Plan made = after_scans(world, 3, authority);
  EXPECT_EQ(made.orders.size(), 2U);
  EXPECT_FALSE(made.trip);
  EXPECT_TRUE(made.withheld.empty());
}

TEST(Plan, the_rule_of_the_topmost_candidate_speaks_for_its_tree) {
  World world;
  Rule patient = world.policy.rules.front();
  patient.name = "patient";
  patient.grace = seconds{60};
  world.policy.rules.insert(world.policy.rules.begin(), patient);
  world.policy.rules.front().match.pattern =
      Pattern::compile("patient").value();
  // Pids wrap: the child may have the lower one.
  world.process(20, 1, seconds{100}, {"node", "patient.js"}, "/usr/bin/node");
  world.server(10, 20, seconds{101});
  const Plan made = after_scans(world, 3, kEnforcing);
  ASSERT_EQ(made.orders.size(), 1U);
  EXPECT_EQ(made.orders.front().rule, "patient");
  EXPECT_EQ(made.orders.front().grace, seconds{60});
}

TEST(Plan, observing_never_trips) {
  World world = with_strays(9);
  EXPECT_FALSE(after_scans(world, 3, {}).trip);
}

TEST(Breaker, the_next_account_is_newer_however_the_clock_was_set) {
  const Breaker shut{.since_unix_ms = 7000};
  const Breaker open = opened(shut, "harm", 3000);
  EXPECT_EQ(open,
            (Breaker{.open = true, .why = "harm", .since_unix_ms = 7001}));
  EXPECT_EQ(closed(open, 2000), (Breaker{.since_unix_ms = 7002}));
  EXPECT_EQ(closed(open, 9000), (Breaker{.since_unix_ms = 9000}));
}

TEST(Plan, what_is_held_is_told_as_withheld_for_want_of_evidence) {
  World world;
  world.server(10, 9);
  const Plan made = after_scans(world, 1, kEnforcing);
  ASSERT_EQ(made.withheld.size(), 1U);
  EXPECT_EQ(made.withheld.front().why, Withheld::EvidenceMissing);
}

}  // namespace
}  // namespace strayd
