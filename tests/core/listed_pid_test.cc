// Which process is the one that PM2 lists.
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "strayd/core/app_facts.h"

#include "core/expect.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using testing::expect;
using testing::World;

TEST(ListedPid, of_a_child_of_the_daemon_is_right_whatever_the_clock_says) {
  for (const seconds launched : {seconds{70}, seconds{130}, seconds{9000}}) {
    World world;
    world.god(5);
    world.server(10, 5, seconds{100});
    world.answers(5, {World::instance(10, launched)});
    expect(world, 10, Standing::Managed, Why::ListedByPm2);
    const auto facts = app_facts(world.snapshot, world.pm2, world.policy);
    EXPECT_EQ(facts.at(0).processes, std::set{world.find(10).id});
  }
}

TEST(ListedPid, of_a_child_of_the_daemon_needs_no_launch_time) {
  World world;
  world.god(5);
  world.server(10, 5, seconds{100});
  Pm2Instance listed = World::instance(10, seconds{100});
  listed.pm_uptime_ms.reset();
  world.answers(5, {listed});
  expect(world, 10, Standing::Managed, Why::ListedByPm2);
}

TEST(ListedPid, of_no_child_of_the_daemon_is_told_by_its_start) {
  World world;
  world.god(5);
  world.process(9, 5, seconds{90}, {"node", "run.js"});
  world.find(9).parent = 1;
  world.server(10, 9, seconds{100});
  world.answers(5, {World::instance(10, seconds{130})});
  expect(world, 10, Standing::Held, Why::Pm2ListStale);
  world.answers(5, {World::instance(10, seconds{101})});
  expect(world, 10, Standing::Managed, Why::ListedByPm2);
}

TEST(ListedPid, of_another_daemon_s_child_is_told_by_its_start) {
  World world;
  world.god(5);
  world.process(6, 1, seconds{50}, {"PM2 v7.0.4: God Daemon (/srv/other)"});
  world.server(10, 6, seconds{100});
  world.answers(5, {World::instance(10, seconds{130})});
  expect(world, 10, Standing::Managed, Why::BelowSupervisor);
  EXPECT_EQ(world.verdict(10).home, "/srv/other");
}

TEST(ListedPid, of_a_daemon_that_is_gone_is_told_by_its_start) {
  World world;
  const ProcId daemon = world.god(5).id;
  world.server(10, 5, seconds{100});
  world.answers(5, {World::instance(10, seconds{130})});
  world.pm2.front().reply->daemon = {.pid = daemon.pid,
                                     .start_ticks = daemon.start_ticks + 1};
  expect(world, 10, Standing::Managed, Why::BelowSupervisor);
}

TEST(ListedPid, of_two_entries_is_that_of_the_one_with_its_start) {
  World world;
  world.god(5);
  world.server(10, 5, seconds{100});
  Pm2Instance ended = World::instance(10, seconds{70});
  ended.name = "ended";
  ended.unique_id = "u-2";
  const Pm2Instance lives = World::instance(10, seconds{100});
  for (const auto& list : {std::vector{ended, lives}, {lives, ended}}) {
    world.answers(5, list);
    expect(world, 10, Standing::Managed, Why::ListedByPm2);
    EXPECT_EQ(world.verdict(10).app, "api");
  }
}

}  // namespace
}  // namespace strayd
