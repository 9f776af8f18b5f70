// A PM2 that is gone: for how long it holds what it may have owned.
#include <set>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "strayd/core/judge.h"

#include "core/expect.h"

namespace strayd {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::expect;
using testing::kHome;
using testing::kNow;
using testing::World;

// What it is at this time before now.
void is_quiet(World& world, Pm2Quiet kind, seconds ago) {
  world.pm2 = {{.home = kHome,
                .uid = 1000,
                .reply = std::unexpected(
                    Pm2Silence{.kind = kind, .why = "it is quiet"})}};
  Snapshot then = world.snapshot;
  then.taken = kNow - ago;
  world.memory = remember(world.memory, then, world.pm2);
}

TEST(Loss, counts_from_the_death_and_not_from_the_silence_before_it) {
  World world;
  world.server(10, 1);
  is_quiet(world, Pm2Quiet::Silent, minutes{20});
  is_quiet(world, Pm2Quiet::Dead, minutes{9});
  is_quiet(world, Pm2Quiet::Dead, seconds{0});
  expect(world, 10, Standing::Held, Why::Pm2Lost);
}

TEST(Loss, is_over_some_time_after_the_death) {
  World world;
  world.server(10, 1);
  is_quiet(world, Pm2Quiet::Silent, minutes{20});
  is_quiet(world, Pm2Quiet::Dead, minutes{11});
  is_quiet(world, Pm2Quiet::Dead, seconds{0});
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

// --- who comes after it

// A daemon that started some time ago and lists nothing, after what the world
// remembers of others.
void succeeds(World& world, seconds ago, Standing standing, Why why) {
  world.god(6, kNow - ago);
  world.answers(6, {});
  expect(world, 10, standing, why);
}

// ---- on purpose

// A settled daemon that lists an app, and is seen doing so.
World seen_with_app() {
  World world;
  world.god(5);
  world.process(10, 5, seconds{9900}, {"node", "/srv/app/start.js"});
  world.answers(5, {World::instance(10, seconds{9900})});
  world.scan();
  return world;
}

void dies(World& world, const Life& life = {}) {
  world.end(5);
  world.pm2 = {{.home = kHome,
                .uid = 1000,
                .reply = std::unexpected(Pm2Silence{.kind = Pm2Quiet::Dead})}};
  world.scan(life);
}

Life told() {
  Life life;
  life.told_to_end.insert(kHome);
  return life;
}

TEST(EndedHome, is_none_whose_daemon_dies_with_apps) {
  World world = seen_with_app();
  dies(world);
  EXPECT_TRUE(ended_homes(world.memory).empty());
  world.scan_for(seconds{3600});
  EXPECT_TRUE(ended_homes(world.memory).empty());
}

TEST(EndedHome, is_one_that_listed_nothing_any_more) {
  World world = seen_with_app();
  world.lists(5, {});
  world.scan();
  EXPECT_TRUE(ended_homes(world.memory).empty()) << "it lives";
  dies(world);
  EXPECT_EQ(ended_homes(world.memory), std::set<std::string>{kHome});
  world.scan_for(seconds{3600});
  EXPECT_EQ(ended_homes(world.memory), std::set<std::string>{kHome});
}

TEST(EndedHome, is_one_whose_daemon_said_that_it_is_told_to_end) {
  World before_it_died = seen_with_app();
  before_it_died.scan(told());
  EXPECT_TRUE(ended_homes(before_it_died.memory).empty()) << "it lives";
  dies(before_it_died);
  EXPECT_EQ(ended_homes(before_it_died.memory), std::set<std::string>{kHome});

  World at_once = seen_with_app();
  dies(at_once, told());
  EXPECT_EQ(ended_homes(at_once.memory), std::set<std::string>{kHome});
}

// `pm2 update`, and then a crash of the daemon that it started.
TEST(EndedHome, is_none_whose_next_daemon_was_told_nothing) {
  World world = seen_with_app();
  world.end(5);
  world.god(6, seconds{10'000});
  world.lists(6, {World::instance(10, seconds{9900})});
  world.scan(told());
  world.end(6);
  world.pm2 = {{.home = kHome,
                .uid = 1000,
                .reply = std::unexpected(Pm2Silence{.kind = Pm2Quiet::Dead})}};
  world.scan();
  EXPECT_TRUE(ended_homes(world.memory).empty());
}

TEST(EndedHome, is_none_where_something_is_there_again) {
  World answers = seen_with_app();
  dies(answers, told());
  answers.god(6, seconds{10'020});
  answers.lists(6, {World::instance(10, seconds{9900})});
  answers.scan();
  EXPECT_TRUE(ended_homes(answers.memory).empty());

  World silent = seen_with_app();
  dies(silent, told());
  silent.pm2.front().reply =
      std::unexpected(Pm2Silence{.kind = Pm2Quiet::Silent});
  silent.scan();
  EXPECT_TRUE(ended_homes(silent.memory).empty());
  silent.pm2.front().reply =
      std::unexpected(Pm2Silence{.kind = Pm2Quiet::Dead});
  silent.scan();
  EXPECT_TRUE(ended_homes(silent.memory).empty()) << "that one was not told";
}

// What is held because of its loss is held as long as of any other.
TEST(EndedHome, holds_what_it_may_have_owned) {
  World crashed = seen_with_app();
  crashed.server(20, 1);
  dies(crashed);
  World ended = seen_with_app();
  ended.server(20, 1);
  dies(ended, told());
  EXPECT_EQ(ended.verdict(20), crashed.verdict(20));
  expect(ended, 20, Standing::Held, Why::Pm2Lost);
}

TEST(Successor, of_a_dead_daemon_holds_what_is_older_than_it) {
  World world;
  world.server(10, 1);
  is_quiet(world, Pm2Quiet::Dead, seconds{130});
  succeeds(world, seconds{120}, Standing::Held, Why::Pm2Lost);
}

TEST(Successor, holds_also_where_its_list_has_apps_again) {
  World world;
  world.server(10, 1);
  is_quiet(world, Pm2Quiet::Dead, seconds{130});
  world.god(6, kNow - seconds{120});
  world.answers(6, {World::instance(99, kNow - seconds{110})});
  expect(world, 10, Standing::Held, Why::Pm2Lost);
}

TEST(Successor, holds_what_an_older_process_starts) {
  World world;
  world.process(9, 1, seconds{100}, {"bash", "run.sh"}, "/usr/bin/bash");
  world.server(10, 9, kNow - seconds{20});
  is_quiet(world, Pm2Quiet::Dead, seconds{130});
  succeeds(world, seconds{120}, Standing::Held, Why::Pm2Lost);
}

TEST(Successor, holds_what_started_at_the_same_moment) {
  World world;
  world.server(10, 1, kNow - seconds{120});
  is_quiet(world, Pm2Quiet::Dead, seconds{130});
  succeeds(world, seconds{120}, Standing::Held, Why::Pm2Lost);
}

TEST(Successor, holds_nothing_that_is_younger) {
  World world;
  world.server(10, 1, kNow - seconds{110});
  is_quiet(world, Pm2Quiet::Dead, seconds{130});
  succeeds(world, seconds{120}, Standing::Stray, Why::NoOwner);
}

TEST(Successor, holds_no_longer_than_a_loss) {
  for (const auto& [ago, standing, why] :
       {std::tuple{seconds{599}, Standing::Held, Why::Pm2Lost},
        std::tuple{seconds{600}, Standing::Stray, Why::NoOwner}}) {
    World world;
    world.server(10, 1);
    is_quiet(world, Pm2Quiet::Dead, seconds{700});
    succeeds(world, ago, standing, why);
  }
}

TEST(Successor, holds_also_where_no_scan_saw_the_death) {
  World world;
  world.server(10, 1);
  world.god(5);
  world.answers(5, {World::instance(99, seconds{100})});
  world.find(5).state = 'Z';
  succeeds(world, seconds{120}, Standing::Held, Why::Pm2Lost);
}

TEST(Successor, holds_where_it_was_silent_before_its_first_answer) {
  World world;
  world.server(10, 1);
  is_quiet(world, Pm2Quiet::Dead, seconds{130});
  is_quiet(world, Pm2Quiet::Silent, seconds{119});
  succeeds(world, seconds{120}, Standing::Held, Why::Pm2Lost);
}

TEST(Successor, may_be_who_answers_where_another_strayd_saw_one) {
  World world;
  world.server(10, 1);
  world.memory.homes[kHome] = {.uid = 1000, .seen = true};
  succeeds(world, seconds{120}, Standing::Held, Why::Pm2Lost);
}

TEST(Successor, is_not_the_first_daemon_that_was_ever_seen) {
  for (const Pm2Quiet before : {Pm2Quiet::NeverSeen, Pm2Quiet::Silent}) {
    World world;
    world.server(10, 1);
    is_quiet(world, before, seconds{120});
    succeeds(world, seconds{120}, Standing::Stray, Why::NoOwner);
  }
}

TEST(Successor, is_not_the_same_daemon_after_a_silence) {
  World world;
  world.server(10, 1);
  world.god(6, kNow - seconds{120});
  world.answers(6, {});
  is_quiet(world, Pm2Quiet::Silent, seconds{20});
  world.answers(6, {});
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Successor, of_a_daemon_of_root_holds_what_is_anybody_s) {
  World world;
  world.server(10, 1).uid = 2000;
  world.god(5);
  world.answers(5, {World::instance(99, seconds{100})});
  world.memory.homes[kHome].uid = 0;
  world.find(5).state = 'Z';
  succeeds(world, seconds{120}, Standing::Held, Why::Pm2Lost);
}

TEST(Successor, of_a_daemon_of_its_user_holds_nothing_of_another_one) {
  World world;
  world.server(10, 1).uid = 2000;
  is_quiet(world, Pm2Quiet::Dead, seconds{130});
  succeeds(world, seconds{120}, Standing::Stray, Why::NoOwner);
}

// --- who says that he is its daemon

TEST(Title, that_is_not_heard_holds_what_is_of_its_own_user) {
  World world;
  world.god(5).uid = 2000;
  world.server(10, 1);
  world.server(11, 1).uid = 2000;
  world.is_quiet(Pm2Quiet::NeverSeen);
  expect(world, 10, Standing::Stray, Why::NoOwner);
  expect(world, 11, Standing::Held, Why::Pm2Silent);
}

TEST(Title, of_a_daemon_s_child_before_its_exec_holds_nothing) {
  World world;
  world.god(5);
  world.god(6, seconds{60}).parent = 5;
  world.server(10, 1);
  world.answers(5, {World::instance(99, seconds{100})});
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Daemon, whose_socket_another_one_took_keeps_its_apps) {
  World world;
  world.process(5, 1, seconds{50}, {"my-supervisor"});
  world.process(6, 1, seconds{8000}, {"my-supervisor"});
  world.server(10, 5).environment = World::cookie(seconds{100});
  world.answers(5, {World::instance(10, seconds{100})});
  Pm2Instance again = World::instance(20, seconds{9000});
  again.unique_id = "u-2";
  world.answers(6, {again});
  expect(world, 10, Standing::Managed, Why::BelowSupervisor);
}

TEST(Daemon, that_answered_is_remembered_while_it_lives) {
  World world;
  world.process(5, 1, seconds{50}, {"my-supervisor"});
  world.answers(5, {World::instance(99, seconds{100})});
  EXPECT_EQ(world.memory.homes[kHome].answered.size(), 1U);
  world.find(5).state = 'Z';
  is_quiet(world, Pm2Quiet::Dead, seconds{0});
  EXPECT_TRUE(world.memory.homes[kHome].answered.empty());
}

// --- what is a home, and what only a path

TEST(Home, that_has_another_name_answers_for_cookies_of_both) {
  World world;
  world.god(5);
  Process& left = world.server(10, 1, seconds{101});
  left.session = 9;
  left.environment = World::cookie(seconds{100});
  (*left.environment)["PM2_HOME"] = "/link/.pm2";
  const Pm2Instance newer = World::instance(20, seconds{9000});
  world.answers(5, {newer});
  world.pm2.front().aliases = {"/link/.pm2"};
  world.settle();
  expect(world, 10, Standing::Leftover, Why::Superseded);
  EXPECT_EQ(world.verdict(10).home, kHome);
  EXPECT_FALSE(world.memory.homes.contains("/link/.pm2"));
}

constexpr const char* kLink = "/data/pm2";

// Once it was dead as kLink; then a daemon answered as kHome, and died.
World with_two_names(seconds died_ago) {
  World world;
  world.server(10, 1);
  is_quiet(world, Pm2Quiet::Dead, minutes{100});
  world.memory.homes[kLink] = world.memory.homes[kHome];
  world.memory.homes.erase(kHome);
  world.god(5);
  world.answers(5, {World::instance(99, seconds{100})});
  world.pm2.front().aliases = {kLink};
  world.settle();
  world.find(5).state = 'Z';
  world.pm2 = {{.home = kLink,
                .aliases = {kHome},
                .uid = 1000,
                .reply = std::unexpected(
                    Pm2Silence{.kind = Pm2Quiet::Dead, .why = "it died"})}};
  for (const seconds ago : {died_ago, seconds{0}}) {
    Snapshot then = world.snapshot;
    then.taken = kNow - ago;
    world.memory = remember(world.memory, then, world.pm2);
  }
  return world;
}

TEST(Home, that_dies_under_its_other_name_is_lost_since_then) {
  expect(with_two_names(minutes{9}), 10, Standing::Held, Why::Pm2Lost);
  expect(with_two_names(minutes{11}), 10, Standing::Stray, Why::NoOwner);
}

// As a link does that led to another home before.
TEST(Home,
     that_gets_the_name_of_one_lost_long_ago_is_lost_since_its_own_death) {
  World world;
  world.server(10, 1);
  is_quiet(world, Pm2Quiet::Dead, minutes{100});
  world.memory.homes[kLink] = world.memory.homes[kHome];
  world.memory.homes.erase(kHome);
  is_quiet(world, Pm2Quiet::Dead, minutes{1});
  world.pm2.front().home = kLink;
  world.pm2.front().aliases = {kHome};
  world.memory = remember(world.memory, world.snapshot, world.pm2);
  expect(world, 10, Standing::Held, Why::Pm2Lost);
}

TEST(Home, that_gets_a_name_never_heard_of_keeps_its_memory) {
  World world;
  world.server(10, 1);
  is_quiet(world, Pm2Quiet::Dead, minutes{5});
  world.god(6, kNow - minutes{4});
  world.answers(6, {});
  world.pm2.front().home = "/data/pm2";
  world.pm2.front().aliases = {kHome};
  world.settle();
  expect(world, 10, Standing::Held, Why::Pm2Lost);
}

TEST(Home, takes_its_launches_along_when_it_is_told_by_another_name) {
  World world;
  world.god(5);
  Process& left = world.server(10, 1, seconds{101});
  left.session = 9;
  left.environment = World::cookie(seconds{100});
  world.answers(5, {World::instance(99, seconds{9000})});
  world.pm2.front().home = kLink;
  world.pm2.front().aliases = {kHome};
  world.settle();
  EXPECT_EQ(world.memory.origins.begin()->second.launch.instance.home, kLink);
  EXPECT_EQ(world.memory.launches.size(), 2U);
  for (const auto& [key, launch] : world.memory.launches) {
    EXPECT_EQ(key.instance.home, kLink);
  }
}

TEST(Home, whose_directory_is_gone_is_forgotten_when_its_loss_is_over) {
  World world;
  is_quiet(world, Pm2Quiet::Dead, minutes{20});
  world.pm2.front().reply.error().home_gone = true;
  Snapshot then = world.snapshot;
  then.taken = kNow - minutes{11};
  world.memory =
      remember(world.memory, then, world.pm2, {.loss_hold = minutes{10}});
  EXPECT_TRUE(world.memory.homes.contains(kHome));
  then.taken = kNow - minutes{10};
  world.memory =
      remember(world.memory, then, world.pm2, {.loss_hold = minutes{10}});
  EXPECT_FALSE(world.memory.homes.contains(kHome));
}

TEST(Home, that_is_still_there_is_not_forgotten) {
  World world;
  is_quiet(world, Pm2Quiet::Dead, minutes{20});
  is_quiet(world, Pm2Quiet::Dead, minutes{0});
  EXPECT_TRUE(world.memory.homes[kHome].long_dead);
}

TEST(Home, of_a_user_with_too_many_goes_before_that_of_another_one) {
  World world;
  is_quiet(world, Pm2Quiet::Dead, minutes{5});
  std::vector<Pm2View> many;
  for (std::size_t i = 0; i <= kMostHomesOfUser; ++i) {
    many.push_back({.home = "/job/" + std::to_string(i), .uid = 2000});
  }
  Snapshot then = world.snapshot;
  then.taken = kNow - minutes{4};
  world.memory = remember(world.memory, then, {many.data(), 1});
  world.memory = remember(world.memory, world.snapshot, many);
  EXPECT_EQ(world.memory.homes.size(), kMostHomesOfUser + 1);
  EXPECT_TRUE(world.memory.homes.contains(kHome));
  EXPECT_FALSE(world.memory.homes.contains("/job/0"));
}

TEST(Home, that_stands_for_others_is_not_remembered) {
  World world;
  is_quiet(world, Pm2Quiet::Silent, seconds{10});
  world.pm2.front().home = "(more homes)";
  world.memory = remember({}, world.snapshot, world.pm2);
  EXPECT_TRUE(world.memory.homes.empty());
}

TEST(Home, that_nobody_ever_used_is_forgotten_with_its_cookie) {
  World world;
  is_quiet(world, Pm2Quiet::NeverSeen, seconds{10});
  EXPECT_EQ(world.memory.homes.size(), 1U);
  world.memory = remember(world.memory, world.snapshot, {});
  EXPECT_TRUE(world.memory.homes.empty());
}

}  // namespace
}  // namespace strayd
