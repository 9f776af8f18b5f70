#include "strayd/core/app_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/world.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using ::testing::IsEmpty;
using testing::kHome;
using ::testing::SizeIs;
using testing::World;

std::vector<AppFacts> facts_of(const World& world) {
  return app_facts(world.snapshot, world.pm2, world.policy);
}

World with_one_app() {
  World world;
  world.god(10);
  world.process(20, 10, seconds{100}, {"npm run dev"});
  world.server(21, 20);
  world.server(30, 1);
  world.answers(10, {World::instance(20, seconds{100})});
  return world;
}

TEST(AppFacts, name_the_instances_and_the_whole_tree_of_an_app) {
  World world = with_one_app();
  const std::vector<AppFacts> facts = facts_of(world);
  ASSERT_THAT(facts, SizeIs(1));
  EXPECT_EQ(facts[0].app, (AppKey{.home = kHome, .app = "api"}));
  EXPECT_THAT(facts[0].processes,
              ::testing::ElementsAre(world.find(20).id, world.find(21).id));
  ASSERT_THAT(facts[0].instances, SizeIs(1));
  const auto& [key, launch] = *facts[0].instances.begin();
  EXPECT_EQ(key, (InstanceKey{.home = kHome, .unique_id = "u-1", .pm_id = 0}));
  EXPECT_EQ(launch.status, Pm2Status::Online);
  EXPECT_EQ(launch.pm_uptime_ms, testing::unix_ms_at(seconds{100}));
  EXPECT_THAT(facts[0].ports, IsEmpty());
}

TEST(AppFacts, put_all_instances_of_an_app_together) {
  World world = with_one_app();
  world.server(40, 10);
  Pm2Instance second = World::instance(40, seconds{100});
  second.pm_id = 1;
  world.answers(10, {World::instance(20, seconds{100}), second});
  const std::vector<AppFacts> facts = facts_of(world);
  ASSERT_THAT(facts, SizeIs(1));
  EXPECT_THAT(facts[0].instances, SizeIs(2));
  EXPECT_THAT(facts[0].processes, SizeIs(3));
}

TEST(AppFacts, give_an_app_no_stranger_under_a_reused_pid) {
  World world = with_one_app();
  world.find(20).parent = 1;
  world.answers(10, {World::instance(20, seconds{5'000})});
  ASSERT_THAT(facts_of(world), SizeIs(1));
  EXPECT_THAT(facts_of(world)[0].processes, IsEmpty());
}

TEST(AppFacts, say_nothing_of_a_home_that_is_quiet) {
  World world = with_one_app();
  world.is_quiet(Pm2Quiet::Silent);
  EXPECT_THAT(facts_of(world), IsEmpty());
}

}  // namespace
}  // namespace strayd
