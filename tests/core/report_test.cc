// How counters rise with a report, and how a process is shown in it.
#include "strayd/core/report.h"

#include <gtest/gtest.h>

#include "support/world.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using testing::World;

TEST(Account, a_kill_is_counted_when_its_exit_was_seen) {
  Report report;
  report.reaped = {{.rule = "r", .outcome = Outcome::Killed},
                   {.rule = "r",
                    .outcome = Outcome::Failed,
                    .failure = FailureWhy::Survived},
                   {.rule = "r", .outcome = Outcome::Gone}};
  const Totals totals = account({}, report);
  EXPECT_EQ(totals.killed.size(), 1U);
  EXPECT_EQ(totals.failures.at({"r", FailureWhy::Survived}), 1U);
}

TEST(Account, a_harm_is_counted_when_it_is_found) {
  Report report;
  report.harms.resize(3);
  report.new_harms = 2;
  report.new_coincidences = 3;
  EXPECT_EQ(account({}, report).harmful, 2U);
  EXPECT_EQ(account({}, report).followed, 3U);
}

TEST(Account, an_orphan_that_came_back_is_counted_when_it_is_new) {
  Report report;
  report.returned[{.pid = 100}] = {.rule = "a", .times = 7, .is_new = true};
  report.returned[{.pid = 101}] = {.rule = "a", .times = 1, .is_new = true};
  report.returned[{.pid = 102}] = {.rule = "b", .times = 1, .is_new = false};
  const std::map<std::string, std::uint64_t> once{{"a", 2}};
  EXPECT_EQ(account({}, report).returned, once);
}

TEST(Account, a_histogram_counts_in_the_bucket_whose_bound_is_not_passed) {
  Histogram histogram = Histogram::with({1, 5});
  histogram.observe(1);
  histogram.observe(2);
  histogram.observe(9);
  EXPECT_EQ(histogram.counts, (std::vector<std::uint64_t>{1, 1, 1}));
  EXPECT_DOUBLE_EQ(histogram.sum, 12);
}

TEST(Shown, a_process_is_shown_without_its_arguments) {
  World world;
  const Process& process = world.process(10,
                                         1,
                                         seconds{100},
                                         {"node",
                                          "--import",
                                          "/x/loader.mjs",
                                          "/srv/server.ts",
                                          "--token=secret"});
  const Shown shown = show(process, testing::kNow);
  EXPECT_EQ(shown.program, "node");
  EXPECT_EQ(shown.script, "server.ts");
  EXPECT_EQ(shown.age, testing::kNow - seconds{100});
}

}  // namespace
}  // namespace strayd
