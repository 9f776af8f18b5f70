// What follows a kill that nothing tied the app to: a coincidence, until it is
// improbable. Told as stories of scans.
#include <chrono>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/core/harm.h"

namespace strayd {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* kHome = "/srv/.pm2";
const AppKey kShop{.home = kHome, .app = "shop"};

constexpr ExitStatus exited(int code) {
  return {.how = ExitStatus::How::Exited, .value = code};
}
constexpr ExitStatus signalled(int signal) {
  return {.how = ExitStatus::How::Signalled, .value = signal};
}

class Untied : public testing::Test {
 protected:
  void scan_after(std::chrono::nanoseconds pause,
                  std::vector<Restart> restarts = {}) {
    now_ += pause;
    HarmFindings found = look_for_harm(std::move(memory_),
                                       {.now = now_,
                                        .apps = apps_,
                                        .restarts = restarts,
                                        .ended = std::exchange(ended_, {})});
    memory_ = std::move(found.memory);
    for (Harm& harm : found.harms) harms_.push_back(std::move(harm));
    for (std::string& each : found.coincidences) {
      coincidences_.push_back(std::move(each));
    }
  }
  void restarts_after(std::chrono::nanoseconds pause,
                      ExitStatus how = exited(0),
                      Cause cause = Cause::ExitCode) {
    scan_after(pause, {{.app = kShop, .cause = cause, .how = how}});
  }
  void kills() {
    const Kill kill{.tree = {.pid = ++pid_}, .rule = "server"};
    memory_ = begin_watch(std::move(memory_), kill, {{kShop, ties_}}, now_);
    ended_.push_back({.id = kill.tree, .kill = kill});
  }
  // A kill that the app ends after, and a quiet while.
  void kills_and_it_ends() {
    kills();
    restarts_after(seconds{5});
    scan_after(minutes{7});
  }
  // It ends by itself once a day.
  void lives(int days) {
    for (int i = 0; i < days; ++i) restarts_after(hours{17 + i % 13});
    scan_after(hours{5});
  }
  AppFacts& shop() { return apps_.front(); }

  std::vector<AppFacts> apps_{{.app = kShop, .ports = {{3000, true}}}};
  AppTies ties_{.whole = true};
  std::vector<Ended> ended_{};
  std::vector<Harm> harms_{};
  std::vector<std::string> coincidences_{};
  HarmMemory memory_{};
  BootTime now_ = hours{1};
  pid_t pid_ = 1000;
};

TEST_F(Untied, a_restart_is_a_coincidence) {
  scan_after(seconds{5});
  kills();
  scan_after(seconds{5});
  restarts_after(seconds{3});
  EXPECT_THAT(harms_, IsEmpty());
  ASSERT_THAT(coincidences_, SizeIs(1));
  EXPECT_EQ(coincidences_[0],
            "shop (PM2 in /srv/.pm2) restarted (cause: exit_code, code 0) 8 s "
            "after strayd ended the orphan tree of pid 1001 (rule server): "
            "nothing tied it to that, so it is taken for a coincidence");
}

TEST_F(Untied, what_could_not_be_read_is_neither_a_tie_nor_none) {
  ties_ = {};
  scan_after(seconds{5});
  kills();
  restarts_after(seconds{5});
  EXPECT_THAT(harms_, IsEmpty());
  ASSERT_THAT(coincidences_, SizeIs(1));
  EXPECT_THAT(coincidences_[0], HasSubstr("could not be read"));
}

TEST_F(Untied, each_kill_is_followed_once) {
  scan_after(seconds{5});
  kills();
  for (int i = 0; i < 5; ++i) restarts_after(seconds{5});
  EXPECT_THAT(coincidences_, SizeIs(1));
}

TEST_F(Untied, a_signal_that_somebody_sent_is_not_even_a_coincidence) {
  for (const int signal : {SIGKILL, SIGTERM, SIGINT, SIGHUP}) {
    scan_after(minutes{5});
    kills();
    restarts_after(seconds{8}, signalled(signal), Cause::Signal);
  }
  EXPECT_THAT(harms_, IsEmpty());
  EXPECT_THAT(coincidences_, IsEmpty());
}

TEST_F(Untied, a_crash_by_a_signal_is_the_apps_own) {
  scan_after(seconds{5});
  kills();
  restarts_after(seconds{8}, signalled(SIGSEGV), Cause::Signal);
  EXPECT_THAT(coincidences_, SizeIs(1));
}

TEST_F(Untied, a_lost_listener_is_a_coincidence_once) {
  scan_after(seconds{5});
  kills();
  shop().ports[3000] = false;
  for (int i = 0; i < 5; ++i) scan_after(seconds{5});
  EXPECT_THAT(harms_, IsEmpty());
  EXPECT_THAT(coincidences_, SizeIs(1));
}

TEST_F(Untied, a_lost_listener_that_the_killed_had_held_is_harm) {
  ties_.held = {3000};
  scan_after(seconds{5});
  kills();
  shop().ports[3000] = false;
  for (int i = 0; i < 3; ++i) scan_after(seconds{5});
  ASSERT_THAT(harms_, SizeIs(1));
  EXPECT_EQ(harms_[0].kind, HarmKind::LostListener);
  EXPECT_THAT(harms_[0].text, HasSubstr("listened there, too"));
}

// ---- ties that do not count ----

class TiedButEnding : public Untied {
 protected:
  TiedButEnding() {
    ties_.tie = Tie{.kind = TieKind::Pipe, .of_tree = {.pid = 1001}};
    scan_after(seconds{5});
  }
};

TEST_F(TiedButEnding, one_that_had_just_ended_in_the_same_way_is_not_harmed) {
  restarts_after(seconds{5}, exited(3));
  scan_after(minutes{4});
  kills();
  restarts_after(seconds{5}, exited(3));
  EXPECT_THAT(harms_, IsEmpty());
  ASSERT_THAT(coincidences_, SizeIs(1));
  EXPECT_THAT(coincidences_[0], HasSubstr("in the same way before"));
}

TEST_F(TiedButEnding, one_that_ends_so_twice_a_day_is_not_harmed) {
  restarts_after(hours{5}, exited(3));
  restarts_after(hours{5}, exited(3));
  scan_after(hours{5});
  kills();
  restarts_after(seconds{5}, exited(3));
  EXPECT_THAT(harms_, IsEmpty());
}

TEST_F(TiedButEnding, one_that_ended_so_once_hours_ago_is_harmed) {
  restarts_after(seconds{5}, exited(3));
  scan_after(hours{1});
  kills();
  restarts_after(seconds{5}, exited(3));
  EXPECT_THAT(harms_, SizeIs(1));
}

TEST_F(TiedButEnding, another_code_is_another_way) {
  restarts_after(seconds{5}, exited(3));
  kills();
  restarts_after(seconds{5}, exited(1));
  ASSERT_THAT(harms_, SizeIs(1));
  EXPECT_EQ(harms_[0].kind, HarmKind::Restarted);
  EXPECT_EQ(harms_[0].text,
            "shop (PM2 in /srv/.pm2) restarted (cause: exit_code, code 1): it "
            "held a pipe of pid 1001, which strayd ended 5 s before with the "
            "orphan tree of pid 1001 (rule server)");
}

TEST_F(TiedButEnding, an_end_that_nobody_knows_the_way_of_excuses_none) {
  restarts_after(seconds{5}, {}, Cause::Unknown);
  kills();
  restarts_after(seconds{5}, {}, Cause::Unknown);
  EXPECT_THAT(harms_, SizeIs(1));
}

TEST_F(TiedButEnding, pm2_says_that_it_had_just_ended_so_before_strayd_began) {
  memory_ = {};
  shop().past = {.ends = 40,
                 .time = minutes{10},
                 .newest_end = seconds{3},
                 .how = exited(3)};
  scan_after(seconds{5});
  kills();
  restarts_after(seconds{5}, exited(3));
  EXPECT_THAT(harms_, IsEmpty());
}

TEST_F(TiedButEnding, a_signal_of_a_known_sender_is_not_our_doing) {
  kills();
  const SentSignal sent{.signal = SIGTERM,
                        .sender = {.kind = Sender::Kind::Outside}};
  scan_after(
      seconds{5},
      {{.app = kShop, .cause = Cause::Signal, .how = exited(0), .sent = sent}});
  EXPECT_THAT(harms_, IsEmpty());
  EXPECT_THAT(coincidences_, IsEmpty());
}

TEST_F(TiedButEnding, a_signal_from_its_own_tree_may_be_our_doing) {
  kills();
  const SentSignal sent{.signal = SIGTERM,
                        .sender = {.kind = Sender::Kind::Inside}};
  scan_after(seconds{5},
             {{.app = kShop,
               .cause = Cause::Signal,
               .how = signalled(SIGTERM),
               .sent = sent}});
  EXPECT_THAT(harms_, SizeIs(1));
}

TEST_F(TiedButEnding, what_followed_a_kill_is_no_way_of_its_own) {
  ties_.tie.reset();
  kills();
  restarts_after(seconds{5}, exited(3));
  ASSERT_THAT(coincidences_, SizeIs(1));
  scan_after(minutes{2});
  ties_.tie = Tie{.kind = TieKind::Pipe};
  kills();
  restarts_after(seconds{5}, exited(3));
  EXPECT_THAT(harms_, SizeIs(1));
}

// Of two kills the one that it was tied to, though another is newer.
TEST_F(TiedButEnding, the_newest_kill_is_not_put_before_the_tied_one) {
  kills();
  scan_after(seconds{5});
  ties_.tie.reset();
  kills();
  restarts_after(seconds{5}, exited(1));
  ASSERT_THAT(harms_, SizeIs(1));
  EXPECT_EQ(harms_[0].kill.tree.pid, 1001);
}

// ---- what is improbable ----

TEST_F(Untied,
       what_ends_after_each_kill_and_else_daily_is_harmed_by_the_third) {
  scan_after(seconds{5});
  lives(10);
  kills_and_it_ends();
  kills_and_it_ends();
  EXPECT_THAT(harms_, IsEmpty());
  kills_and_it_ends();
  ASSERT_THAT(harms_, SizeIs(1));
  EXPECT_EQ(harms_[0].kind, HarmKind::FollowsKills);
  EXPECT_THAT(harms_[0].text, HasSubstr("it followed 3 of the last 3 kills"));
  EXPECT_THAT(harms_[0].text, HasSubstr("ended by itself 10 times in 9 days"));
}

TEST_F(Untied, harmless_kills_before_do_not_hide_it) {
  scan_after(seconds{5});
  lives(10);
  for (int i = 0; i < 7; ++i) {
    kills();
    scan_after(minutes{7});
  }
  for (int i = 0; i < 3; ++i) kills_and_it_ends();
  EXPECT_THAT(harms_, SizeIs(1));
}

TEST_F(Untied, kills_that_come_close_upon_one_another_count_each) {
  scan_after(seconds{5});
  lives(10);
  for (int i = 0; i < 3; ++i) {
    kills();
    restarts_after(seconds{10});
  }
  EXPECT_THAT(harms_, SizeIs(1));
}

TEST_F(Untied, what_ends_every_six_minutes_may_follow_three_kills) {
  scan_after(seconds{5});
  for (int i = 0; i < 300; ++i) restarts_after(minutes{5} + seconds{i % 97});
  for (int i = 0; i < 3; ++i) kills_and_it_ends();
  EXPECT_THAT(harms_, IsEmpty());
  EXPECT_THAT(coincidences_, SizeIs(3));
}

TEST_F(Untied, what_is_worse_than_ever_just_now_may_follow_three_kills) {
  scan_after(seconds{5});
  lives(10);
  for (int i = 0; i < 5; ++i) restarts_after(minutes{2});
  for (int i = 0; i < 3; ++i) {
    restarts_after(minutes{2});
    kills();
    restarts_after(seconds{20});
    scan_after(seconds{61});
  }
  EXPECT_THAT(harms_, IsEmpty());
}

// Nobody knows yet how it ends by itself.
TEST_F(Untied, a_short_history_proves_nothing) {
  scan_after(seconds{5});
  for (int i = 0; i < 3; ++i) kills_and_it_ends();
  EXPECT_THAT(harms_, IsEmpty());
}

TEST_F(Untied, pm2_knows_more_than_a_short_history) {
  shop().past = {.ends = 5, .time = hours{240}};
  scan_after(seconds{5});
  for (int i = 0; i < 3; ++i) kills_and_it_ends();
  EXPECT_THAT(harms_, SizeIs(1));
}

TEST_F(Untied, pm2_knows_that_it_has_ended_all_the_time) {
  shop().past = {.ends = 2'400, .time = hours{240}};
  scan_after(seconds{5});
  for (int i = 0; i < 3; ++i) kills_and_it_ends();
  EXPECT_THAT(harms_, IsEmpty());
}

TEST_F(Untied, the_same_of_very_many_apps_is_less_improbable) {
  scan_after(seconds{5});
  lives(10);
  for (int i = 0; i < 3; ++i) kills_and_it_ends();
  const HarmMemory after = std::move(memory_);
  EXPECT_TRUE(improbable(after.record.history, kShop, 1));
  EXPECT_FALSE(improbable(after.record.history, kShop, 10'000'000));
}

TEST_F(Untied, what_is_due_by_its_own_clock_is_not_counted) {
  scan_after(seconds{5});
  for (int i = 0; i < 4; ++i) restarts_after(hours{1});
  scan_after(seconds{70});
  for (int i = 0; i < 6; ++i) {
    scan_after(hours{1} - seconds{16 + 70});
    kills();
    restarts_after(seconds{16});
    scan_after(seconds{70});
  }
  EXPECT_THAT(harms_, IsEmpty());
  EXPECT_THAT(coincidences_, SizeIs(6));
}

TEST_F(Untied, what_ends_hourly_and_not_when_it_is_due_is_counted) {
  scan_after(seconds{5});
  for (int i = 0; i < 40; ++i) restarts_after(hours{1});
  for (int i = 0; i < 4; ++i) kills_and_it_ends();
  EXPECT_THAT(harms_, Not(IsEmpty()));
}

TEST_F(Untied, an_operator_who_closed_the_breaker_begins_anew) {
  scan_after(seconds{5});
  lives(10);
  for (int i = 0; i < 3; ++i) kills_and_it_ends();
  ASSERT_THAT(harms_, SizeIs(1));
  memory_ = pardoned(std::move(memory_));
  for (int i = 0; i < 2; ++i) kills_and_it_ends();
  EXPECT_THAT(harms_, SizeIs(1));
  kills_and_it_ends();
  EXPECT_THAT(harms_, SizeIs(2));
}

// ---- a restart of strayd ----

TEST_F(Untied, another_strayd_goes_on_where_the_first_one_was) {
  scan_after(seconds{5});
  lives(10);
  for (int i = 0; i < 2; ++i) kills_and_it_ends();
  kills();
  memory_.seen.clear();
  ended_.clear();
  restarts_after(seconds{9}, {}, Cause::Unknown);
  EXPECT_THAT(harms_, SizeIs(1));
}

TEST_F(TiedButEnding, another_strayd_knows_the_ties) {
  kills();
  memory_.seen.clear();
  ended_.clear();
  restarts_after(seconds{9}, {}, Cause::Unknown);
  ASSERT_THAT(harms_, SizeIs(1));
  EXPECT_EQ(harms_[0].kind, HarmKind::Restarted);
}

TEST_F(Untied, a_kill_that_was_called_off_is_not_watched) {
  ties_.tie = Tie{};
  scan_after(seconds{5});
  const HarmMemory before = memory_;
  kills();
  memory_ = before;
  ended_.clear();
  restarts_after(seconds{5});
  EXPECT_THAT(harms_, IsEmpty());
  EXPECT_THAT(coincidences_, IsEmpty());
}

TEST_F(Untied, another_boot_keeps_how_it_ends_and_no_moment) {
  scan_after(seconds{5});
  lives(10);
  kills_and_it_ends();
  const History next = of_next_boot(memory_.record.history);
  EXPECT_THAT(next.windows, IsEmpty());
  const AppHistory& app = next.apps.at(kShop);
  EXPECT_EQ(app.ends, 10U);
  EXPECT_GT(app.seen, hours{24 * 8});
  EXPECT_THAT(app.recent, IsEmpty());
}

}  // namespace
}  // namespace strayd
