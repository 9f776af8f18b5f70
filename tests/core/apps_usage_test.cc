// What the trees of an app use.
#include <gtest/gtest.h>

#include "support/app_world.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using testing::AppWorld;
using testing::World;

const AppUsage& usage(const AppsPicture& picture) {
  return *picture.apps.front().usage;
}

TEST(Usage, is_that_of_all_trees_of_all_instances) {
  AppWorld world = AppWorld::with_watched_app();
  world.process(20, 5, seconds{100}, {"node", "second.js"});
  Pm2Instance second = World::instance(20, seconds{100});
  second.pm_id = 1;
  world.answers(5, {World::instance(10, seconds{100}), second});
  for (const pid_t pid : {10, 13, 20}) world.find(pid).resident_bytes = 100;
  EXPECT_EQ(usage(world.look()).processes, 5U);
  EXPECT_EQ(usage(world.look()).resident_bytes, 300U);
}

TEST(Usage, memory_is_the_fair_share_where_that_is_known) {
  AppWorld world = AppWorld::with_watched_app();
  world.find(12).resident_bytes = 100;
  world.find(13).resident_bytes = 100;
  world.find(13).pss_bytes = 40;
  EXPECT_EQ(usage(world.look()).resident_bytes, 140U);
}

TEST(Usage, a_zombie_is_no_process_and_is_told) {
  AppWorld world = AppWorld::with_watched_app();
  world.find(13).state = 'Z';
  const AppsPicture picture = world.look();
  EXPECT_EQ(usage(picture).processes, 3U);
  EXPECT_EQ(usage(picture).zombies, 1U);
}

TEST(Usage, of_a_stopped_app_is_nothing) {
  AppWorld world;
  world.god(5);
  Pm2Instance stopped = World::instance(10, seconds{100});
  stopped.pid.reset();
  world.answers(5, {stopped});
  EXPECT_EQ(usage(world.look()).processes, 0U);
}

// --- cpu

TEST(UsageCpu, begins_at_zero_whatever_was_spent_before_the_first_look) {
  AppWorld world = AppWorld::with_watched_app();
  world.find(13).cpu = seconds{500};
  EXPECT_EQ(usage(world.look()).cpu, seconds{0});
  world.find(13).cpu = seconds{507};
  world.find(12).cpu = seconds{1};
  EXPECT_EQ(usage(world.look()).cpu, seconds{8});
}

TEST(UsageCpu, what_was_born_since_counts_whole) {
  AppWorld world = AppWorld::with_watched_app();
  world.look();
  world.server(14, 12, testing::kNow + seconds{7}).cpu = seconds{3};
  EXPECT_EQ(usage(world.look()).cpu, seconds{3});
}

TEST(UsageCpu, what_is_older_than_its_place_in_the_tree_counts_from_now_on) {
  AppWorld world = AppWorld::with_watched_app();
  world.look();
  world.process(14, 13, seconds{150}, {"node", "adopted.js"}).cpu =
      seconds{1000};
  EXPECT_EQ(usage(world.look()).cpu, seconds{0});
  world.find(14).cpu = seconds{1002};
  EXPECT_EQ(usage(world.look()).cpu, seconds{2});
}

TEST(UsageCpu, never_goes_down_when_processes_end) {
  AppWorld world = AppWorld::with_watched_app();
  world.find(13).cpu = seconds{1};
  world.look();
  world.find(13).cpu = seconds{9};
  world.look();
  world.end(13);
  EXPECT_EQ(usage(world.look()).cpu, seconds{8});
}

TEST(UsageCpu, a_reused_pid_takes_nothing_away) {
  AppWorld world = AppWorld::with_watched_app();
  world.find(13).cpu = seconds{1};
  world.look();
  world.find(13).cpu = seconds{9};
  world.look();
  world.end(13);
  world.server(13, 12, testing::kNow + seconds{11}).cpu = seconds{2};
  EXPECT_EQ(usage(world.look()).cpu, seconds{10});
}

TEST(UsageCpu, goes_on_after_a_silence_of_pm2) {
  AppWorld world = AppWorld::with_watched_app();
  world.look();
  world.is_quiet(Pm2Quiet::Silent);
  world.find(13).cpu = seconds{4};
  EXPECT_TRUE(world.look().apps.empty());
  world.server(14, 12, testing::kNow + seconds{7}).cpu = seconds{2};
  world.answers(5, {World::instance(10, seconds{100})});
  EXPECT_EQ(usage(world.look()).cpu, seconds{6});
}

TEST(UsageCpu, goes_on_after_a_scan_in_which_the_tree_was_not_known) {
  AppWorld world = AppWorld::with_watched_app();
  world.look();
  world.find(10).parent = 1;
  world.answers(5, {World::instance(10, seconds{90})});
  EXPECT_FALSE(world.look().apps.front().usage);
  world.find(13).cpu = seconds{4};
  world.find(10).parent = 5;
  world.answers(5, {World::instance(10, seconds{100})});
  EXPECT_EQ(usage(world.look()).cpu, seconds{4});
}

TEST(UsageCpu, survives_the_empty_list_of_a_daemon_that_resurrects) {
  AppWorld world = AppWorld::with_watched_app();
  world.look();
  world.find(13).cpu = seconds{4};
  world.look();
  world.answers(5, {});
  world.look();
  world.answers(5, {World::instance(10, seconds{100})});
  EXPECT_EQ(usage(world.look()).cpu, seconds{4});
}

TEST(UsageCpu, an_app_that_was_deleted_is_forgotten) {
  AppWorld world = AppWorld::with_watched_app();
  world.process(30, 5, seconds{100}, {"node", "other.js"});
  world.look();
  world.answers(5, {AppWorld::app("other", 30)});
  EXPECT_EQ(world.look().memory.apps.size(), 1U);
}

}  // namespace
}  // namespace strayd
