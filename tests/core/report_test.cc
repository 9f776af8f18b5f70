// What a report says of apps, and how counters rise with it.
#include "strayd/core/report.h"

#include <gtest/gtest.h>

#include "support/world.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using testing::World;

World with_watched_app(bool server_lives) {
  World world;
  world.god(5);
  world.process(10, 5, seconds{100}, {"npm run dev"});
  world.process(11,
                10,
                seconds{101},
                {"sh", "-c", "tsx watch src/server.ts"},
                "/usr/bin/dash");
  world.process(
      12, 11, seconds{102}, {"node", "/x/.bin/tsx", "watch", "src/server.ts"});
  if (server_lives) world.server(13, 12, seconds{110});
  world.answers(5, {World::instance(10, seconds{100})});
  return world;
}

const Backend& backend_of(const std::vector<AppReport>& apps) {
  return *apps.front().instances.front().backend;
}

TEST(Apps, the_backend_is_the_process_at_the_end_of_the_chain) {
  const World world = with_watched_app(true);
  const auto apps = describe_apps(world.snapshot, world.pm2, world.policy);
  EXPECT_EQ(backend_of(apps).id->pid, 13);
  EXPECT_EQ(backend_of(apps).start_unix_ms, testing::unix_ms_at(seconds{110}));
}

TEST(Apps, a_watcher_without_its_server_is_no_backend) {
  const World world = with_watched_app(false);
  const auto apps = describe_apps(world.snapshot, world.pm2, world.policy);
  EXPECT_FALSE(backend_of(apps).id);
}

TEST(Apps, where_no_rule_matches_the_listed_process_is_the_backend) {
  World world;
  world.god(5);
  world.process(10, 5, seconds{100}, {"node", "plain.js"});
  world.answers(5, {World::instance(10, seconds{100})});
  const auto apps = describe_apps(world.snapshot, world.pm2, world.policy);
  EXPECT_EQ(backend_of(apps).id->pid, 10);
}

TEST(Apps, a_stopped_instance_has_no_backend) {
  World world;
  world.god(5);
  Pm2Instance stopped = World::instance(10, seconds{100});
  stopped.pid.reset();
  world.answers(5, {stopped});
  const auto apps = describe_apps(world.snapshot, world.pm2, world.policy);
  EXPECT_FALSE(backend_of(apps).id);
}

TEST(Apps, slots_count_from_zero_by_pm_id) {
  World world;
  world.god(5);
  Pm2Instance second = World::instance(20, seconds{100});
  second.pm_id = 7;
  Pm2Instance first = World::instance(10, seconds{100});
  first.pm_id = 3;
  world.answers(5, {second, first});
  const auto apps = describe_apps(world.snapshot, world.pm2, world.policy);
  EXPECT_EQ(apps.front().instances[0].pm2.pm_id, 3);
  EXPECT_EQ(apps.front().instances[1].slot, 1);
}

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
  EXPECT_EQ(account({}, report).harmful, 2U);
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
