// What somebody keeps, and what only a clock starts.
#include "strayd/core/reactions.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/world.h"

namespace strayd {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kNow;
using ::testing::SizeIs;

// Time goes on by what happens. Nothing begins within the first seconds of a
// minute where a test does not say so.
class ReactionStory : public ::testing::Test {
 protected:
  ReactionStory() {
    world_.snapshot.taken = now_;
    // Then it is 10 s after a full minute.
    world_.snapshot.boot_epoch_ms =
        60'000 * 1'000 - now_ / milliseconds{1} + 10'000;
  }

  void pass(nanoseconds time) { now_ += time; }

  void scan() {
    pass(milliseconds{100});
    world_.snapshot.taken = now_;
    ReactionFindings found =
        look_for_reactions(std::exchange(memory_, {}),
                           std::exchange(kept_, {}),
                           {.snapshot = world_.snapshot,
                            .verdicts = verdicts_,
                            .ended = std::exchange(ended_, {}),
                            .reaping = reaping_});
    memory_ = std::move(found.memory);
    kept_ = std::move(found.kept);
    for (Verdict& verdict : verdicts_) judge(verdict);
  }

  // A stray of one process.
  Process& starts(pid_t pid, pid_t parent = 1) {
    Process& process = world_.server(pid, parent);
    process.started = now_;
    process.id.start_ticks =
        static_cast<std::uint64_t>(now_ / milliseconds{10});
    Verdict verdict{.id = process.id,
                    .standing = Standing::Pending,
                    .rule = "tsx-server",
                    .tree = process.id,
                    .kind = Standing::Stray};
    for (pid_t up = parent; up != 0; up = world_.find(up).parent) {
      verdict.chain.push_back(world_.find(up).id);
    }
    judge(verdict);
    verdicts_.push_back(std::move(verdict));
    return process;
  }

  Verdict& verdict_on(pid_t pid) {
    return *std::ranges::find(
        verdicts_, pid, [](const Verdict& each) { return each.id.pid; });
  }

  // We signal it, and it is gone after that time.
  void is_killed(pid_t pid, nanoseconds after = milliseconds{50}) {
    const BootTime signalled = now_;
    pass(after);
    const Verdict& verdict = verdict_on(pid);
    ended_.push_back({.id = verdict.id,
                      .kill = {.tree = verdict.tree, .rule = "tsx-server"},
                      .signalled = signalled,
                      .gone = now_});
    vanishes(pid);
  }

  void vanishes(pid_t pid) {
    std::erase_if(verdicts_,
                  [&](const Verdict& each) { return each.id.pid == pid; });
    std::erase_if(world_.snapshot.processes,
                  [&](const Process& each) { return each.id.pid == pid; });
  }

  // So many are killed and are there again after that delay. The last lives.
  void keeps(int times, nanoseconds delay = seconds{1}, pid_t first = 100) {
    if (std::ranges::none_of(verdicts_, [&](const Verdict& each) {
          return each.id.pid == first;
        })) {
      starts(first);
    }
    scan();
    for (pid_t pid = first; pid < first + times; ++pid) {
      is_killed(pid);
      pass(delay);
      starts(pid + 1);
      scan();
    }
  }

  testing::World world_{};
  BootTime now_ = kNow;
  std::vector<Verdict> verdicts_{};
  std::vector<Ended> ended_{};
  std::set<ProcId> reaping_{};
  ReactionMemory memory_{};
  KeptKeys kept_{};

 private:
  // As held_claim() does.
  void judge(Verdict& verdict) const {
    if (verdict.standing == Standing::Managed) return;
    const auto key = reaction_key_of(*std::ranges::find(
        world_.snapshot.processes, verdict.id, &Process::id));
    const bool is_kept = key && kept_.contains(*key);
    verdict.standing = is_kept ? Standing::Held : Standing::Pending;
    verdict.reason.why = is_kept ? Why::ComesBack : Why::TooYoung;
    verdict.kind = is_kept ? std::nullopt : std::optional(Standing::Stray);
  }
};

TEST_F(ReactionStory, twice_is_not_enough) {
  keeps(2);
  EXPECT_THAT(kept_, IsEmpty());
}

TEST_F(ReactionStory, the_third_in_a_row_is_kept_for_a_day) {
  keeps(3, milliseconds{3'400});
  ASSERT_THAT(kept_, SizeIs(1));
  const auto& [key, kept] = *kept_.begin();
  EXPECT_EQ(key, reaction_key_of(world_.find(103)));
  const BootTime third = world_.find(103).started - milliseconds{3'400};
  EXPECT_EQ(kept.until, third + hours{24});
  EXPECT_EQ(kept.within, milliseconds{3'400});
}

TEST_F(ReactionStory, the_slowest_of_the_three_is_told) {
  keeps(1, seconds{2});
  keeps(1, seconds{20}, 101);
  keeps(1, seconds{2}, 102);
  ASSERT_THAT(kept_, SizeIs(1));
  EXPECT_EQ(kept_.begin()->second.within, seconds{20});
}

TEST_F(ReactionStory, half_a_minute_is_soon_enough) {
  keeps(3, seconds{30});
  EXPECT_THAT(kept_, SizeIs(1));
}

TEST_F(ReactionStory, what_takes_longer_is_no_reaction) {
  keeps(6, seconds{30} + milliseconds{20});
  EXPECT_THAT(kept_, IsEmpty());
}

TEST_F(ReactionStory, a_kill_without_a_reaction_begins_the_row_anew) {
  keeps(2);
  is_killed(102);
  pass(seconds{31});
  scan();
  keeps(2, seconds{1}, 110);
  EXPECT_THAT(kept_, IsEmpty());
  keeps(1, seconds{1}, 112);
  EXPECT_THAT(kept_, SizeIs(1));
}

TEST_F(ReactionStory, kills_may_be_far_apart) {
  starts(100);
  for (pid_t pid = 100; pid < 103; ++pid) {
    for (int minute = 0; minute < 30; ++minute) {
      pass(minutes{1});
      scan();
    }
    is_killed(pid);
    pass(seconds{1});
    starts(pid + 1);
    scan();
  }
  EXPECT_THAT(kept_, SizeIs(1));
}

TEST_F(ReactionStory, a_start_before_the_kill_is_no_reaction_to_it) {
  starts(100);
  scan();
  for (pid_t pid = 100; pid < 104; ++pid) {
    starts(pid + 1);
    pass(seconds{1});
    is_killed(pid);
    scan();
    pass(seconds{31});
    scan();
  }
  EXPECT_THAT(kept_, IsEmpty());
}

TEST_F(ReactionStory, each_kill_counts_once) {
  starts(100);
  scan();
  is_killed(100);
  starts(101);
  starts(102);
  starts(103);
  scan();
  EXPECT_THAT(kept_, IsEmpty());
  EXPECT_EQ(memory_.accounts.begin()->second.in_a_row, 1);
}

TEST_F(ReactionStory, what_answered_one_kill_answers_no_other) {
  starts(100);
  starts(101);
  starts(102);
  scan();
  is_killed(100);
  is_killed(101);
  is_killed(102);
  starts(103);
  scan();
  EXPECT_EQ(memory_.accounts.begin()->second.in_a_row, 1);
}

TEST_F(ReactionStory, another_user_keeps_his_own) {
  keeps(2);
  is_killed(102);
  starts(103).uid = 1001;
  scan();
  EXPECT_THAT(kept_, IsEmpty());
}

TEST_F(ReactionStory, another_directory_is_another_one) {
  keeps(2);
  is_killed(102);
  starts(103).cwd = "/srv/other";
  scan();
  EXPECT_THAT(kept_, IsEmpty());
}

TEST_F(ReactionStory, another_script_is_another_one) {
  keeps(2);
  is_killed(102);
  starts(103).argv->back() = "src/other-server.ts";
  scan();
  EXPECT_THAT(kept_, IsEmpty());
}

TEST_F(ReactionStory, other_arguments_of_the_script_are_the_same_one) {
  keeps(2);
  is_killed(102);
  starts(103).argv->emplace_back("--port=3001");
  scan();
  EXPECT_THAT(kept_, SizeIs(1));
}

// The next launch of PM2's app is managed, and may become a leftover later.
TEST_F(ReactionStory, what_somebody_owned_is_no_return) {
  starts(100);
  scan();
  for (pid_t pid = 100; pid < 104; ++pid) {
    is_killed(pid);
    starts(pid + 1);
    verdict_on(pid + 1).standing = Standing::Managed;
    verdict_on(pid + 1).kind.reset();
    scan();
    pass(seconds{10});
    verdict_on(pid + 1).standing = Standing::Leftover;
    verdict_on(pid + 1).kind = Standing::Leftover;
    scan();
  }
  EXPECT_THAT(kept_, IsEmpty());
}

// The exit is seen only after the scan that shows what follows.
TEST_F(ReactionStory, news_of_the_end_may_be_late) {
  keeps(2);
  is_killed(102);
  std::vector<Ended> late = std::exchange(ended_, {});
  reaping_ = {late.front().id};
  starts(103);
  scan();
  ended_ = std::move(late);
  reaping_.clear();
  scan();
  EXPECT_THAT(kept_, SizeIs(1));
}

// It closed its port and drains; whoever watches the port starts it anew.
TEST_F(ReactionStory, while_it_drains_it_may_be_there_again) {
  starts(100);
  scan();
  for (pid_t pid = 100; pid < 103; ++pid) {
    const BootTime signalled = now_;
    reaping_ = {verdict_on(pid).id};
    pass(seconds{2});
    starts(pid + 1);
    scan();
    pass(seconds{40});
    scan();
    is_killed(pid);
    ended_.back().signalled = signalled;
    reaping_.clear();
    scan();
  }
  EXPECT_THAT(kept_, SizeIs(1));
}

TEST_F(ReactionStory, a_tree_is_ended_when_all_of_it_is) {
  for (pid_t pid = 100; pid <= 400; pid += 100) {
    const ProcId root = starts(pid).id;
    starts(pid + 1, pid);
    verdict_on(pid + 1).tree = root;
    scan();
    if (pid == 400) break;
    const ProcId slow = verdict_on(pid + 1).id;
    is_killed(pid);
    verdict_on(pid + 1).tree = slow;
    reaping_ = {slow};
    pass(seconds{20});
    scan();
    pass(seconds{20});
    scan();
    verdict_on(pid + 1).tree = root;
    is_killed(pid + 1);
    reaping_.clear();
    scan();
    pass(seconds{5});
  }
  EXPECT_THAT(kept_, SizeIs(1));
}

TEST_F(ReactionStory, a_tree_of_two_candidates_is_one_kill) {
  for (pid_t pid = 100; pid <= 200; pid += 100) {
    const ProcId root = starts(pid).id;
    starts(pid + 1, pid);
    verdict_on(pid + 1).tree = root;
    scan();
    if (pid == 200) break;
    is_killed(pid + 1);
    is_killed(pid);
  }
  EXPECT_EQ(memory_.accounts.begin()->second.in_a_row, 1);
}

// cron's first second, and the seconds of a slow host.
TEST_F(ReactionStory, what_begins_with_a_minute_is_cron_s) {
  for (const milliseconds after : {milliseconds{0}, milliseconds{2'900}}) {
    starts(100);
    scan();
    for (pid_t pid = 100; pid < 104; ++pid) {
      const milliseconds wall = milliseconds(world_.snapshot.boot_epoch_ms) +
                                std::chrono::ceil<milliseconds>(now_);
      pass(minutes{1} - wall % minutes{1} - seconds{9});
      is_killed(pid, seconds{9});
      pass(after);
      starts(pid + 1);
      scan();
    }
    EXPECT_THAT(kept_, IsEmpty());
    vanishes(104);
  }
}

TEST_F(ReactionStory, a_start_although_none_was_ended_begins_the_row_anew) {
  keeps(2);
  pass(minutes{1});
  starts(200);
  scan();
  pass(seconds{1});
  keeps(2, seconds{1}, 102);
  EXPECT_THAT(kept_, IsEmpty());
}

TEST_F(ReactionStory, a_start_just_after_the_one_that_answered_comes_with_it) {
  keeps(2);
  pass(seconds{2});
  starts(200);
  scan();
  keeps(1, seconds{1}, 102);
  EXPECT_THAT(kept_, SizeIs(1));
}

// Each start looks like a reaction where each is ended before the next one;
// held, it goes on.
TEST_F(ReactionStory, what_a_clock_starts_is_held_until_it_starts_the_next) {
  keeps(3, seconds{19});
  ASSERT_THAT(kept_, SizeIs(1));
  pass(seconds{20});
  starts(200);
  scan();
  EXPECT_THAT(kept_, IsEmpty());
}

TEST_F(ReactionStory, a_kill_that_was_answered_is_no_reason_for_another_start) {
  keeps(3, seconds{9});
  ASSERT_THAT(kept_, SizeIs(1));
  pass(seconds{10});
  starts(200);
  scan();
  EXPECT_THAT(kept_, IsEmpty());
}

TEST_F(ReactionStory, what_ends_by_itself_and_is_there_again_is_kept_on) {
  keeps(3);
  vanishes(103);
  scan();
  pass(minutes{1});
  starts(104);
  scan();
  EXPECT_THAT(kept_, SizeIs(1));
}

TEST_F(ReactionStory, a_worker_that_it_starts_anew_is_no_start) {
  keeps(3);
  pass(minutes{1});
  starts(104, 103);
  scan();
  EXPECT_THAT(kept_, SizeIs(1));
}

// It knows nothing of what came before it.
TEST_F(ReactionStory, the_first_scan_of_a_strayd_shows_no_start) {
  keeps(3);
  memory_ = {};
  starts(200);
  scan();
  EXPECT_THAT(kept_, SizeIs(1));
}

TEST_F(ReactionStory, a_twin_that_another_hold_let_go_is_no_start) {
  keeps(3);
  pass(minutes{1});
  starts(200);
  const Verdict twin = verdicts_.back();
  verdicts_.pop_back();
  scan();
  verdicts_.push_back(twin);
  scan();
  EXPECT_THAT(kept_, SizeIs(1));
}

TEST_F(ReactionStory, what_is_long_gone_is_forgotten) {
  keeps(2);
  vanishes(102);
  pass(minutes{11});
  scan();
  EXPECT_THAT(memory_.orphans, IsEmpty());
  EXPECT_THAT(memory_.accounts, IsEmpty());
}

TEST(ReactionKey, is_unknown_where_a_fact_is) {
  testing::World world;
  const Process whole = world.server(100, 1);
  EXPECT_TRUE(reaction_key_of(whole));
  Process lacking = whole;
  lacking.cwd = not_asked<std::string>();
  EXPECT_FALSE(reaction_key_of(lacking));
  lacking = whole;
  lacking.exe = not_asked<std::string>();
  EXPECT_FALSE(reaction_key_of(lacking));
  lacking = whole;
  lacking.uid = not_asked<uid_t>();
  EXPECT_FALSE(reaction_key_of(lacking));
  lacking = whole;
  lacking.argv = not_asked<std::vector<std::string>>();
  EXPECT_FALSE(reaction_key_of(lacking));
}

// --- what the judge makes of it

class KeptStray : public ::testing::Test {
 protected:
  KeptStray() {
    const Process& server = world_.server(100, 1);
    world_.memory.kept[*reaction_key_of(server)] = {
        .until = kNow + hours{1}, .within = milliseconds{3'400}};
  }

  testing::World world_{};
};

TEST_F(KeptStray, is_held_and_it_is_said_how_soon_it_came_back) {
  const Verdict verdict = world_.verdict(100);
  EXPECT_EQ(verdict.standing, Standing::Held);
  EXPECT_EQ(verdict.reason.why, Why::ComesBack);
  EXPECT_EQ(verdict.reason.text,
            "somebody keeps it: it was there again within 4 s of each of the "
            "last three kills");
}

TEST_F(KeptStray, is_a_stray_again_after_a_day) {
  world_.snapshot.taken = kNow + hours{1};
  world_.memory = remember(world_.memory, world_.snapshot, {});
  EXPECT_THAT(world_.memory.kept, IsEmpty());
  EXPECT_EQ(world_.verdict(100).standing, Standing::Stray);
}

TEST_F(KeptStray, is_remembered_until_then) {
  world_.snapshot.taken = kNow + minutes{59};
  world_.memory = remember(world_.memory, world_.snapshot, {});
  EXPECT_EQ(world_.verdict(100).standing, Standing::Held);
}

TEST_F(KeptStray, holds_no_other_program) {
  world_.find(100).cwd = "/srv/other";
  EXPECT_EQ(world_.verdict(100).standing, Standing::Stray);
}

TEST_F(KeptStray, holds_what_is_below_it) {
  Process& below = world_.server(101, 100, seconds{101});
  below.argv->back() = "other-server.ts";
  const Verdict verdict = world_.verdict(101);
  EXPECT_EQ(verdict.standing, Standing::Held);
  EXPECT_THAT(verdict.reason.text, HasSubstr("above it: somebody keeps it"));
}

TEST_F(KeptStray, holds_what_may_be_it) {
  world_.find(100).cwd = std::unexpected(Unread::Failed);
  const Verdict verdict = world_.verdict(100);
  EXPECT_EQ(verdict.standing, Standing::Held);
  EXPECT_EQ(verdict.reason.why, Why::Unreadable);
}

TEST_F(KeptStray, holds_nothing_of_another_user) {
  world_.find(100).uid = 1001;
  world_.find(100).cwd = std::unexpected(Unread::Failed);
  EXPECT_EQ(world_.verdict(100).standing, Standing::Stray);
}

TEST_F(KeptStray, is_not_signalled_at_the_last_look) {
  const auto claims = claims_on(
      world_.evidence(), world_.policy, std::vector{world_.find(100).id});
  ASSERT_TRUE(claims.front());
  EXPECT_EQ(claims.front()->reason.why, Why::ComesBack);
}

}  // namespace
}  // namespace strayd
