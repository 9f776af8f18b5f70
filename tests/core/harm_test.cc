// What a kill did to the apps that PM2 manages, told as stories of scans.
#include "strayd/core/harm.h"

#include <chrono>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strayd {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kHome = "/srv/.pm2";

ProcId id(pid_t pid) {
  return {.pid = pid, .start_ticks = static_cast<std::uint64_t>(pid) * 10};
}

AppKey app(const char* name) {
  return {.home = kHome, .app = name};
}

Kill kill_of(pid_t root) {
  return {.tree = id(root), .rule = "tsx-server"};
}

// Online since its launch 7, with one process that listens.
AppFacts facts(const char* name, pid_t pid, std::uint16_t port) {
  return {.app = app(name),
          .instances = {{{.home = kHome, .unique_id = name, .pm_id = 0},
                         {.status = Pm2Status::Online, .pm_uptime_ms = 7}}},
          .processes = {id(pid)},
          .ports = {{port, true}}};
}

ExitStatus how_of(Cause cause) {
  switch (cause) {
    case Cause::ExitCode:
    case Cause::PortConflict:
      return {.how = ExitStatus::How::Exited, .value = 1};
    case Cause::Signal:
    case Cause::Oom:
    case Cause::Strayd:
      return {.how = ExitStatus::How::Signalled, .value = SIGKILL};
    case Cause::Fault:
      return {.how = ExitStatus::How::Signalled, .value = SIGSEGV};
    case Cause::Operator:
    case Cause::Watch:
    case Cause::MemoryLimit:
    case Cause::Missed:
    case Cause::Unknown:
      return {};
  }
  return {};
}

class HarmStory : public testing::Test {
 protected:
  // One scan of the host as it is, five seconds after the one before.
  std::vector<Harm> scan() { return scan_after(seconds{5}); }

  std::vector<Harm> scan_after(std::chrono::nanoseconds pause) {
    now_ += pause;
    HarmFindings found =
        look_for_harm(std::exchange(memory_, {}),
                      {.now = now_,
                       .apps = apps_,
                       .restarts = std::exchange(restarts_, {}),
                       .ended = std::exchange(ended_, {})});
    memory_ = std::move(found.memory);
    for (std::string& each : found.coincidences) {
      coincidences_.push_back(std::move(each));
    }
    return std::move(found.harms);
  }
  // Nothing is seen of any app.
  std::vector<Harm> blind_scan_after(std::chrono::nanoseconds pause) {
    const std::vector<AppFacts> kept = std::exchange(apps_, {});
    std::vector<Harm> harms = scan_after(pause);
    apps_ = kept;
    return harms;
  }
  std::vector<Harm> scans(int count) {
    std::vector<Harm> all;
    for (int i = 0; i < count; ++i) {
      for (Harm& harm : scan()) all.push_back(std::move(harm));
    }
    return all;
  }

  void begins(pid_t pid) {
    memory_ = begin_watch(std::move(memory_), kill_of(pid), ties_, now_);
  }
  // An orphan tree of one process, signalled and ended before the next scan.
  void kills(pid_t pid) {
    begins(pid);
    ended_.push_back({.id = id(pid), .kill = kill_of(pid)});
  }
  void restarts(const char* name, Cause cause) {
    restarts(name, cause, how_of(cause));
  }
  void restarts(const char* name, Cause cause, const ExitStatus& how) {
    restarts_.push_back({.app = app(name), .cause = cause, .how = how});
  }
  // Nothing is seen to tie anybody to what is killed from now on.
  void ties_nobody() { ties_ = {{app("shop"), kNone}, {app("mail"), kNone}}; }

  static inline const AppTies kNone{.whole = true};
  static inline const AppTies kConnected{
      .tie = Tie{.kind = TieKind::Connection,
                 .of_tree = id(900),
                 .program = "node server.js"},
      .whole = true};

  AppFacts& shop() { return apps_.at(0); }
  Launch& launch() { return shop().instances.begin()->second; }

  std::vector<AppFacts> apps_{facts("shop", 100, 3000),
                              facts("mail", 200, 3001)};
  KillTies ties_{{app("shop"), kConnected}, {app("mail"), kConnected}};
  std::vector<std::string> coincidences_{};
  std::vector<Restart> restarts_{};
  std::vector<Ended> ended_{};
  HarmMemory memory_{};
  BootTime now_ = seconds{10'000};
};

// ---- a process of its tree ----

TEST_F(HarmStory, an_app_that_loses_a_process_to_a_kill_is_harmed) {
  scan();
  kills(100);
  const std::vector<Harm> harms = scan();
  ASSERT_THAT(harms, SizeIs(1));
  EXPECT_EQ(harms[0].app, app("shop"));
  EXPECT_EQ(harms[0].kind, HarmKind::LostProcess);
  EXPECT_EQ(harms[0].kill, kill_of(100));
  EXPECT_THAT(harms[0].text, HasSubstr("shop"));
  EXPECT_THAT(harms[0].text, HasSubstr("lost its process 100"));
  EXPECT_THAT(harms[0].text, HasSubstr("rule tsx-server"));
}

TEST_F(HarmStory, ending_what_no_app_has_is_no_harm) {
  scan();
  kills(900);
  EXPECT_THAT(scans(20), IsEmpty());
}

TEST_F(HarmStory, the_same_pid_of_an_earlier_process_is_another_process) {
  shop().processes = {{.pid = 900, .start_ticks = 1}};
  scan();
  kills(900);
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(HarmStory, a_process_that_pm2_came_to_list_in_its_grace_is_the_apps) {
  scan();
  begins(900);
  shop().processes.insert(id(900));
  scan();
  shop().processes.erase(id(900));
  ended_ = {{.id = id(900), .kill = kill_of(900)}};
  EXPECT_THAT(scan(), SizeIs(1));
}

TEST_F(HarmStory, a_process_that_left_the_tree_in_its_grace_was_the_apps) {
  shop().processes.insert(id(900));
  scan();
  begins(900);
  shop().processes.erase(id(900));
  scan();
  ended_ = {{.id = id(900), .kill = kill_of(900)}};
  EXPECT_THAT(scan(), SizeIs(1));
}

// PM2 starts an app anew, its old server stays behind and is ended: that is
// what strayd is for.
TEST_F(HarmStory, a_process_that_left_the_tree_before_the_kill_is_no_harm) {
  shop().processes.insert(id(900));
  scan();
  shop().processes.erase(id(900));
  scan();
  kills(900);
  EXPECT_THAT(scans(20), IsEmpty());
}

TEST_F(HarmStory, two_processes_of_one_tree_are_one_harm_to_their_app) {
  shop().processes = {id(100), id(101)};
  scan();
  kills(100);
  ended_.push_back({.id = id(101), .kill = kill_of(100)});
  EXPECT_THAT(scan(), SizeIs(1));
}

TEST_F(HarmStory, an_end_in_a_later_scan_is_the_same_harm) {
  shop().processes = {id(100), id(101)};
  scan();
  kills(100);
  scan();
  ended_.push_back({.id = id(101), .kill = kill_of(100)});
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(HarmStory, an_end_long_after_the_harm_is_the_same_harm) {
  shop().processes.insert(id(900));
  scan();
  begins(900);
  restarts("shop", Cause::ExitCode);
  EXPECT_THAT(scan(), SizeIs(1));
  EXPECT_THAT(scans(20), IsEmpty());
  ended_ = {{.id = id(900), .kill = kill_of(900)}};
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(HarmStory, one_kill_can_harm_two_apps) {
  scan();
  kills(100);
  ended_.push_back({.id = id(200), .kill = kill_of(100)});
  const std::vector<Harm> harms = scan();
  ASSERT_THAT(harms, SizeIs(2));
  EXPECT_NE(harms[0].app, harms[1].app);
}

TEST_F(HarmStory, two_kills_can_harm_one_app) {
  shop().processes = {id(100), id(101)};
  scan();
  kills(100);
  kills(101);
  EXPECT_THAT(scan(), SizeIs(2));
}

TEST_F(HarmStory, the_restart_after_a_lost_process_is_a_part_of_that_harm) {
  scan();
  kills(900);  // at the same time, and innocent
  kills(100);
  kills(901);
  restarts("shop", Cause::Strayd);
  EXPECT_THAT(scan(), SizeIs(1));
  restarts("shop", Cause::ExitCode);
  EXPECT_THAT(scans(20), IsEmpty());
}

// ---- a restart ----

class Blamed : public HarmStory, public testing::WithParamInterface<Cause> {};

TEST_P(Blamed, a_restart_of_what_was_tied_to_the_killed_is_harm) {
  scan();
  kills(900);
  restarts("shop", GetParam());
  const std::vector<Harm> harms = scan();
  ASSERT_THAT(harms, SizeIs(1));
  EXPECT_EQ(harms[0].app, app("shop"));
  EXPECT_EQ(harms[0].kind, HarmKind::Restarted);
  EXPECT_EQ(harms[0].kill, kill_of(900));
  EXPECT_THAT(harms[0].text, HasSubstr(std::string(to_string(GetParam()))));
}
INSTANTIATE_TEST_SUITE_P(causes,
                         Blamed,
                         testing::Values(Cause::ExitCode,
                                         Cause::Signal,
                                         Cause::Unknown));

TEST_F(HarmStory, a_restart_by_our_own_signal_is_a_lost_process) {
  ties_nobody();
  scan();
  kills(900);
  restarts("shop", Cause::Strayd);
  const std::vector<Harm> harms = scan();
  ASSERT_THAT(harms, SizeIs(1));
  EXPECT_EQ(harms[0].kind, HarmKind::LostProcess);
}

class Explained : public HarmStory,
                  public testing::WithParamInterface<Cause> {};

TEST_P(Explained, a_restart_with_another_cause_at_the_same_moment_is_no_harm) {
  scan();
  kills(900);
  restarts("shop", GetParam());
  EXPECT_THAT(scans(20), IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(causes,
                         Explained,
                         testing::Values(Cause::Operator,
                                         Cause::Watch,
                                         Cause::MemoryLimit,
                                         Cause::Oom,
                                         Cause::PortConflict));

// Anybody who writes to its error output can name a port.
TEST_F(HarmStory, a_port_conflict_by_the_app_s_own_word_excuses_nothing) {
  scan();
  kills(900);
  restarts("shop", Cause::PortConflict);
  restarts_.back().by_word = true;
  EXPECT_THAT(scan(), SizeIs(1));
}

TEST_F(HarmStory, a_restart_without_a_kill_is_no_harm) {
  scan();
  restarts("shop", Cause::Signal);
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(HarmStory, a_restart_while_the_grace_runs_is_harm_at_once) {
  scan();
  begins(900);
  restarts("shop", Cause::ExitCode);
  EXPECT_THAT(scan(), SizeIs(1));
}

TEST_F(HarmStory, a_restart_within_the_watch_is_harm) {
  scan();
  kills(900);
  EXPECT_THAT(scans(12), IsEmpty());  // 55 s after the first of them
  restarts("shop", Cause::ExitCode);
  EXPECT_THAT(scan(), SizeIs(1));
}

TEST_F(HarmStory, a_restart_after_the_watch_is_no_harm) {
  scan();
  kills(900);
  EXPECT_THAT(scans(13), IsEmpty());
  restarts("shop", Cause::ExitCode);
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(HarmStory, a_late_exit_is_watched_anew) {
  scan();
  begins(900);
  EXPECT_THAT(scans(20), IsEmpty());
  ended_ = {{.id = id(900), .kill = kill_of(900)}};
  scans(2);
  restarts("shop", Cause::ExitCode);
  EXPECT_THAT(scan(), SizeIs(1));
}

TEST_F(HarmStory, an_exit_lengthens_the_watch) {
  scan();
  begins(900);
  scans(10);
  ended_ = {{.id = id(900), .kill = kill_of(900)}};
  scans(10);
  restarts("shop", Cause::ExitCode);
  EXPECT_THAT(scan(), SizeIs(1));
}

TEST_F(HarmStory, an_exit_of_a_reap_that_nobody_announced_is_watched) {
  scan();
  ended_ = {{.id = id(900), .kill = kill_of(900)}};
  scan();
  restarts("shop", Cause::ExitCode);
  EXPECT_THAT(scan(), IsEmpty());
  EXPECT_THAT(coincidences_, SizeIs(1)) << "what ties them is not known";
}

TEST_F(HarmStory, a_crash_loop_that_ran_before_the_kill_is_no_harm) {
  scan();
  restarts("shop", Cause::ExitCode);
  scan();
  kills(900);
  restarts("shop", Cause::ExitCode);
  EXPECT_THAT(scan(), IsEmpty());
  restarts("shop", Cause::ExitCode);
  EXPECT_THAT(scans(2), IsEmpty());
}

TEST_F(HarmStory, a_crash_loop_of_one_app_excuses_no_other) {
  scan();
  restarts("shop", Cause::ExitCode);
  scan();
  kills(900);
  restarts("mail", Cause::ExitCode);
  EXPECT_THAT(scan(), SizeIs(1));
}

// The orphan held the port. Once it is gone, PM2's last failed start has an
// exit code and no conflict any more.
TEST_F(HarmStory, a_loop_over_a_taken_port_may_end_under_another_cause) {
  scan();
  restarts("shop", Cause::PortConflict);
  scan();
  kills(900);
  restarts("shop", Cause::ExitCode);
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(HarmStory, a_loop_between_two_kills_is_put_down_to_neither) {
  scan();
  kills(900);
  restarts("shop", Cause::Oom);
  scan();
  kills(901);
  restarts("shop", Cause::Signal);
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(HarmStory, a_restart_that_an_operator_asked_for_is_no_crash_loop) {
  scan();
  restarts("shop", Cause::Operator);
  scan();
  kills(900);
  restarts("shop", Cause::ExitCode);
  EXPECT_THAT(scan(), SizeIs(1));
}

TEST_F(HarmStory, a_crash_long_before_the_kill_is_no_crash_loop) {
  scan();
  restarts("shop", Cause::ExitCode);
  scan();
  scan_after(minutes{5});
  kills(900);
  restarts("shop", Cause::ExitCode);
  EXPECT_THAT(scan(), SizeIs(1));
}

TEST_F(HarmStory, a_restart_is_put_down_to_the_newest_kill) {
  scan();
  kills(900);
  scan();
  kills(901);
  scan();
  restarts("shop", Cause::Signal);
  const std::vector<Harm> harms = scan();
  ASSERT_THAT(harms, SizeIs(1));
  EXPECT_EQ(harms[0].kill, kill_of(901));
}

TEST_F(HarmStory, the_loop_that_a_kill_began_is_one_harm) {
  scan();
  kills(900);
  restarts("shop", Cause::ExitCode);
  EXPECT_THAT(scan(), SizeIs(1));
  restarts("shop", Cause::ExitCode);
  restarts("shop", Cause::Signal);
  EXPECT_THAT(scans(5), IsEmpty());
}

TEST_F(HarmStory, an_operators_restart_does_not_hide_a_crash_beside_it) {
  scan();
  kills(900);
  restarts("shop", Cause::Operator);
  restarts("shop", Cause::Signal);
  EXPECT_THAT(scan(), SizeIs(1));
}

// ---- a listener ----

TEST_F(HarmStory, a_listener_that_is_gone_in_two_scans_is_harm) {
  scan();
  kills(900);
  shop().ports[3000] = false;
  EXPECT_THAT(scan(), IsEmpty());
  const std::vector<Harm> harms = scan();
  ASSERT_THAT(harms, SizeIs(1));
  EXPECT_EQ(harms[0].app, app("shop"));
  EXPECT_EQ(harms[0].kind, HarmKind::LostListener);
  EXPECT_EQ(harms[0].kill, kill_of(900));
  EXPECT_THAT(harms[0].text, HasSubstr("port 3000"));
  EXPECT_THAT(scans(5), IsEmpty());
}

TEST_F(HarmStory, a_listener_that_comes_back_in_the_next_scan_is_no_harm) {
  scan();
  kills(900);
  for (int i = 0; i < 3; ++i) {
    shop().ports[3000] = false;
    EXPECT_THAT(scan(), IsEmpty());
    shop().ports[3000] = true;
    EXPECT_THAT(scan(), IsEmpty());
  }
}

TEST_F(HarmStory, a_reload_that_many_quick_scans_see_is_no_harm) {
  scan();
  kills(900);
  shop().ports[3000] = false;
  for (int i = 0; i < 30; ++i) {
    EXPECT_THAT(scan_after(std::chrono::milliseconds{100}), IsEmpty());
  }
}

TEST_F(HarmStory, a_listener_that_was_gone_before_the_kill_is_no_harm) {
  shop().ports[3000] = false;
  scan();
  kills(900);
  EXPECT_THAT(scans(5), IsEmpty());
}

TEST_F(HarmStory, another_port_does_not_make_up_for_the_lost_one) {
  scan();
  kills(900);
  shop().ports = {{3000, false}, {4000, true}};
  EXPECT_THAT(scans(2), SizeIs(1));
}

TEST_F(HarmStory, the_listener_of_another_app_does_not_make_up_for_it) {
  scan();
  kills(900);
  shop().ports[3000] = false;
  apps_.at(1).ports[3000] = true;
  EXPECT_THAT(scans(2), SizeIs(1));
}

TEST_F(HarmStory, a_listener_lost_without_a_kill_is_no_harm) {
  scan();
  shop().ports[3000] = false;
  EXPECT_THAT(scans(5), IsEmpty());
}

TEST_F(HarmStory, a_listener_lost_at_the_end_of_the_watch_is_still_confirmed) {
  scan();
  kills(900);
  scans(12);
  shop().ports[3000] = false;
  EXPECT_THAT(scans(2), SizeIs(1));
}

TEST_F(HarmStory, a_lost_listener_that_ends_in_a_restart_is_harm) {
  scan();
  kills(900);
  scans(12);
  shop().ports[3000] = false;
  EXPECT_THAT(scan(), IsEmpty());
  launch().pm_uptime_ms = 8;
  restarts("shop", Cause::ExitCode);
  EXPECT_THAT(scan(), SizeIs(1));
}

TEST_F(HarmStory, a_listener_lost_after_the_watch_is_no_harm) {
  scan();
  kills(900);
  scans(13);
  shop().ports[3000] = false;
  EXPECT_THAT(scans(5), IsEmpty());
}

TEST_F(HarmStory, a_stop_by_pm2_takes_the_listener_without_harm) {
  scan();
  kills(900);
  launch().status = Pm2Status::Stopped;
  shop().ports[3000] = false;
  EXPECT_THAT(scans(5), IsEmpty());
}

TEST_F(HarmStory, a_start_by_pm2_takes_the_listener_without_harm) {
  scan();
  kills(900);
  launch().pm_uptime_ms = 8;
  shop().ports[3000] = false;
  EXPECT_THAT(scans(5), IsEmpty());
}

TEST_F(HarmStory, a_listener_that_went_just_before_pm2_stops_is_no_harm) {
  scan();
  kills(900);
  shop().ports[3000] = false;
  scan();
  launch().status = Pm2Status::Stopped;
  EXPECT_THAT(scans(5), IsEmpty());
}

TEST_F(HarmStory, an_instance_that_pm2_lists_no_more_took_its_listener_along) {
  scan();
  kills(900);
  shop().instances.clear();
  shop().ports[3000] = false;
  EXPECT_THAT(scans(5), IsEmpty());
}

TEST_F(HarmStory, an_instance_more_explains_no_lost_listener) {
  scan();
  kills(900);
  shop().instances[{.home = kHome, .unique_id = "shop", .pm_id = 9}] = {};
  shop().ports[3000] = false;
  EXPECT_THAT(scans(2), SizeIs(1));
}

TEST_F(HarmStory, a_listener_lost_between_two_kills_is_the_first_ones_doing) {
  scan();
  kills(900);
  shop().ports[3000] = false;
  scan();
  kills(901);
  const std::vector<Harm> harms = scans(3);
  ASSERT_THAT(harms, SizeIs(1));
  EXPECT_EQ(harms[0].kill, kill_of(900));
}

TEST_F(HarmStory, a_listener_lost_after_two_kills_is_the_newest_ones_doing) {
  scan();
  kills(900);
  scan();
  kills(901);
  shop().ports[3000] = false;
  const std::vector<Harm> harms = scans(3);
  ASSERT_THAT(harms, SizeIs(1));
  EXPECT_EQ(harms[0].kill, kill_of(901));
}

// ---- what was not seen ----

TEST_F(HarmStory, ports_that_cannot_be_told_are_not_lost) {
  scan();
  kills(900);
  shop().ports.clear();
  EXPECT_THAT(scans(20), IsEmpty());
}

TEST_F(HarmStory, a_listener_that_was_seen_gone_once_is_not_gone_yet) {
  scan();
  kills(900);
  shop().ports[3000] = false;
  scan();
  shop().ports.clear();
  EXPECT_THAT(scans(5), IsEmpty());
  shop().ports[3000] = true;
  EXPECT_THAT(scans(5), IsEmpty());
}

TEST_F(HarmStory, ports_that_were_not_known_before_the_kill_are_not_lost) {
  shop().ports.clear();
  scan();
  kills(900);
  shop().ports[3000] = false;
  EXPECT_THAT(scans(5), IsEmpty());
}

TEST_F(HarmStory, an_app_that_is_not_seen_has_lost_nothing) {
  scan();
  kills(900);
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(blind_scan_after(seconds{5}), IsEmpty());
  }
  EXPECT_THAT(scans(5), IsEmpty());
}

TEST_F(HarmStory, a_gap_between_two_sights_of_a_lost_listener_clears_nothing) {
  scan();
  kills(900);
  shop().ports[3000] = false;
  scan();
  EXPECT_THAT(blind_scan_after(seconds{5}), IsEmpty());
  EXPECT_THAT(scan(), SizeIs(1));
}

// PM2 fell silent with the kill: its silence must not hide what it did.
TEST_F(HarmStory, a_restart_in_a_gap_that_outlasts_the_watch_is_harm) {
  scan();
  kills(900);
  blind_scan_after(seconds{5});
  blind_scan_after(minutes{3});
  restarts("shop", Cause::Signal);
  EXPECT_THAT(scan(), SizeIs(1));
}

TEST_F(HarmStory, a_listener_lost_in_a_gap_that_outlasts_the_watch_is_harm) {
  scan();
  kills(900);
  blind_scan_after(seconds{5});
  blind_scan_after(minutes{3});
  shop().ports[3000] = false;
  EXPECT_THAT(scans(2), SizeIs(1));
}

TEST_F(HarmStory, after_a_very_long_gap_nothing_is_put_down_to_the_kill) {
  scan();
  kills(900);
  blind_scan_after(seconds{5});
  blind_scan_after(kHarmMemory + kHarmWatch);
  restarts("shop", Cause::Signal);
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(HarmStory, an_app_that_appears_after_the_kill_is_not_watched) {
  apps_.pop_back();
  scan();
  kills(900);
  scan();
  apps_.push_back(facts("mail", 200, 3001));
  scan();
  restarts("mail", Cause::ExitCode);
  EXPECT_THAT(scan(), IsEmpty());
}

// ---- the memory ----

TEST_F(HarmStory, a_closed_breaker_forgets_the_kills_that_did_harm) {
  scan();
  kills(900);
  restarts("shop", Cause::ExitCode);
  ASSERT_THAT(scan(), SizeIs(1));
  memory_ = pardoned(std::move(memory_));
  restarts("mail", Cause::ExitCode);
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(HarmStory, a_closed_breaker_does_not_excuse_a_kill_that_is_watched) {
  scan();
  kills(900);
  ASSERT_THAT(scan(), IsEmpty());
  memory_ = pardoned(std::move(memory_));
  restarts("mail", Cause::ExitCode);
  EXPECT_THAT(scan(), SizeIs(1));
}

TEST_F(HarmStory, kills_and_apps_that_are_long_gone_are_forgotten) {
  scan();
  kills(900);
  restarts("shop", Cause::ExitCode);
  scan();
  apps_.clear();
  scan_after(kHarmMemory);
  scan_after(kHarmWatch + seconds{1});
  EXPECT_THAT(memory_.seen, IsEmpty());
  EXPECT_THAT(memory_.record.kills, IsEmpty());
}

}  // namespace
}  // namespace strayd
