// A story per cause: what PM2 and the kernel say of a restart, and what strayd
// makes of it. kA, kB, kC … are launches, by their pm_uptime.
#include <csignal>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/core/restarts.h"

#include "pm2_words.h"

namespace strayd {
namespace {

using std::chrono::seconds;
// NOLINTNEXTLINE(misc-unused-using-decls): what joins the words
using test::operator+;
using test::Said;
using test::Speaker;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int64_t kA = 1'000'000;
constexpr std::int64_t kB = 2'000'000;
constexpr std::int64_t kC = 3'000'000;
constexpr std::int64_t kD = 4'000'000;

constexpr ProcId kNpm{.pid = 100, .start_ticks = 5000};
constexpr ProcId kServer{.pid = 104, .start_ticks = 5020};

constexpr ExitStatus exited(int code) {
  return {.how = ExitStatus::How::Exited, .value = code};
}
constexpr ExitStatus signalled(int signal) {
  return {.how = ExitStatus::How::Signalled, .value = signal};
}

// One home with one app, which is launch kA when the story begins.
class Causes : public testing::Test {
 protected:
  Causes() {
    hears(pm2_.gap());
    lists(0, kA);
    lists(0, kA);
  }

  // Of the next list.
  void hears(const Said& said) { clues_.events = clues_.events + said; }
  void hears_only(const Said& said) {
    hears(said);
    caught_up_ = false;
  }
  void kernel_says(const ExitStatus& status,
                   std::int64_t launch = kA,
                   bool oom = false) {
    tell({.id = kNpm, .status = status, .oom = oom}, launch);
  }
  void kernel_says_of_server(const ExitStatus& status,
                             std::int64_t launch = kA,
                             bool oom = false) {
    tell({.id = kServer, .served = true, .status = status, .oom = oom}, launch);
  }
  // One of the newest launch's tree, at that time.
  void is_sent(int signal,
               Sender::Kind by,
               std::int64_t unix_ms = kB - 100,
               ProcId target = kNpm) {
    clues_.signals.push_back({.signal = signal,
                              .at = std::chrono::milliseconds{unix_ms},
                              .unix_ms = unix_ms,
                              .target = target,
                              .top = kNpm,
                              .sender = {.kind = by, .chain = {"kill"}}});
  }
  // PM2 says at which time it ended.
  void hears_at(std::int64_t unix_ms, Said said) {
    for (Pm2Event& event : said) event.at_ms = unix_ms;
    hears(said);
  }
  void signals_hit(ProcId top) {
    for (SentSignal& sent : clues_.signals) sent.top = top;
  }
  void memory_lacks() { clues_.oom = true; }
  void port_is_taken() {
    clues_.port_conflicts.insert({.app = {pm2_.home, pm2_.name}});
  }
  void port_that_it_asked_for_is_taken() {
    clues_.port_conflicts.insert(
        {.app = {pm2_.home, pm2_.name}, .asked = true});
  }
  void port_is_held_by_what_is_left_of(std::int64_t launch) {
    clues_.port_conflicts.insert(
        {.app = {pm2_.home, pm2_.name},
         .left_by = LaunchKey{.instance = {.home = pm2_.home,
                                           .unique_id = pm2_.unique_id,
                                           .pm_id = pm2_.pm_id},
                              .pm_uptime_ms = launch}});
  }

  // One scan in which the app is so, and more besides.
  void lists(std::int64_t restarts,
             std::int64_t launch,
             Pm2Status status = Pm2Status::Online,
             std::vector<Pm2Instance> more = {}) {
    more.push_back(instance(pm2_, restarts, launch, status));
    scan(Pm2Answer{.instances = std::move(more)});
  }
  static Pm2Instance instance(const Speaker& of,
                              std::int64_t restarts,
                              std::int64_t launch,
                              Pm2Status status = Pm2Status::Online) {
    return {.name = of.name,
            .pm_id = of.pm_id,
            .status = status,
            .unique_id = of.unique_id,
            .restart_time = restarts,
            .pm_uptime_ms = launch};
  }
  void scan(std::expected<Pm2Answer, Pm2Silence> reply) {
    now_ += seconds{10};
    clues_.at = now_;
    if (caught_up_) clues_.caught_up.insert(pm2_.home);
    clues_.signalled = signalled_;
    const std::vector<Pm2View> views{
        {.home = pm2_.home, .reply = std::move(reply)}};
    accounts_ = account_restarts(std::move(accounts_), views, clues_);
    clues_ = {};
    caught_up_ = true;
  }
  void strayd_restarts() { accounts_ = {.ledger = accounts_.ledger}; }

  // Of the last scan.
  std::vector<Cause> causes() const {
    std::vector<Cause> found;
    for (const Restart& restart : accounts_.restarts) {
      found.push_back(restart.cause);
    }
    return found;
  }

  const Speaker pm2_{};
  std::set<ProcId> signalled_{};
  BootTime now_{};
  Accounts accounts_{};

 private:
  void tell(Death death, std::int64_t launch) {
    death.launch = {.instance = {.home = pm2_.home,
                                 .unique_id = pm2_.unique_id,
                                 .pm_id = pm2_.pm_id},
                    .pm_uptime_ms = launch};
    clues_.deaths.push_back(death);
  }

  Clues clues_{};
  bool caught_up_ = true;
};

// ---- operator ----

TEST_F(Causes, pm2_restart_is_the_operators) {
  hears(pm2_.pm2_restart(0, kA, kB));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Operator));
}

TEST_F(Causes, a_reload_in_cluster_mode_is_the_operators) {
  hears(pm2_.pm2_reload(0, kB));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Operator));
}

TEST_F(Causes, a_reload_is_known_before_its_new_worker_is_online) {
  lists(1, kB, Pm2Status::Launching);
  EXPECT_THAT(causes(), ElementsAre(Cause::Operator));
}

TEST_F(Causes, a_cron_restart_is_planned_by_the_operator) {
  hears(pm2_.restarted(0, kA, kB));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Operator));
}

TEST_F(Causes, a_restart_that_is_seen_before_its_launch_is_the_operators) {
  hears(pm2_.ended(0, kA));
  lists(1, kA, Pm2Status::Stopped);
  EXPECT_THAT(causes(), ElementsAre(Cause::Operator));
  hears(pm2_.online(1, kB) + pm2_.action(1, kB));
  lists(1, kB);
  EXPECT_THAT(causes(), IsEmpty());
}

TEST_F(Causes, an_operator_who_restarts_in_the_middle_of_a_change_is_believed) {
  hears(pm2_.watch() + pm2_.pm2_restart(0, kA, kB));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Operator));
}

TEST_F(Causes, an_exit_code_of_what_pm2_ended_is_not_its_reason) {
  hears(pm2_.exit_line(130) + pm2_.exit(Pm2Status::Stopping, 0, kA, 130) +
        pm2_.exit(Pm2Status::Stopped, 0, kA, 130) + pm2_.online(1, kB));
  kernel_says(exited(130));
  port_is_taken();
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Operator));
}

TEST_F(Causes, a_kill_by_pm2_after_its_timeout_is_still_the_operators) {
  hears(pm2_.exit_line(0, "SIGKILL") + pm2_.exit(Pm2Status::Stopping, 0, kA) +
        pm2_.exit(Pm2Status::Stopped, 0, kA) + pm2_.online(1, kB));
  kernel_says(signalled(SIGKILL), kA, true);
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Operator));
}

TEST_F(Causes, stop_and_start_are_no_restart) {
  hears(pm2_.pm2_stop(0, kA) + pm2_.pm2_start(0, kB));
  lists(0, kB);
  EXPECT_THAT(causes(), IsEmpty());
}

TEST_F(Causes, a_death_after_stop_and_start_is_not_taken_for_the_stop) {
  hears(pm2_.pm2_stop(0, kA) + pm2_.pm2_start(0, kB) + pm2_.died(0, kB, kC, 1));
  lists(1, kC);
  EXPECT_THAT(causes(), ElementsAre(Cause::ExitCode));
}

// ---- watch ----

TEST_F(Causes, a_changed_file_is_watch) {
  hears(pm2_.watch() + pm2_.restarted(0, kA, kB));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Watch));
}

TEST_F(Causes, a_change_restarts_all_instances_of_the_name) {
  const Speaker other{.pm_id = 1};
  const Speaker ops{.pm_id = 2, .unique_id = "u-2"};
  const auto three = [&](std::int64_t restarts, std::int64_t launch) {
    Pm2Instance elsewhere = instance(ops, restarts, launch);
    elsewhere.name_space = "ops";
    return std::vector{instance(other, restarts, launch), elsewhere};
  };
  lists(0, kA, Pm2Status::Online, three(0, kA));
  hears(pm2_.watch() + pm2_.watch() + pm2_.restarted(0, kA, kB) +
        other.restarted(0, kA, kB) + ops.restarted(0, kA, kB));
  lists(1, kB, Pm2Status::Online, three(1, kB));
  EXPECT_THAT(causes(), ElementsAre(Cause::Watch, Cause::Watch, Cause::Watch));
}

TEST_F(Causes, a_change_is_answered_by_one_restart) {
  hears(pm2_.watch() + pm2_.restarted(0, kA, kB));
  lists(1, kB);
  hears(pm2_.restarted(1, kB, kC));
  lists(2, kC);
  EXPECT_THAT(causes(), ElementsAre(Cause::Operator));
}

TEST_F(Causes, a_change_of_another_app_is_none_of_its_own) {
  const Speaker web{.name = "web", .pm_id = 1};
  hears(web.watch() + pm2_.restarted(0, kA, kB));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Operator));
}

TEST_F(Causes, a_change_waits_for_its_delay) {
  hears(pm2_.watch());
  lists(0, kA);
  hears(pm2_.restarted(0, kA, kB));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Watch));
}

TEST_F(Causes, a_change_that_led_to_nothing_is_forgotten_after_two_minutes) {
  hears(pm2_.watch());
  lists(0, kA);
  now_ += seconds{120};
  hears(pm2_.restarted(0, kA, kB));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Operator));
}

TEST_F(Causes, a_change_that_starts_a_stopped_app_explains_nothing_later) {
  hears(pm2_.pm2_stop(0, kA) + pm2_.watch() + pm2_.online(0, kB) +
        pm2_.restarted(0, kB, kC));
  lists(1, kC);
  EXPECT_THAT(causes(), ElementsAre(Cause::Operator));
}

// ---- memory_limit ----

TEST_F(Causes, too_much_memory_in_fork_mode_is_memory_limit) {
  hears(pm2_.memory_limit() + pm2_.restarted(0, kA, kB));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::MemoryLimit));
}

TEST_F(Causes, too_much_memory_in_cluster_mode_is_memory_limit) {
  hears(pm2_.memory_limit() + pm2_.online(1, kB));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::MemoryLimit));
}

TEST_F(Causes, the_memory_of_another_instance_is_none_of_its_own) {
  const Speaker other{.pm_id = 1};
  hears(other.memory_limit() + pm2_.restarted(0, kA, kB));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Operator));
}

TEST_F(Causes, a_change_and_too_much_memory_at_once_are_unknown) {
  hears(pm2_.watch() + pm2_.memory_limit() + pm2_.restarted(0, kA, kB));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Unknown));
}

// ---- exit_code ----

TEST_F(Causes, a_death_with_a_code_is_exit_code) {
  hears(pm2_.died(0, kA, kB, 1));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::ExitCode));
}

TEST_F(Causes, a_crash_loop_is_told_restart_by_restart) {
  hears(pm2_.died(0, kA, kB, 1) + pm2_.died(1, kB, kC, 0, "SIGTERM") +
        pm2_.died(2, kC, kD, 3));
  lists(3, kD);
  EXPECT_THAT(causes(),
              ElementsAre(Cause::ExitCode, Cause::Signal, Cause::ExitCode));
}

TEST_F(Causes, a_death_that_waits_for_its_restart_is_counted_with_it) {
  hears(pm2_.died(0, kA, 1));
  lists(0, kA, Pm2Status::WaitingRestart);
  EXPECT_THAT(causes(), IsEmpty());
  hears(pm2_.online(1, kB));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::ExitCode));
}

TEST_F(Causes, a_restart_that_the_list_does_not_show_yet_waits_for_it) {
  hears(pm2_.died(0, kA, kB, 1));
  lists(0, kA);
  EXPECT_THAT(causes(), IsEmpty());
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::ExitCode));
}

TEST_F(Causes, an_exit_with_0_is_exit_code_where_the_kernel_says_so) {
  hears(pm2_.died(0, kA, kB, 0));
  kernel_says(exited(0));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::ExitCode));
}

TEST_F(Causes, an_exit_with_0_is_unknown_where_the_kernel_cant_say) {
  hears(pm2_.died(0, kA, kB, 0));
  kernel_says({.how = ExitStatus::How::Unknown});
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Unknown));
}

TEST_F(Causes, the_last_death_of_a_crash_loop_explains_no_later_start) {
  hears(pm2_.exit_line(1) + pm2_.exit(Pm2Status::Errored, 0, kA, 1));
  lists(0, kA, Pm2Status::Errored);
  hears(pm2_.pm2_start(0, kB) + pm2_.pm2_restart(0, kB, kC));
  lists(1, kC);
  EXPECT_THAT(causes(), ElementsAre(Cause::Operator));
}

// ---- signal ----

TEST_F(Causes, a_death_by_signal_is_signal_by_pm2s_own_line) {
  hears(pm2_.died(0, kA, kB, 0, "SIGTERM"));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Signal));
}

using By = Sender::Kind;

TEST_F(Causes, a_fault_is_told_by_its_number_where_nobody_tells_of_a_sender) {
  for (const int signal :
       {SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS}) {
    EXPECT_TRUE(is_fault(signal)) << signal;
  }
  kernel_says(signalled(SIGABRT));
  hears(pm2_.died(0, kA, kB, 0));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Fault));
  EXPECT_FALSE(accounts_.restarts.front().sent);
}

TEST_F(Causes, a_fault_is_known_by_pm2s_word_alone) {
  hears(pm2_.died(0, kA, kB, 0, "SIGSEGV"));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Fault));
}

TEST_F(Causes, a_fault_that_the_process_raised_is_its_own) {
  is_sent(SIGABRT, By::Itself);
  kernel_says(signalled(SIGABRT));
  hears(pm2_.died(0, kA, kB, 0));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Fault));
}

TEST_F(Causes, a_fault_that_somebody_sent_is_a_signal) {
  is_sent(SIGSEGV, By::Outside);
  kernel_says(signalled(SIGSEGV));
  hears(pm2_.died(0, kA, kB, 0));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Signal));
  EXPECT_EQ(accounts_.restarts.front().sent->sender.chain.front(), "kill");
}

TEST_F(Causes, a_fault_that_somebody_sent_and_it_raised_again_is_a_signal) {
  is_sent(SIGSEGV, By::Outside, kB - 300);
  is_sent(SIGSEGV, By::Itself, kB - 290);
  kernel_says(signalled(SIGSEGV));
  hears(pm2_.died(0, kA, kB, 0));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Signal));
}

TEST_F(Causes, a_fault_that_it_raised_when_it_was_asked_to_end_is_a_fault) {
  is_sent(SIGTERM, By::Outside, kB - 300);
  is_sent(SIGABRT, By::Itself, kB - 290);
  kernel_says(signalled(SIGABRT));
  hears(pm2_.died(0, kA, kB, 0));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Fault));
}

TEST_F(Causes, a_fault_of_the_server_behind_npm_is_a_fault) {
  kernel_says(exited(134));
  kernel_says_of_server(signalled(SIGABRT));
  hears(pm2_.died(0, kA, kB, 134));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Fault));
}

TEST_F(Causes, a_kill_by_somebody_is_no_want_of_memory) {
  is_sent(SIGKILL, By::Outside);
  kernel_says(signalled(SIGKILL), kA, true);
  hears(pm2_.died(0, kA, kB, 0));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Signal));
}

TEST_F(Causes, the_kernels_own_kill_for_want_of_memory_is_oom) {
  is_sent(SIGKILL, By::Kernel);
  kernel_says(signalled(SIGKILL), kA, true);
  hears(pm2_.died(0, kA, kB, 0));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Oom));
}

TEST_F(Causes, an_app_that_ends_well_as_somebody_asked_is_a_signal) {
  is_sent(SIGTERM, By::Outside);
  kernel_says(exited(0));
  hears_at(kB - 10, pm2_.died(0, kA, kB, 0));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Signal));
  EXPECT_TRUE(accounts_.restarts.front().sent);
}

TEST_F(Causes, an_app_that_ends_with_the_code_of_the_signal_is_a_signal) {
  is_sent(SIGTERM, By::Outside);
  kernel_says(exited(143));
  hears_at(kB - 10, pm2_.died(0, kA, kB, 143));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Signal));
}

TEST_F(Causes, an_exit_with_another_code_was_not_asked_for) {
  is_sent(SIGTERM, By::Outside);
  kernel_says(exited(1));
  hears_at(kB - 10, pm2_.died(0, kA, kB, 1));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::ExitCode));
}

TEST_F(Causes, an_exit_long_after_the_signal_was_not_asked_for) {
  is_sent(SIGTERM, By::Outside, kB - 60'000);
  kernel_says(exited(0));
  hears_at(kB - 10, pm2_.died(0, kA, kB, 0));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::ExitCode));
}

TEST_F(Causes, an_exit_that_its_own_tree_asked_for_is_an_exit) {
  is_sent(SIGTERM, By::Inside);
  kernel_says(exited(0));
  hears_at(kB - 10, pm2_.died(0, kA, kB, 0));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::ExitCode));
}

TEST_F(Causes, strayds_own_signal_to_one_that_ends_well_is_strayds) {
  is_sent(SIGTERM, By::Strayd);
  kernel_says(exited(0));
  hears_at(kB - 10, pm2_.died(0, kA, kB, 0));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Strayd));
}

TEST_F(Causes, the_first_from_outside_is_told_where_the_tree_sends_it_on) {
  is_sent(SIGTERM, By::Outside, kB - 300, kServer);
  is_sent(SIGTERM, By::Itself, kB - 100);
  kernel_says(signalled(SIGTERM));
  hears(pm2_.died(0, kA, kB, 0));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Signal));
  EXPECT_EQ(accounts_.restarts.front().sent->target, kServer);
}

TEST_F(Causes, what_hit_another_tree_has_not_ended_this_one) {
  is_sent(SIGTERM, By::Outside);
  kernel_says(exited(0), kA);
  signals_hit({.pid = 4711, .start_ticks = 1});
  hears_at(kB - 10, pm2_.died(0, kA, kB, 0));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::ExitCode));
}

TEST_F(Causes, ends_are_counted_by_how_and_the_newest_sender_is_kept) {
  is_sent(SIGTERM, By::Outside);
  kernel_says(signalled(SIGTERM));
  hears_at(kB - 10, pm2_.died(0, kA, kB, 0));
  lists(1, kB);
  const AppKey app{.home = pm2_.home, .app = "api"};
  EXPECT_THAT(accounts_.ends[app], ElementsAre(testing::Pair("SIGTERM", 1)));
  EXPECT_EQ(accounts_.senders[app].last.sender, "kill");
  EXPECT_EQ(accounts_.restarts.front().lived,
            std::chrono::milliseconds{kB - 10 - kA});
}

TEST_F(Causes, a_real_sigint_is_signal_by_the_kernels_word) {
  hears(pm2_.died(0, kA, kB, 0, "SIGINT"));
  kernel_says(signalled(SIGINT));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Signal));
}

TEST_F(Causes, a_server_that_died_by_a_signal_is_the_truth_behind_npms_code) {
  hears(pm2_.died(0, kA, kB, 137));
  kernel_says(exited(137));
  kernel_says_of_server(signalled(SIGKILL));
  port_is_taken();
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Signal));
}

TEST_F(Causes, a_code_of_another_signal_is_not_of_the_servers) {
  hears(pm2_.died(0, kA, kB, 143));
  kernel_says_of_server(signalled(SIGKILL));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::ExitCode));
}

TEST_F(Causes, a_server_that_ended_a_little_before_npm_is_still_the_truth) {
  kernel_says_of_server(signalled(SIGTERM));
  lists(0, kA);
  hears(pm2_.died(0, kA, kB, 143));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Signal));
}

TEST_F(Causes, a_server_that_its_launch_outlived_did_not_end_it) {
  kernel_says_of_server(signalled(SIGTERM));  // by tsx watch, say
  lists(0, kA);
  lists(0, kA);
  hears(pm2_.died(0, kA, kB, 1));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::ExitCode));
}

TEST_F(Causes, what_the_kernel_says_of_another_launch_is_not_of_this_one) {
  kernel_says(signalled(SIGTERM), kB);
  hears(pm2_.died(0, kA, kB, 0) + pm2_.died(1, kB, kC, 0));
  lists(2, kC);
  EXPECT_THAT(causes(), ElementsAre(Cause::Unknown, Cause::Signal));
}

// ---- oom ----

TEST_F(Causes, a_sigkill_while_the_kernel_ended_some_for_memory_is_oom) {
  hears(pm2_.died(0, kA, kB, 0, "SIGKILL"));
  kernel_says(signalled(SIGKILL), kA, true);
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Oom));
}

TEST_F(Causes, oom_is_seen_where_the_kernel_cant_say_the_signal) {
  hears(pm2_.died(0, kA, kB, 0, "SIGKILL"));
  kernel_says({.how = ExitStatus::How::Unknown}, kA, true);
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Oom));
}

TEST_F(Causes, a_server_that_the_kernel_ended_for_memory_is_oom) {
  hears(pm2_.died(0, kA, kB, 137));
  kernel_says_of_server(signalled(SIGKILL), kA, true);
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Oom));
}

TEST_F(Causes, a_sigkill_of_what_was_never_seen_may_be_oom_and_is_unknown) {
  hears(pm2_.died(0, kA, kB, 1));
  memory_lacks();
  lists(1, kB);
  hears(pm2_.died(1, kB, kC, 1) + pm2_.died(2, kC, kD, 0, "SIGKILL"));
  lists(3, kD);
  EXPECT_THAT(causes(), ElementsAre(Cause::ExitCode, Cause::Unknown));
}

TEST_F(Causes, a_sigterm_is_never_oom) {
  hears(pm2_.died(0, kA, kB, 0, "SIGTERM"));
  kernel_says(signalled(SIGTERM), kA, true);
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Signal));
}

// ---- strayd ----

TEST_F(Causes, a_signal_of_strayds_own_is_strayd) {
  signalled_.insert(kNpm);
  hears(pm2_.died(0, kA, kB, 0, "SIGTERM"));
  kernel_says(signalled(SIGTERM), kA);
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Strayd));
}

TEST_F(Causes, a_server_that_strayd_signalled_is_strayd) {
  signalled_.insert(kServer);
  hears(pm2_.died(0, kA, kB, 1));
  kernel_says_of_server(signalled(SIGKILL), kA, true);
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Strayd));
}

TEST_F(Causes, strayds_own_signal_is_seen_where_pm2_said_nothing) {
  signalled_.insert(kNpm);
  hears(pm2_.gap());
  kernel_says(signalled(SIGTERM), kA);
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Strayd));
}

TEST_F(Causes, a_signal_to_another_process_is_not_strayds) {
  signalled_.insert({.pid = kNpm.pid, .start_ticks = kNpm.start_ticks + 1});
  hears(pm2_.died(0, kA, kB, 0, "SIGTERM"));
  kernel_says(signalled(SIGTERM), kA);
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Signal));
}

// ---- port_conflict ----

TEST_F(Causes, a_death_with_a_code_while_its_port_is_taken_is_port_conflict) {
  hears(pm2_.died(0, kA, kB, 1));
  port_is_taken();
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::PortConflict));
}

TEST_F(Causes, a_port_that_an_app_only_asked_for_is_a_reason_by_its_word) {
  hears(pm2_.died(0, kA, kB, 1));
  port_that_it_asked_for_is_taken();
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::PortConflict));
  EXPECT_TRUE(accounts_.restarts.front().by_word);
  hears(pm2_.died(1, kB, kC, 1));
  port_that_it_asked_for_is_taken();
  port_is_taken();
  lists(2, kC);
  EXPECT_THAT(causes(), ElementsAre(Cause::PortConflict));
  EXPECT_FALSE(accounts_.restarts.front().by_word);
  hears(pm2_.died(2, kC, kD, 0, "SIGTERM"));
  port_that_it_asked_for_is_taken();
  lists(3, kD);
  EXPECT_THAT(causes(), ElementsAre(Cause::Signal));
  EXPECT_FALSE(accounts_.restarts.front().by_word);
}

TEST_F(Causes, a_death_by_signal_while_its_port_is_taken_is_signal) {
  hears(pm2_.died(0, kA, kB, 0, "SIGTERM"));
  port_is_taken();
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Signal));
}

TEST_F(Causes, what_it_left_on_its_port_itself_is_not_why_it_ended) {
  hears(pm2_.died(0, kA, kB, 1));
  port_is_held_by_what_is_left_of(kA);
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::ExitCode));
}

TEST_F(Causes, what_the_launch_before_left_on_the_port_is_why_it_ended) {
  hears(pm2_.died(0, kA, kB, 1));
  lists(1, kB);
  hears(pm2_.died(1, kB, kC, 1));
  port_is_held_by_what_is_left_of(kA);
  lists(2, kC);
  EXPECT_THAT(causes(), ElementsAre(Cause::PortConflict));
}

// With restart_delay PM2's count rises when the port may long be free.
TEST_F(Causes, a_conflict_of_the_end_is_kept_until_the_count_rises) {
  hears(pm2_.died(0, kA, 1));
  port_is_taken();
  lists(0, kA, Pm2Status::WaitingRestart);
  lists(0, kA, Pm2Status::WaitingRestart);
  hears(pm2_.online(1, kB));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::PortConflict));
}

TEST_F(Causes, a_conflict_after_the_end_is_not_why_it_ended) {
  hears(pm2_.died(0, kA, 1));
  lists(0, kA, Pm2Status::WaitingRestart);
  port_is_taken();
  lists(0, kA, Pm2Status::WaitingRestart);
  hears(pm2_.online(1, kB));
  port_is_taken();
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::ExitCode));
}

// ---- unknown ----

TEST_F(Causes, a_restart_that_nobody_spoke_of_is_unknown) {
  hears_only({});
  lists(2, kC);
  EXPECT_THAT(causes(), ElementsAre(Cause::Unknown, Cause::Unknown));
}

TEST_F(Causes, what_a_gap_halved_is_unknown) {
  hears(pm2_.died(0, kA, 1) + pm2_.gap() + pm2_.online(1, kB));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Unknown));
}

TEST_F(Causes, what_was_heard_whole_before_a_gap_stays_known) {
  hears(pm2_.died(0, kA, kB, 1) + pm2_.gap());
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::ExitCode));
}

TEST_F(Causes, a_launch_behind_a_gap_is_not_taken_for_a_reload) {
  hears(pm2_.gap() + pm2_.online(1, kB));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Unknown));
}

TEST_F(Causes, a_change_that_may_have_fallen_into_a_gap_leaves_it_unknown) {
  hears(pm2_.gap() + pm2_.restarted(0, kA, kB));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Unknown));
}

TEST_F(Causes, an_action_behind_a_gap_is_still_the_operators) {
  hears(pm2_.gap() + pm2_.pm2_restart(0, kA, kB));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Operator));
}

TEST_F(Causes, a_list_that_is_ahead_of_the_events_is_not_guessed_at) {
  hears_only({});
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Unknown));
  hears(pm2_.died(0, kA, kB, 1));
  lists(1, kB);
  EXPECT_THAT(causes(), IsEmpty());
}

TEST_F(Causes, an_end_without_its_launch_is_not_settled_by_a_list_ahead) {
  hears_only(pm2_.ended(0, kA));  // a stop; then started, and died
  lists(1, kC);
  EXPECT_THAT(causes(), ElementsAre(Cause::Unknown));
}

// It raised its count and gave up: "could not be stopped".
TEST_F(Causes, a_process_that_pm2_could_not_end_is_unknown) {
  hears(pm2_.exit(Pm2Status::Stopped, 0, kA));
  lists(1, kA, Pm2Status::Errored);
  EXPECT_THAT(causes(), ElementsAre(Cause::Unknown));
}

// PM2_LOG_DATE_FORMAT="" in its environment.
TEST_F(Causes, a_pm2_that_writes_no_log_lines_leaves_all_but_actions_unknown) {
  hears(pm2_.exit(Pm2Status::Stopping, 0, kA) +
        pm2_.exit(Pm2Status::Stopped, 0, kA) + pm2_.online(1, kB));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Unknown));
  hears(pm2_.online(2, kC));
  lists(2, kC);
  EXPECT_THAT(causes(), ElementsAre(Cause::Unknown));
  hears(pm2_.exit(Pm2Status::Stopping, 2, kC) +
        pm2_.exit(Pm2Status::Stopped, 2, kC) + pm2_.online(3, kD) +
        pm2_.action(3, kD));
  lists(3, kD);
  EXPECT_THAT(causes(), ElementsAre(Cause::Operator));
}

// ---- whose it is ----

TEST_F(Causes, instances_of_one_start_are_told_apart_by_their_pm_id) {
  const Speaker other{.pm_id = 1};
  lists(0, kA, Pm2Status::Online, {instance(other, 0, kA)});
  hears(pm2_.died(0, kA, kB, 1) + other.died(0, kA, kB, 0, "SIGKILL"));
  lists(1, kB, Pm2Status::Online, {instance(other, 1, kB)});
  EXPECT_THAT(causes(), ElementsAre(Cause::Signal, Cause::ExitCode));
}

TEST_F(Causes, a_reused_pm_id_inherits_nothing) {
  const Speaker next{.name = "web", .unique_id = "u-9"};
  hears(pm2_.ended(0, kA));
  scan(Pm2Answer{.instances = {instance(next, 0, kB)}});
  hears(next.died(0, kB, kC, 1));
  scan(Pm2Answer{.instances = {instance(next, 1, kC)}});
  EXPECT_THAT(causes(), ElementsAre(Cause::ExitCode));
}

TEST_F(Causes, a_new_app_is_explained_from_its_first_launch_on) {
  const Speaker web{.name = "web", .pm_id = 1, .unique_id = "u-9"};
  hears(web.pm2_start(0, kA) + web.died(0, kA, kB, 1));
  lists(0, kA, Pm2Status::Online, {instance(web, 1, kB)});
  EXPECT_THAT(causes(), ElementsAre(Cause::ExitCode));
}

TEST_F(Causes, a_new_app_is_remembered_until_a_list_shows_it) {
  const Speaker web{.name = "web", .pm_id = 1, .unique_id = "u-9"};
  hears(web.pm2_start(0, kA) + web.died(0, kA, kB, 1));
  lists(0, kA);
  lists(0, kA, Pm2Status::Online, {instance(web, 1, kB)});
  EXPECT_THAT(causes(), ElementsAre(Cause::ExitCode));
}

TEST_F(Causes, what_is_not_listed_is_forgotten) {
  const Speaker web{.name = "web", .pm_id = 1, .unique_id = "u-9"};
  hears(web.pm2_start(0, kA) + web.pm2_stop(0, kA));  // and deleted
  lists(0, kA);
  lists(0, kA);
  EXPECT_EQ(accounts_.trails.instances.size(), 1U);
}

TEST_F(Causes, what_died_before_a_reset_does_not_explain_what_came_after) {
  hears(pm2_.died(0, kA, kB, 1));
  lists(0, kA);
  hears(pm2_.gap());
  lists(0, kB);
  lists(1, kC);
  EXPECT_THAT(causes(), ElementsAre(Cause::Unknown));
}

TEST_F(Causes, after_a_reset_names_begin_anew) {
  hears(pm2_.pm2_restart(0, kA, kB));
  lists(1, kB);
  hears(pm2_.died(0, kB, kC, 1));
  lists(1, kC);  // reset, and died: the count is what it was
  EXPECT_THAT(causes(), IsEmpty());
  hears(pm2_.died(0, kC, kD, 0, "SIGKILL"));
  lists(0, kC);
  lists(1, kD);
  EXPECT_THAT(causes(), ElementsAre(Cause::Signal));
}

// ---- missed ----

TEST_F(Causes, what_came_while_strayd_was_away_is_missed) {
  strayd_restarts();
  hears(pm2_.gap());
  lists(3, kD);
  EXPECT_THAT(causes(),
              ElementsAre(Cause::Missed, Cause::Missed, Cause::Missed));
}

TEST_F(Causes, what_came_before_strayd_was_let_into_the_bus_is_missed) {
  strayd_restarts();
  lists(0, kA);
  hears(pm2_.gap());
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Missed));
}

TEST_F(Causes, what_follows_once_the_bus_is_followed_is_not_missed) {
  strayd_restarts();
  lists(0, kA);
  hears(pm2_.gap());
  lists(0, kA);
  lists(0, kA);
  hears_only({});
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Unknown));
}

TEST_F(Causes, what_no_bus_tells_of_is_missed_for_a_minute_only) {
  strayd_restarts();
  std::int64_t restarts = 0;
  for (int scan = 0; scan < 8; ++scan) {
    hears_only({});
    lists(restarts, kA + restarts);
    ++restarts;
  }
  EXPECT_THAT(causes(), ElementsAre(Cause::Unknown));
  const auto& counts = accounts_.ledger.apps.begin()->second.restarts;
  EXPECT_EQ(counts.at(Cause::Missed), 6U);
}

TEST_F(Causes, what_came_in_a_long_silence_is_missed) {
  now_ += std::chrono::minutes{10};
  hears(pm2_.gap());
  lists(2, kC);
  EXPECT_THAT(causes(), ElementsAre(Cause::Missed, Cause::Missed));
}

TEST_F(Causes, what_is_asked_for_is_the_operators_also_if_nobody_saw_it_live) {
  strayd_restarts();
  lists(0, kA);
  hears(pm2_.gap() + pm2_.action(1, kB));
  lists(1, kB);
  EXPECT_THAT(causes(), ElementsAre(Cause::Operator));
}

TEST_F(Causes, an_action_that_does_not_follow_the_list_explains_nothing) {
  strayd_restarts();
  lists(0, kA);
  hears(pm2_.gap() + pm2_.action(2, kC));
  lists(2, kC);
  EXPECT_THAT(causes(), ElementsAre(Cause::Missed, Cause::Missed));
}

TEST_F(Causes, a_restart_is_told_with_the_launch_that_it_ended) {
  hears(pm2_.died(0, kA, kB, 1));
  lists(1, kB);
  EXPECT_THAT(
      accounts_.restarts,
      ElementsAre(Restart{
          .app = {.home = pm2_.home, .app = "api"},
          .instance = {.home = pm2_.home, .unique_id = "u-1", .pm_id = 0},
          .restart_time = 1,
          .cause = Cause::ExitCode,
          .how = exited(1),
          .pm_uptime_ms = kA}));
}

TEST_F(Causes, a_restart_is_told_with_the_signal_that_ended_it) {
  hears(pm2_.died(0, kA, kB, 0, "SIGTERM"));
  lists(1, kB);
  ASSERT_THAT(accounts_.restarts, SizeIs(1));
  EXPECT_EQ(accounts_.restarts[0].how,
            (ExitStatus{.how = ExitStatus::How::Signalled, .value = SIGTERM}));
}

// ---- whatever comes ----

TEST_F(Causes, an_absurd_count_is_counted_and_told_within_bounds) {
  constexpr std::int64_t kAbsurd = std::int64_t{1} << 52;
  lists(kAbsurd, kB);
  EXPECT_EQ(accounts_.restarts.size(),
            static_cast<std::size_t>(kMostExplained));
  const AppAccount& account =
      accounts_.ledger.apps.at({.home = pm2_.home, .app = "api"});
  EXPECT_EQ(account.restarts.at(Cause::Unknown),
            static_cast<std::uint64_t>(kAbsurd));
}

TEST_F(Causes, endless_events_are_remembered_within_bounds) {
  Said said;
  for (std::int64_t i = 0; i < 3000; ++i) {
    const Speaker stranger{.pm_id = i, .unique_id = "u-x"};
    said = std::move(said) + pm2_.died(i, kA + i, 1) + stranger.online(0, kA);
  }
  for (int i = 0; i < 5; ++i) hears(said);
  lists(0, kA);
  lists(0, kA);
  EXPECT_EQ(accounts_.trails.instances.size(), 1U);
  const Trail& trail = accounts_.trails.instances.begin()->second;
  EXPECT_LE(trail.endings.size(), 1000U);
}

}  // namespace
}  // namespace strayd
