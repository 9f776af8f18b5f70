// A leftover is ended for the sake of the launch that came after it. Where that
// one does not serve, and does not wait for what the old one holds, the old one
// may be the only copy.
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "strayd/core/judge.h"

#include "core/expect.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using testing::expect;
using testing::World;

// An earlier launch that listens, and the newer one in this state.
World with_newer(Pm2Status status, const char* unique_id) {
  World world;
  world.god(5);
  Process& left = world.server(10, 1, seconds{101});
  left.session = 9;  // npm's, which is gone
  left.environment = World::cookie(seconds{100});
  world.serves(10);
  Pm2Instance newer = World::instance(20, seconds{9000});
  newer.unique_id = unique_id;
  newer.status = status;
  world.answers(5, {newer});
  return world;
}

// And the newer launch lives: npm (pid 20) and its server (pid 21).
World with_living(const char* unique_id) {
  World world = with_newer(Pm2Status::Online, unique_id);
  world.process(20, 5, seconds{9000}, {"npm run dev"});
  world.server(21, 20, seconds{9001}).session = 20;
  world.settle();
  return world;
}

Pm2Instance& newer_in(World& world) {
  return world.pm2.front().reply->instances.front();
}

constexpr auto kEntries = {"u-1", "u-2"};  // the same entry, and another one

// --- it serves

TEST(NewerLaunch, that_listens_on_another_port_of_its_own_serves) {
  for (const char* unique_id : kEntries) {
    World world = with_living(unique_id);
    world.serves(21, 3001);
    expect(world, 10, Standing::Leftover, Why::Superseded);
  }
}

TEST(NewerLaunch, that_listens_while_pm2_does_not_say_online_does_not_serve) {
  World world = with_living("u-1");
  world.serves(21, 3001);
  newer_in(world).status = Pm2Status::Launching;
  expect(world, 10, Standing::Held, Why::OnlyCopy);
}

TEST(NewerLaunch, of_which_the_sockets_are_not_known_does_not_serve) {
  World world = with_living("u-1");
  world.serves(21, 3001);
  world.sockets_are_read = false;
  expect(world, 10, Standing::Held, Why::OnlyCopy);
}

TEST(NewerLaunch, in_another_directory_serves_too) {
  World world = with_living("u-2");
  world.serves(21, 3001);
  newer_in(world).pm_cwd = "/srv/releases/2";
  newer_in(world).pm_exec_path = "/srv/releases/2/index.js";
  expect(world, 10, Standing::Leftover, Why::Superseded);
}

TEST(NewerLaunch, of_another_name_leaves_the_only_copy) {
  World world = with_living("u-2");
  world.serves(21, 3001);
  newer_in(world).name = "another";
  world.memory = {};
  world.settle();
  expect(world, 10, Standing::Held, Why::OnlyCopy);
}

// A worker without a port, which is connected to somebody.
World with_living_worker() {
  World world = with_living("u-1");
  world.table.listeners.clear();
  world.connect(10);
  return world;
}

TEST(NewerLaunch, without_a_port_serves_once_the_same_program_has_run_long) {
  World world = with_living_worker();
  expect(world, 10, Standing::Leftover, Why::Superseded);
  world.find(21).started = testing::kNow - seconds{30};
  expect(world, 10, Standing::Held, Why::OnlyCopy);
}

TEST(NewerLaunch, without_a_port_that_runs_another_program_does_not_serve) {
  World world = with_living_worker();
  world.find(21).argv = std::vector<std::string>{"node", "other.js"};
  expect(world, 10, Standing::Held, Why::OnlyCopy);
}

TEST(NewerLaunch, need_not_serve_for_what_serves_nobody) {
  for (const Pm2Status status : {Pm2Status::Online, Pm2Status::Errored}) {
    World world = with_newer(status, "u-1");
    world.table.listeners.clear();
    expect(world, 10, Standing::Leftover, Why::Superseded);
  }
}

TEST(NewerLaunch, must_serve_for_what_listens_on_a_unix_socket) {
  World world = with_newer(Pm2Status::Online, "u-1");
  world.table.other_servers = {world.table.listeners.front().inode};
  world.table.listeners.clear();
  expect(world, 10, Standing::Held, Why::OnlyCopy);
}

// --- it waits

TEST(NewerLaunch, that_fails_again_and_again_waits_for_the_port) {
  for (const Pm2Status status :
       {Pm2Status::Online, Pm2Status::Launching, Pm2Status::WaitingRestart}) {
    World world = with_newer(status, "u-1");
    newer_in(world).exit_code = 1;
    expect(world, 10, Standing::Leftover, Why::Superseded);
  }
}

TEST(NewerLaunch, that_ends_well_each_time_is_content_with_the_old_one) {
  World world = with_newer(Pm2Status::WaitingRestart, "u-1");
  newer_in(world).exit_code = 0;
  expect(world, 10, Standing::Held, Why::OnlyCopy);
}

TEST(NewerLaunch, that_stays_without_a_port_waits_for_it) {
  World world = with_living("u-1");
  expect(world, 10, Standing::Leftover, Why::Superseded);
  world.find(20).started = testing::kNow - seconds{30};
  expect(world, 10, Standing::Held, Why::OnlyCopy);
}

TEST(NewerLaunch, that_pm2_gave_up_on_leaves_the_only_copy) {
  for (const Pm2Status status : {Pm2Status::Errored, Pm2Status::Unknown}) {
    for (const char* unique_id : kEntries) {
      World world = with_newer(status, unique_id);
      newer_in(world).exit_code = 1;
      expect(world, 10, Standing::Held, Why::OnlyCopy);
    }
  }
}

// --- it is not wanted

TEST(NewerLaunch, that_an_operator_stopped_leaves_a_leftover) {
  for (const char* unique_id : kEntries) {
    expect(with_newer(Pm2Status::Stopped, unique_id),
           10,
           Standing::Leftover,
           Why::Superseded);
  }
}

TEST(NewerLaunch, that_stopped_by_itself_leaves_the_only_copy) {
  World world = with_newer(Pm2Status::Stopped, "u-1");
  newer_in(world).restarts = false;
  expect(world, 10, Standing::Held, Why::OnlyCopy);
  world.launch(seconds{9000}).wanted = true;  // PM2 was seen to end it
  expect(world, 10, Standing::Leftover, Why::Superseded);
}

// --- of its own slot

World with_two_slots(int slot_of_the_left) {
  World world;
  world.god(5);
  Process& left = world.server(10, 1, seconds{101});
  left.session = 9;
  left.environment = World::cookie(seconds{100});
  left.environment->insert(
      {"NODE_APP_INSTANCE", std::to_string(slot_of_the_left)});
  world.serves(10);
  world.server(21, 5, seconds{9000});
  world.serves(21, 3001);
  Pm2Instance given_up = World::instance(20, seconds{9000});
  given_up.unique_id = "u-2";
  given_up.status = Pm2Status::Errored;
  given_up.slot = 0;
  Pm2Instance serving = World::instance(21, seconds{9000});
  serving.unique_id = "u-2";
  serving.pm_id = 1;
  serving.slot = 1;
  world.answers(5, {given_up, serving});
  return world;
}

TEST(Slot, whose_newer_launch_is_given_up_leaves_the_only_copy) {
  expect(with_two_slots(0), 10, Standing::Held, Why::OnlyCopy);
}

TEST(Slot, whose_newer_launch_serves_leaves_a_leftover) {
  expect(with_two_slots(1), 10, Standing::Leftover, Why::Superseded);
}

TEST(Slot, that_is_not_known_leaves_the_only_copy_unless_all_serve) {
  World world = with_two_slots(1);
  world.find(10).environment->erase("NODE_APP_INSTANCE");
  world.memory = {};
  world.settle();
  expect(world, 10, Standing::Held, Why::OnlyCopy);
}

// --- none

// Its PM2 lists another app, and this one no more.
World with_unlisted() {
  World world;
  world.god(5);
  Process& left = world.server(10, 1, seconds{101});
  left.session = 9;
  left.environment = World::cookie(seconds{100});
  world.serves(10);
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
  world.answers(5, {World::instance(9, seconds{100})});
  lists_another(world, 5);
  expect(world, 10, Standing::Leftover, Why::Deleted);

  // Not sooner than a deletion that was the first half of a start.
  world.launch(seconds{100}).ended = testing::kNow - seconds{30};
  expect(world, 10, Standing::Held, Why::NewerTooFresh);
}

TEST(Deleted, is_what_this_daemon_listed_before_it_lists_nothing) {
  World world = with_unlisted();
  world.answers(5, {World::instance(9, seconds{100})});
  world.answers(5, {});
  expect(world, 10, Standing::Leftover, Why::Deleted);
}

TEST(Deleted, is_nothing_that_this_daemon_was_never_seen_to_list) {
  World world = with_unlisted();
  lists_another(world, 5);
  expect(world, 10, Standing::Held, Why::OnlyCopy);
}

TEST(Deleted, is_nothing_that_another_daemon_of_the_home_has_listed) {
  World world = with_unlisted();
  world.answers(5, {World::instance(9, seconds{100})});
  world.god(6, seconds{51});
  lists_another(world, 6);
  expect(world, 10, Standing::Held, Why::OnlyCopy);
}

TEST(Deleted, is_forgotten_with_the_last_process_that_could_ask) {
  World world = with_unlisted();
  world.answers(5, {World::instance(9, seconds{100})});
  lists_another(world, 5);
  EXPECT_EQ(world.memory.launches.size(), 2U);
  world.find(10).state = 'Z';
  world.settle();
  EXPECT_EQ(world.memory.launches.size(), 1U);
}

}  // namespace
}  // namespace strayd
