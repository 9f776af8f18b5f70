// Directories of the configuration that lead elsewhere, and led elsewhere.
#include "strayd/core/places.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "strayd/core/fit.h"

#include "core/expect.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using testing::expect;
using testing::World;

using Directories = std::map<std::string, std::string>;

const std::string kCurrent = "/srv/www/current";
const Directories kSeven{{kCurrent, "/srv/www/releases/7"}};
const Directories kEight{{kCurrent, "/srv/www/releases/8"}};

World with_server_in(const std::string& cwd) {
  World world;
  world.server(10, 1).cwd = cwd;
  return world;
}

void protect(World& world, const std::string& cwd) {
  world.policy.protect.push_back({.name = "mine", .match = {.cwd = cwd}});
}

void look(World& world, const Directories& directories) {
  const Memory before = world.memory;
  remember_places(world.memory, before, world.snapshot, directories);
}

TEST(Place, behind_a_link_protects_what_runs_where_that_leads) {
  World world = with_server_in("/srv/www/releases/7");
  protect(world, kCurrent);
  look(world, kSeven);
  expect(world, 10, Standing::Protected, Why::ProtectRule);
}

TEST(Place, behind_a_link_is_not_the_neighbour_of_where_that_leads) {
  World world = with_server_in("/srv/www/releases/77");
  protect(world, kCurrent);
  look(world, kSeven);
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Place, below_a_link_further_up_is_found_too) {
  World world = with_server_in("/data/home/me/app");
  protect(world, "/home/me");
  look(world, {{"/home/me", "/data/home/me"}});
  expect(world, 10, Standing::Protected, Why::ProtectRule);
}

TEST(Place, behind_a_link_is_meant_by_a_rule) {
  World world = with_server_in("/srv/www/releases/7");
  world.policy.rules.front().match.cwd = kCurrent;
  EXPECT_TRUE(world.judged().empty());
  look(world, kSeven);
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Place, that_is_written_with_a_slash_at_its_end_is_the_same) {
  World world = with_server_in("/srv/www/releases/7");
  protect(world, "/srv/www/releases/7/");
  expect(world, 10, Standing::Protected, Why::ProtectRule);
}

TEST(Place, that_a_process_was_seen_in_protects_it_when_the_link_moves_on) {
  World world = with_server_in("/srv/www/releases/7");
  protect(world, kCurrent);
  look(world, kSeven);
  look(world, kEight);
  expect(world, 10, Standing::Protected, Why::ProtectRule);
}

TEST(Place, that_a_process_was_seen_in_still_shows_its_leftover_to_its_rule) {
  World world = with_server_in("/srv/www/releases/7");
  world.policy.rules.front().match.cwd = kCurrent;
  look(world, kSeven);
  look(world, kEight);
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Place, that_a_process_was_seen_in_counts_where_its_directory_is_not_read) {
  World world = with_server_in("/srv/www/releases/7");
  protect(world, kCurrent);
  look(world, kSeven);
  world.find(10).cwd = std::unexpected(Unread::Denied);
  look(world, kSeven);
  expect(world, 10, Standing::Protected, Why::ProtectRule);
}

TEST(Place, that_is_renamed_is_still_where_the_process_was_seen) {
  World world = with_server_in("/srv/app");
  protect(world, "/srv/app");
  look(world, {{"/srv/app", "/srv/app"}});
  world.find(10).cwd = "/srv/app.old";
  look(world, {{"/srv/app", "/srv/app"}});
  expect(world, 10, Standing::Protected, Why::ProtectRule);
}

TEST(Place, of_a_process_is_not_that_of_the_next_one_with_its_pid) {
  World world = with_server_in("/srv/www/releases/7");
  protect(world, kCurrent);
  look(world, kSeven);
  world.find(10).id.start_ticks += 1;
  look(world, kEight);
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Place, that_cannot_be_found_any_more_is_where_those_are_that_were_seen) {
  World world = with_server_in("/srv/www/releases/7");
  protect(world, kCurrent);
  look(world, kSeven);
  look(world, {});
  expect(world, 10, Standing::Protected, Why::ProtectRule);
}

TEST(Places, of_what_has_ended_are_forgotten) {
  World world = with_server_in("/srv/www/releases/7");
  look(world, kSeven);
  EXPECT_EQ(world.memory.places.size(), 1U);
  world.find(10).state = 'Z';
  look(world, kSeven);
  EXPECT_TRUE(world.memory.places.empty());
}

TEST(Places, are_bounded_and_keep_what_they_had_first) {
  World world = with_server_in("/srv/www/releases/7");
  look(world, kSeven);
  const ProcId first = world.find(10).id;
  world.snapshot.processes.clear();
  Process one;
  one.state = 'S';
  one.cwd = "/srv/www/releases/7";
  for (std::size_t i = 0; i <= kMostPlaces; ++i) {
    one.id = {.pid = static_cast<pid_t>(2 + i), .start_ticks = 1};
    if (one.id.pid != first.pid) world.snapshot.processes.push_back(one);
  }
  one.id = first;
  world.snapshot.processes.push_back(one);
  look(world, kSeven);
  EXPECT_EQ(world.memory.places.size(), kMostPlaces);
  EXPECT_TRUE(world.memory.places.contains(first));
}

}  // namespace
}  // namespace strayd
