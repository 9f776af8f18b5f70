// An agent and a `scan --reap` beside it: one budget, one breaker.
#include <gtest/gtest.h>

#include "strayd/report/state.h"

#include "audit_support.h"

namespace strayd::test {
namespace {

constexpr KillsKept kAll{};

TEST(SharedState, counts_the_kills_of_both) {
  const State ours{.kills_unix_ms = {10, 30}};
  const State theirs{.kills_unix_ms = {20, 30}};
  EXPECT_EQ(shared(ours, theirs, kAll).kills_unix_ms,
            (std::vector<std::int64_t>{10, 20, 30}));
}

TEST(SharedState, counts_two_kills_of_one_millisecond_as_two) {
  const State ours{.kills_unix_ms = {10, 10}};
  EXPECT_EQ(shared(ours, {.kills_unix_ms = {10}}, kAll).kills_unix_ms,
            (std::vector<std::int64_t>{10, 10}));
}

TEST(SharedState, forgets_kills_of_more_than_an_hour_ago) {
  const State ours{.kills_unix_ms = {10, 30}};
  EXPECT_EQ(shared(ours, {}, {.later_than_unix_ms = 10}).kills_unix_ms,
            (std::vector<std::int64_t>{30}));
}

TEST(SharedState, takes_back_one_that_did_not_happen_although_it_is_on_disk) {
  const State both{.kills_unix_ms = {10, 30}};
  EXPECT_EQ(shared(both, both, {.unspent = UnspentKill{.at_unix_ms = 30}})
                .kills_unix_ms,
            (std::vector<std::int64_t>{10}));
}

TEST(SharedState, the_newer_account_of_the_breaker_holds) {
  const State open{.breaker = {.open = true, .since_unix_ms = 20}};
  const State closed_before{.breaker = {.since_unix_ms = 10}};
  const State closed_after{.breaker = {.since_unix_ms = 30}};
  EXPECT_TRUE(shared(closed_before, open, kAll).breaker.open);
  EXPECT_TRUE(shared(open, closed_before, kAll).breaker.open);
  EXPECT_FALSE(shared(closed_after, open, kAll).breaker.open);
  EXPECT_FALSE(shared(open, closed_after, kAll).breaker.open);
}

TEST(SharedState, a_grace_of_either_holds_for_both_and_the_later_end_of_it) {
  constexpr ProcId kOne{.pid = 10, .start_ticks = 1};
  constexpr ProcId kOther{.pid = 20, .start_ticks = 2};
  const State ours{.boot_id = "b", .in_grace = {{kOne, 500}}};
  const State theirs{.boot_id = "b", .in_grace = {{kOne, 400}, {kOther, 900}}};
  EXPECT_EQ(shared(ours, theirs, kAll).in_grace,
            (std::map<ProcId, std::int64_t>{{kOne, 500}, {kOther, 900}}));
}

TEST(SharedState, has_nobody_in_a_grace_who_was_not_signalled) {
  constexpr ProcId kSpared{.pid = 10, .start_ticks = 1};
  constexpr ProcId kOther{.pid = 20, .start_ticks = 2};
  const State both{.boot_id = "b", .in_grace = {{kSpared, 500}, {kOther, 900}}};
  EXPECT_EQ(shared(both, both, {.unspent = UnspentKill{.members = {kSpared}}})
                .in_grace,
            (std::map<ProcId, std::int64_t>{{kOther, 900}}));
}

TEST(SharedState, knows_that_either_has_written_origins_in_this_boot) {
  const State wrote{.boot_id = "b", .origins_boot_id = "b"};
  const State wrote_none{.boot_id = "b"};
  const State rebooted{.boot_id = "c"};
  EXPECT_EQ(shared(wrote, wrote_none, kAll).origins_boot_id, "b");
  EXPECT_EQ(shared(wrote_none, wrote, kAll).origins_boot_id, "b");
  EXPECT_EQ(shared(rebooted, wrote, kAll).origins_boot_id, "");
}

TEST(SharedState, all_else_stays_ours) {
  const State ours{.boot_id = "ours"};
  State theirs{.boot_id = "theirs"};
  theirs.homes_seen["/root/.pm2"] = 0;
  theirs.in_grace[{.pid = 10, .start_ticks = 1}] = 500;  // of another boot
  EXPECT_EQ(shared(ours, theirs, kAll), ours);
}

TEST(SharedState, what_one_writes_the_other_finds) {
  const RamDir dir;
  State one{.kills_unix_ms = {10}};
  ASSERT_TRUE(share_state(dir.path(), one, kAll));
  State other{.breaker = {.open = true, .why = "harm", .since_unix_ms = 5},
              .kills_unix_ms = {20}};
  ASSERT_TRUE(share_state(dir.path(), other, kAll));
  EXPECT_EQ(other.kills_unix_ms, (std::vector<std::int64_t>{10, 20}));
  ASSERT_TRUE(share_state(dir.path(), one, kAll));
  EXPECT_EQ(one.kills_unix_ms, other.kills_unix_ms);
  EXPECT_TRUE(one.breaker.open);
  EXPECT_EQ(load_state(dir.path())->state, one);
}

TEST(SharedState, that_cannot_be_written_changes_nothing) {
  State ours{.kills_unix_ms = {10}};
  EXPECT_FALSE(share_state("/proc/nowhere", ours, kAll));
  EXPECT_EQ(ours, State{.kills_unix_ms = {10}});
}

}  // namespace
}  // namespace strayd::test
