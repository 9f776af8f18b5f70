#include <fcntl.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/report/render.h"
#include "strayd/report/version.h"

#include "support/promtool.h"
#include "support/sample_report.h"

namespace strayd {
namespace {

using testing::HasSubstr;
using testing::Not;

const SelfUsage kSelf{.cpu_seconds = 1.5,
                      .open_fds = 12,
                      .max_fds = 1024,
                      .virtual_memory_bytes = 20'000'000,
                      .resident_memory_bytes = 8'000'000,
                      .start_time_seconds = 1'738'320'000.25,
                      .threads = 5};

std::string page(const Report& report) {
  return metrics_text(report, kSelf);
}

std::string golden_file() {
  return std::string(GOLDEN_DIRECTORY) + "/metrics.txt";
}

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The build's own version is no part of the golden page.
std::string without_build(std::string page) {
  const std::string build = "version=\"" + std::string(version()) + "\"";
  const std::string commit = "revision=\"" + std::string(revision()) + "\"";
  if (const auto at = page.find(build); at != std::string::npos) {
    page.replace(at, build.size(), "version=\"VERSION\"");
  }
  if (const auto at = page.find(commit); at != std::string::npos) {
    page.replace(at, commit.size(), "revision=\"REVISION\"");
  }
  return page;
}

// STRAYD_WRITE_GOLDEN=1 accepts the page as it is; read the diff before you
// commit it: dashboards and alerts rest on these names.
TEST(Metrics, the_whole_page_is_as_agreed) {
  const std::string actual = without_build(page(sample::rich_report()));
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread runs here
  if (std::getenv("STRAYD_WRITE_GOLDEN") != nullptr) {
    std::ofstream(golden_file(), std::ios::binary) << actual;
  }
  EXPECT_EQ(actual, content(golden_file()));
}

TEST(Metrics, promtool_objects_to_one_agreed_name_and_nothing_else) {
  const auto opinion = test::check_metrics(page(sample::rich_report()));
  if (!opinion) GTEST_SKIP() << "promtool is not installed";
  EXPECT_EQ(opinion->status, test::kKnownStatus);
  EXPECT_EQ(opinion->said, test::kKnownObjection);
}

TEST(Metrics, a_report_before_the_first_scan_invents_nothing) {
  const std::string text = page(Report{.rules = {"tsx-server"}});
  EXPECT_THAT(text, Not(HasSubstr("strayd_processes ")));
  EXPECT_THAT(text, Not(HasSubstr("strayd_candidates")));
  EXPECT_THAT(text, Not(HasSubstr("strayd_zombies")));
  EXPECT_THAT(text, Not(HasSubstr("strayd_last_scan_timestamp_seconds")));
  EXPECT_THAT(text, Not(HasSubstr("strayd_pm2_")));
  EXPECT_THAT(text, Not(HasSubstr("success_timestamp")));
  EXPECT_THAT(text, HasSubstr("strayd_scans_total 0\n"));
}

TEST(Metrics, a_failed_scan_says_nothing_of_processes) {
  Report report = sample::quiet_report();
  report.failure = Error{.fault = Fault::Denied, .what = "open /proc"};
  const std::string text = page(report);
  EXPECT_THAT(text, Not(HasSubstr("strayd_processes ")));
  EXPECT_THAT(text, Not(HasSubstr("strayd_candidates")));
  EXPECT_THAT(text, HasSubstr("strayd_scans_total 1\n"));
}

TEST(Metrics, a_failed_scan_leaves_the_time_of_the_last_good_one) {
  Report report = sample::quiet_report();
  report.finished_unix_ms = sample::kNoon + 60'000;
  report.failure = Error{.fault = Fault::Denied, .what = "open /proc"};
  report.totals = account(std::move(report.totals), report);
  EXPECT_THAT(page(report),
              HasSubstr("strayd_last_scan_timestamp_seconds 1738324800\n"));
  report.failure.reset();
  report.totals = account(std::move(report.totals), report);
  EXPECT_THAT(page(report),
              HasSubstr("strayd_last_scan_timestamp_seconds 1738324860\n"));
}

TEST(Metrics, a_tree_that_somebody_keeps_counts_once) {
  Report report = sample::quiet_report();
  Verdict top = sample::verdict(4711, Standing::Held, Why::ComesBack);
  Verdict below = sample::verdict(4712, Standing::Held, Why::ComesBack);
  below.chain = {top.id, sample::id(1)};
  report.verdicts.insert(
      report.verdicts.end(),
      {top, below, sample::verdict(4713, Standing::Held, Why::OnlyCopy)});
  EXPECT_THAT(page(report),
              HasSubstr("strayd_orphans_kept{rule=\"tsx-server\"} 1\n"));
}

TEST(Metrics, every_known_combination_is_there_at_zero) {
  const std::string text = page(sample::quiet_report());
  EXPECT_THAT(text,
              HasSubstr("strayd_candidates{rule=\"tsx-server\","
                        "verdict=\"stray\"} 0\n"));
  EXPECT_THAT(text,
              HasSubstr("strayd_orphans_detected_total{rule=\"tsx-server\","
                        "kind=\"leftover\"} 0\n"));
  EXPECT_THAT(text,
              HasSubstr("strayd_orphans_killed_total{rule=\"tsx-server\","
                        "kind=\"stray\",signal=\"SIGKILL\"} 0\n"));
  EXPECT_THAT(text,
              HasSubstr("strayd_orphan_kill_failures_total{"
                        "rule=\"tsx-server\",reason=\"survived\"} 0\n"));
  EXPECT_THAT(text,
              HasSubstr("strayd_kills_withheld_total{rule=\"tsx-server\","
                        "reason=\"disarmed\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("strayd_kills_harmful_total 0\n"));
  EXPECT_THAT(text, HasSubstr("strayd_kills_followed_by_restart_total 0\n"));
  EXPECT_THAT(
      text,
      HasSubstr("strayd_orphans_returned_total{rule=\"tsx-server\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("strayd_orphans_kept{rule=\"tsx-server\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("strayd_zombies{rule=\"tsx-server\"} 0\n"));
  EXPECT_THAT(text,
              HasSubstr("strayd_scan_errors_total{reason=\"timed_out\"} 0\n"));
  EXPECT_THAT(text,
              HasSubstr("strayd_pm2_app_restarts_total{"
                        "pm2_home=\"/root/.pm2\",app=\"shop\","
                        "cause=\"port_conflict\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("app=\"shop\",status=\"waiting restart\"} 0\n"));
}

// account() is what fills the reasons; a word that it has and the page has not
// at zero would appear out of nowhere.
TEST(Metrics, every_reason_that_a_scan_fails_for_is_there_at_zero) {
  const std::string before = page(Report{});
  for (const Fault fault : {Fault::NotFound,
                            Fault::Denied,
                            Fault::Malformed,
                            Fault::Unreachable,
                            Fault::TimedOut,
                            Fault::Exhausted,
                            Fault::Io}) {
    const Totals after =
        account({}, {.failure = Error{.fault = fault, .what = "x"}});
    ASSERT_EQ(after.scan_errors.size(), 1U);
    EXPECT_THAT(before,
                HasSubstr("strayd_scan_errors_total{reason=\"" +
                          after.scan_errors.begin()->first + "\"} 0\n"));
  }
}

TEST(Metrics, a_silent_home_is_down_and_its_apps_are_absent) {
  Report report = sample::quiet_report();
  report.pm2 = {
      sample::quiet(sample::kHome, Pm2Quiet::Silent, "no answer in 2 s")};
  const std::string text = page(report);
  EXPECT_THAT(text, HasSubstr("strayd_pm2_up{pm2_home=\"/root/.pm2\"} 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("strayd_pm2_daemons")));
  EXPECT_THAT(text, Not(HasSubstr("strayd_pm2_app_instances")));
  EXPECT_THAT(text, Not(HasSubstr("strayd_backend_up")));
  // strayd's own count stays: a counter that comes and goes loses rises.
  EXPECT_THAT(text, HasSubstr("cause=\"exit_code\"} 3\n"));
}

TEST(Metrics, every_daemon_of_a_home_counts_though_none_is_believed) {
  Report report = sample::quiet_report();
  report.pm2 = {sample::quiet(sample::kHome, Pm2Quiet::Silent, "2 daemons")};
  report.pm2.front().daemons = 2;
  EXPECT_THAT(page(report),
              HasSubstr("strayd_pm2_daemons{pm2_home=\"/root/.pm2\"} 2\n"));
  report.pm2.front().daemons = 1;
  EXPECT_THAT(page(report),
              HasSubstr("strayd_pm2_daemons{pm2_home=\"/root/.pm2\"} 1\n"));
}

TEST(Metrics, two_answers_that_contradict_leave_the_number_of_daemons_open) {
  Report report = sample::quiet_report();
  EXPECT_THAT(page(report),
              HasSubstr("strayd_pm2_daemons{pm2_home=\"/root/.pm2\"} 1\n"));
  report.verdicts.front().reason.why = Why::Pm2Contradicts;
  EXPECT_THAT(page(report), Not(HasSubstr("strayd_pm2_daemons")));
}

TEST(Metrics, an_unknown_backend_is_absent_and_a_missing_one_is_down) {
  Report report = sample::quiet_report();
  InstanceReport& instance = report.apps.front().instances.front();
  EXPECT_THAT(page(report), HasSubstr("slot=\"0\"} 1\n"));
  instance.backend = Backend{};
  EXPECT_THAT(page(report),
              HasSubstr("strayd_backend_up{pm2_home=\"/root/.pm2\","
                        "app=\"shop\",slot=\"0\"} 0\n"));
  instance.backend.reset();
  EXPECT_THAT(page(report), Not(HasSubstr("strayd_backend_up")));
}

TEST(Metrics, what_is_not_known_of_an_app_is_absent) {
  const std::string text = page(sample::quiet_report());
  EXPECT_THAT(text, Not(HasSubstr("strayd_app_")));
  EXPECT_THAT(text, Not(HasSubstr("strayd_backend_listeners")));
  EXPECT_THAT(text, Not(HasSubstr("strayd_backend_connections")));
}

TEST(Metrics, a_far_end_without_a_connection_has_neither_age_nor_freshness) {
  Report report = sample::quiet_report();
  report.apps.front().remotes = {{.remote = "exchange"}};
  const std::string text = page(report);
  EXPECT_THAT(text,
              HasSubstr("strayd_backend_connections{pm2_home=\"/root/.pm2\","
                        "app=\"shop\",remote=\"exchange\","
                        "owner=\"managed\"} 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("strayd_backend_connection_age_seconds")));
  EXPECT_THAT(text, Not(HasSubstr("strayd_backend_last_receive_seconds")));
}

TEST(Metrics, replacements_stay_while_their_pm2_is_silent) {
  Report report = sample::rich_report();
  report.pm2.front() = sample::quiet(sample::kHome, Pm2Quiet::Silent, "");
  const std::string text = page(report);
  EXPECT_THAT(text,
              HasSubstr("strayd_backend_restarts_total{"
                        "pm2_home=\"/root/.pm2\",app=\"shop\","
                        "slot=\"0\"} 5\n"));
  EXPECT_THAT(text, Not(HasSubstr("strayd_backend_listeners")));
  EXPECT_THAT(text, Not(HasSubstr("strayd_app_processes")));
}

TEST(Metrics, an_environment_value_never_becomes_the_exec_mode) {
  Report report = sample::quiet_report();
  report.apps.front().instances.front().pm2.exec_mode = "hunter2";
  const std::string text = page(report);
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_THAT(text, HasSubstr("exec_mode=\"unknown\""));
}

TEST(Metrics, what_could_not_be_read_of_strayd_is_absent) {
  const std::string text = metrics_text(sample::quiet_report(), SelfUsage{});
  EXPECT_THAT(text, Not(HasSubstr("process_cpu")));
  EXPECT_THAT(text, Not(HasSubstr("process_open_fds")));
}

TEST(Metrics, histograms_cumulate_their_buckets) {
  const std::string text = page(sample::rich_report());
  EXPECT_THAT(text,
              HasSubstr("strayd_reap_duration_seconds_bucket{le=\"1\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("strayd_reap_duration_seconds_bucket{le=\"10\"} 1\n"));
  EXPECT_THAT(
      text, HasSubstr("strayd_reap_duration_seconds_bucket{le=\"+Inf\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("strayd_reap_duration_seconds_count 2\n"));
}

}  // namespace
}  // namespace strayd
