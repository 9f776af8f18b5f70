// A leftover is ended for the sake of the launch that came after it. Where that
// one does not serve, and PM2 does not try again, it may be the only copy.
#include <utility>

#include <gtest/gtest.h>

#include "strayd/core/judge.h"

#include "core/expect.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using testing::expect;
using testing::World;

// An earlier launch, and the newer one in this state.
World with_newer(Pm2Status status, const char* unique_id) {
  World world;
  world.god(5);
  Process& left = world.server(10, 1, seconds{101});
  left.session = 9;  // npm's, which is gone
  left.environment = World::cookie(seconds{100});
  Pm2Instance newer = World::instance(20, seconds{9000});
  newer.unique_id = unique_id;
  newer.status = status;
  world.answers(5, {newer});
  return world;
}

TEST(NewerLaunch, that_pm2_gave_up_on_leaves_the_only_copy) {
  for (const Pm2Status status : {Pm2Status::Errored, Pm2Status::Unknown}) {
    expect(with_newer(status, "u-1"), 10, Standing::Held, Why::OnlyCopy);
  }
}

TEST(NewerLaunch, under_another_entry_that_pm2_gave_up_on_is_no_copy) {
  for (const Pm2Status status : {Pm2Status::Errored, Pm2Status::Unknown}) {
    expect(with_newer(status, "u-2"), 10, Standing::Held, Why::OnlyCopy);
  }
}

TEST(NewerLaunch, that_an_operator_stopped_leaves_a_leftover) {
  for (const char* unique_id : {"u-1", "u-2"}) {
    expect(with_newer(Pm2Status::Stopped, unique_id),
           10,
           Standing::Leftover,
           Why::Superseded);
  }
}

TEST(NewerLaunch, serves_also_where_an_older_namesake_was_given_up) {
  World world = with_newer(Pm2Status::Errored, "u-2");
  Pm2Instance serving = World::instance(21, seconds{9001});
  serving.unique_id = "u-3";
  serving.pm_id = 1;
  world.pm2.front().reply->instances.push_back(serving);
  world.settle();
  expect(world, 10, Standing::Leftover, Why::Superseded);
}

// --- of its name only

Pm2Instance& newer_in(World& world) {
  return world.pm2.front().reply->instances.front();
}

TEST(Namesake, in_another_directory_leaves_the_only_copy) {
  World world = with_newer(Pm2Status::Online, "u-2");
  newer_in(world).pm_cwd = "/srv/green";
  expect(world, 10, Standing::Held, Why::OnlyCopy);
}

TEST(Namesake, that_runs_another_file_leaves_the_only_copy) {
  World world = with_newer(Pm2Status::Online, "u-2");
  newer_in(world).pm_exec_path = "/srv/app/index.js";
  expect(world, 10, Standing::Held, Why::OnlyCopy);
}

TEST(Namesake, of_which_it_is_not_known_what_it_runs_leaves_the_only_copy) {
  for (std::string Pm2Instance::* const field :
       {&Pm2Instance::pm_cwd, &Pm2Instance::pm_exec_path}) {
    World world = with_newer(Pm2Status::Online, "u-2");
    newer_in(world).*field = "";
    expect(world, 10, Standing::Held, Why::OnlyCopy);
  }
}

TEST(Namesake, of_what_does_not_say_what_it_runs_leaves_the_only_copy) {
  for (const auto& [key, field] :
       {std::pair{"pm_cwd", &Pm2Instance::pm_cwd},
        std::pair{"pm_exec_path", &Pm2Instance::pm_exec_path}}) {
    World world = with_newer(Pm2Status::Online, "u-2");
    world.find(10).environment->erase(key);
    expect(world, 10, Standing::Held, Why::OnlyCopy);
    newer_in(world).*field = "";
    expect(world, 10, Standing::Held, Why::OnlyCopy);
  }
}

TEST(Namesake, that_takes_its_place_leaves_a_leftover) {
  World world = with_newer(Pm2Status::Online, "u-2");
  Pm2Instance elsewhere = World::instance(21, seconds{9001});
  elsewhere.unique_id = "u-3";
  elsewhere.pm_cwd = "/srv/green";
  auto& instances = world.pm2.front().reply->instances;
  instances.insert(instances.begin(), elsewhere);
  world.settle();
  expect(world, 10, Standing::Leftover, Why::Superseded);
}

TEST(Namesake, that_pm2_gave_up_on_counts_whatever_serves_elsewhere) {
  World world = with_newer(Pm2Status::Errored, "u-2");
  const Pm2Instance given_up = newer_in(world);
  Pm2Instance elsewhere = World::instance(21, seconds{9001});
  elsewhere.unique_id = "u-3";
  elsewhere.pm_cwd = "/srv/green";
  world.answers(5, {World::instance(10, seconds{100})});
  world.answers(5, {elsewhere, given_up});
  expect(world, 10, Standing::Held, Why::OnlyCopy);
}

TEST(NewerLaunch, of_the_same_entry_needs_no_more_than_that) {
  World world = with_newer(Pm2Status::Online, "u-1");
  newer_in(world).pm_cwd = newer_in(world).pm_exec_path = "";
  world.find(10).environment->erase("pm_cwd");
  world.find(10).environment->erase("pm_exec_path");
  expect(world, 10, Standing::Leftover, Why::Superseded);
}

// --- none

// Its PM2 lists another app, and this one no more.
World with_unlisted() {
  World world;
  world.god(5);
  Process& left = world.server(10, 1, seconds{101});
  left.session = 9;
  left.environment = World::cookie(seconds{100});
  return world;
}

void lists_another(World& world, pid_t daemon) {
  Pm2Instance other = World::instance(20, seconds{60});
  other.name = "another";
  other.unique_id = "u-2";
  world.answers(daemon, {other});
}

TEST(Deleted, is_what_this_daemon_was_seen_to_list) {
  World world = with_unlisted();
  world.answers(5, {World::instance(10, seconds{100})});
  lists_another(world, 5);
  expect(world, 10, Standing::Leftover, Why::Deleted);
}

TEST(Deleted, is_what_this_daemon_listed_beside_a_namesake_elsewhere) {
  World world = with_unlisted();
  world.answers(5, {World::instance(10, seconds{100})});
  Pm2Instance green = World::instance(20, seconds{9000});
  green.unique_id = "u-2";
  green.pm_cwd = "/srv/green";
  world.answers(5, {green});
  expect(world, 10, Standing::Leftover, Why::Deleted);

  // Not sooner than if that one took its place.
  world.policy.settle = seconds{1};
  world.memory.unlisted.begin()->second = testing::kNow - seconds{5};
  expect(world, 10, Standing::Held, Why::NewerTooFresh);
}

TEST(Deleted, is_nothing_that_this_daemon_was_never_seen_to_list) {
  World world = with_unlisted();
  lists_another(world, 5);
  expect(world, 10, Standing::Held, Why::OnlyCopy);
}

TEST(Deleted, is_nothing_that_another_daemon_of_the_home_has_listed) {
  World world = with_unlisted();
  world.answers(5, {World::instance(10, seconds{100})});
  world.god(6, seconds{51});
  lists_another(world, 6);
  expect(world, 10, Standing::Held, Why::OnlyCopy);
}

TEST(Deleted, is_forgotten_with_the_last_process_that_could_ask) {
  World world = with_unlisted();
  world.answers(5, {World::instance(10, seconds{100})});
  EXPECT_EQ(world.memory.homes[testing::kHome].listed.size(), 1U);
  lists_another(world, 5);
  EXPECT_EQ(world.memory.homes[testing::kHome].listed.size(), 2U);
  world.find(10).environment = Environment{};
  world.settle();
  EXPECT_EQ(world.memory.homes[testing::kHome].listed.size(), 1U);
}

}  // namespace
}  // namespace strayd
