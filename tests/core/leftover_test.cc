// Whole stories, scan after scan, to their verdict: what an app leaves behind,
// and what only looks like that.
#include <cstdint>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "strayd/core/judge.h"

#include "core/expect.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using testing::expect;
using testing::kHome;
using testing::unix_ms_at;
using testing::World;

constexpr seconds kFirst{9900};
constexpr seconds kSecond{10'011};
constexpr seconds kLong{120};

Life::End exited(pid_t pid, int code) {
  return {.pid = pid,
          .status = {.how = ExitStatus::How::Exited, .value = code}};
}

Life::End killed(pid_t pid) {
  return {.pid = pid,
          .status = {.how = ExitStatus::How::Signalled, .value = 9}};
}

LaunchKey launch(seconds launched) {
  return {.instance = {.home = kHome, .unique_id = "u-1", .pm_id = 0},
          .pm_uptime_ms = unix_ms_at(launched)};
}

// The app: npm (10, which PM2 lists) and its server (12), which serves and has
// no cookie. Seen twice.
World with_app(Pm2Instance listed = World::instance(10, kFirst)) {
  World world;
  world.god(5);
  world.process(10, 5, kFirst, {"npm run dev"});
  world.server(12, 10, seconds{9902}).session = 10;
  world.serves(12);
  world.lists(5, {std::move(listed)});
  world.scan();
  world.scan();
  return world;
}

Pm2Instance& entry(World& world) {
  return world.pm2.front().reply->instances.front();
}

// Its own child (10) ends, and PM2 says this of it.
void ends(World& world, Pm2Status status, const Life& life = {}) {
  world.end(10);
  entry(world).status = status;
  entry(world).pid.reset();
  world.scan(life);
}

// PM2 has launched it anew: npm (20), its server (22).
void is_launched_anew(World& world, std::uint16_t port) {
  world.process(20, 5, kSecond, {"npm run dev"});
  world.server(22, 20, seconds{10'012}).session = 20;
  world.serves(22, port);
  entry(world).pid = 20;
  entry(world).status = Pm2Status::Online;
  entry(world).pm_uptime_ms = unix_ms_at(kSecond);
}

// --- a server with an environment of its own

TEST(StoppedApp, is_left_alone_until_its_own_kill_timeout_and_margin_are_over) {
  Pm2Instance slow = World::instance(10, kFirst);
  slow.kill_timeout = seconds{60};
  World world = with_app(slow);
  ends(world, Pm2Status::Stopped);
  for (int scans = 0; scans < 14; ++scans) {  // for 65 s
    expect(world, 12, Standing::Held, Why::NewerTooFresh);
    world.scan();
  }
  expect(world, 12, Standing::Leftover, Why::Superseded);
}

TEST(StoppedApp, is_left_alone_for_a_second_list_however_long_that_takes) {
  World world = with_app();
  ends(world, Pm2Status::Stopped);
  world.snapshot.taken += seconds{60};
  expect(world, 12, Standing::Held, Why::NewerTooFresh);
  world.scan();
  expect(world, 12, Standing::Leftover, Why::Superseded);
}

TEST(StoppedApp, of_a_cluster_is_given_the_time_that_a_reload_takes) {
  Pm2Instance worker = World::instance(10, kFirst);
  worker.exec_mode = "cluster_mode";
  World world = with_app(worker);
  ends(world, Pm2Status::Stopped);
  world.scan_for(seconds{20});
  expect(world, 12, Standing::Held, Why::NewerTooFresh);
  world.scan_for(seconds{5});
  expect(world, 12, Standing::Leftover, Why::Superseded);
}

TEST(StoppedApp, that_lives_again_is_not_over) {
  World world = with_app();
  ends(world, Pm2Status::Stopped);
  world.scan_for(seconds{10});
  world.process(10, 5, kFirst, {"npm run dev"});
  entry(world).pid = 10;
  entry(world).status = Pm2Status::Online;
  world.scan_for(kLong);
  expect(world, 12, Standing::Held, Why::SameGeneration);
}

TEST(StoppedApp, that_ends_again_is_over_since_then) {
  World world = with_app();
  ends(world, Pm2Status::Stopped);
  world.scan_for(kLong);
  world.process(10, 5, kFirst, {"npm run dev"});
  entry(world).pid = 10;
  world.scan();
  ends(world, Pm2Status::Stopped);
  world.scan();
  expect(world, 12, Standing::Held, Why::NewerTooFresh);
}

TEST(EarlierLaunch, ends_once_the_newer_one_serves) {
  World world = with_app();
  ends(world, Pm2Status::Launching);
  is_launched_anew(world, 3001);
  world.scan();
  expect(world, 12, Standing::Held, Why::NewerTooFresh);
  world.scan_for(seconds{15});
  expect(world, 12, Standing::Leftover, Why::Superseded);
}

TEST(EarlierLaunch, in_a_crash_loop_is_over_since_its_own_end) {
  World world = with_app();
  ends(world, Pm2Status::WaitingRestart);
  for (int launches = 0; launches < 3; ++launches) {
    entry(world).pm_uptime_ms = unix_ms_at(kSecond + seconds{5 * launches});
    entry(world).exit_code = 1;
    world.scan();
  }
  expect(world, 12, Standing::Leftover, Why::Superseded);
}

// --- the daemon ends

TEST(DeadDaemon, ends_no_launch) {
  World world = with_app();
  world.end(5);
  world.end(10);
  world.pm2.front().reply = std::unexpected(Pm2Silence{.kind = Pm2Quiet::Dead});
  world.scan_for(seconds{7200});
  expect(world, 12, Standing::Held, Why::Pm2Lost);
}

TEST(NextDaemon, that_lists_other_apps_says_nothing_of_this_one) {
  World world = with_app();
  world.end(5);
  world.end(10);
  world.god(6, seconds{10'011});
  Pm2Instance other = World::instance(99, kSecond);
  other.name = "another";
  other.unique_id = "u-2";
  world.lists(6, {other});
  world.scan_for(seconds{7200});
  expect(world, 12, Standing::Held, Why::OnlyCopy);
}

TEST(NextDaemon, that_has_resurrected_the_app_owns_it_no_more_once_it_serves) {
  World world = with_app();
  world.end(5);
  world.end(10);
  world.god(6, kSecond);
  world.process(20, 6, seconds{10'013}, {"npm run dev"});
  world.server(22, 20, seconds{10'014}).session = 20;
  Pm2Instance anew = World::instance(20, seconds{10'013});
  anew.unique_id = "u-2";
  world.lists(6, {anew});
  world.scan_for(seconds{30});
  expect(world, 12, Standing::Held, Why::Pm2Unsettled);
  world.serves(22, 3001);
  world.scan_for(kLong);
  expect(world, 12, Standing::Leftover, Why::Superseded);
}

TEST(NextDaemon, is_not_believed_by_what_the_one_before_it_was_seen_to_say) {
  World world = with_app();
  ends(world, Pm2Status::Stopped);
  world.scan_for(kLong);
  world.god(6, seconds{60});
  Pm2Instance other = World::instance(99, seconds{70});
  other.name = "another";
  other.unique_id = "u-2";
  const auto settled = world.memory.homes;
  world.lists(6, {other});  // and no scan since
  expect(world, 12, Standing::Held, Why::OnlyCopy);
}

// --- deleted, and started

TEST(StartedAnew, leaves_the_only_server_of_a_slot_that_is_given_up) {
  Pm2Instance first = World::instance(10, kFirst);
  first.slot = 0;
  World world = with_app(first);
  world.end(10);
  Pm2Instance given_up = World::instance(20, kSecond);
  given_up.unique_id = "u-2";
  given_up.status = Pm2Status::Errored;
  given_up.slot = 0;
  Pm2Instance serving = World::instance(21, kSecond);
  serving.unique_id = "u-2";
  serving.pm_id = 1;
  serving.slot = 1;
  world.server(21, 5, kSecond);
  world.serves(21, 3001);
  world.lists(5, {given_up, serving});
  world.scan_for(kLong);
  expect(world, 12, Standing::Held, Why::OnlyCopy);

  // The twin: the very slot serves.
  world.pm2.front().reply->instances[0].slot = 1;
  world.pm2.front().reply->instances[1].slot = 0;
  world.scan_for(kLong);
  expect(world, 12, Standing::Leftover, Why::Superseded);
}

TEST(StartedAnew, with_a_number_that_is_not_known_may_be_of_any_slot) {
  Pm2Instance first = World::instance(10, kFirst);
  first.slot = 1;
  World world = with_app(first);
  world.end(10);
  Pm2Instance numbered = World::instance(20, kSecond);
  numbered.unique_id = "u-2";
  numbered.slot = 0;
  Pm2Instance unknown = World::instance(21, kSecond);
  unknown.unique_id = "u-2";
  unknown.pm_id = 1;
  unknown.status = Pm2Status::Errored;
  world.lists(5, {numbered, unknown});
  world.scan_for(kLong);
  expect(world, 12, Standing::Held, Why::OnlyCopy);
}

TEST(DeletedApp, leaves_a_leftover) {
  World world = with_app();
  world.end(10);
  Pm2Instance other = World::instance(99, seconds{60});
  other.name = "another";
  other.unique_id = "u-2";
  world.lists(5, {other});
  world.scan_for(seconds{60});
  expect(world, 12, Standing::Held, Why::NewerTooFresh);
  world.scan_for(seconds{10});
  expect(world, 12, Standing::Leftover, Why::Deleted);
}

// --- launchers

World with_launcher(bool nohup) {
  Pm2Instance once = World::instance(10, kFirst);
  once.restarts = false;
  World world = with_app(once);
  world.find(12).ignores_hangup = nohup;
  world.scan();
  ends(world, Pm2Status::Stopped, {.events = {exited(10, 0)}});
  return world;
}

TEST(Launcher, has_let_go_of_what_it_started_to_live_on) {
  World world = with_launcher(true);
  world.scan_for(kLong);
  expect(world, 12, Standing::Held, Why::LetGo);
}

TEST(Launcher, that_ends_well_leaves_the_only_server_of_a_plain_child) {
  World world = with_launcher(false);
  world.scan_for(kLong);
  expect(world, 12, Standing::Held, Why::OnlyCopy);
  // The next launch of it finds the server running, and ends, too.
  entry(world).pm_uptime_ms = unix_ms_at(kSecond);
  entry(world).exit_code = 0;
  world.scan_for(kLong);
  expect(world, 12, Standing::Held, Why::OnlyCopy);
}

TEST(Launcher, that_is_stopped_leaves_a_leftover) {
  World world = with_launcher(false);
  world.scan({.wanted = {launch(kFirst)}});
  world.scan_for(kLong);
  expect(world, 12, Standing::Leftover, Why::Superseded);
}

// --- let go, or left, and launched anew

// The app's shell (11) has started a service (13), and ends.
World with_service(bool setsid, const Life& life) {
  World world;
  world.god(5);
  world.process(10, 5, kFirst, {"node hook.js"});
  world.process(11, 10, seconds{9901}, {"sh", "-c", "x"}, "/usr/bin/dash")
      .session = 10;
  world.server(13, 11, seconds{9902});
  if (!setsid) world.find(13).session = 10;
  world.lists(5, {World::instance(10, kFirst)});
  world.scan();
  world.end(11);
  world.scan(life);
  world.end(10);
  world.process(20, 5, kSecond, {"node hook.js"});
  entry(world).pid = 20;
  entry(world).pm_uptime_ms = unix_ms_at(kSecond);
  world.scan_for(kLong);
  return world;
}

TEST(Service, that_an_app_let_go_is_not_its_leftover) {
  World world = with_service(true, {.events = {exited(11, 0)}});
  expect(world, 13, Standing::Held, Why::LetGo);
}

TEST(Service, whose_wrapper_was_killed_is_left_behind) {
  for (const bool setsid : {true, false}) {
    World world = with_service(setsid, {.events = {killed(11)}});
    expect(world, 13, Standing::Leftover, Why::Superseded);
  }
}

TEST(Service, whose_starter_was_not_seen_to_end_is_not_its_leftover) {
  World world = with_service(true, {});
  expect(world, 13, Standing::Held, Why::LetGo);
}

TEST(Helper, that_leads_its_session_is_left_with_the_app_that_started_it) {
  World world = with_app();
  world.process(13, 12, seconds{9901}, {"chrome"}, "/opt/chrome");
  world.server(14, 10, seconds{9901});  // its own session, no cookie
  world.scan();
  world.end(10);
  world.end(12);
  is_launched_anew(world, 3000);
  world.scan({.events = {killed(10)}});
  world.scan_for(kLong);
  expect(world, 14, Standing::Leftover, Why::Superseded);
}

TEST(Helper, that_was_started_with_the_app_is_not_taken_for_it) {
  World world = with_app();
  world.process(11, 10, kFirst, {"sh", "-c", "x"}, "/usr/bin/dash").session =
      10;
  world.server(13, 11, seconds{9901}).environment = World::cookie(kFirst);
  world.scan();
  world.end(11);
  world.scan();
  world.end(10);
  world.end(12);
  is_launched_anew(world, 3000);
  world.scan_for(kLong);
  expect(world, 13, Standing::Held, Why::LetGo);
}

TEST(Helper, of_a_worker_of_a_cluster_is_left_with_it) {
  Pm2Instance worker = World::instance(10, kFirst);
  worker.exec_mode = "cluster_mode";
  World world = with_app(worker);
  for (const pid_t pid : {10, 12}) world.find(pid).session = 5;
  world.scan();
  world.end(10);
  is_launched_anew(world, 3001);
  world.scan_for(kLong);
  expect(world, 12, Standing::Leftover, Why::Superseded);
}

// --- told to leave

TEST(ToldToLeave, is_what_pm2_does_not_end_with_its_own_child) {
  Pm2Instance alone = World::instance(10, kFirst);
  alone.treekill = false;
  World world = with_app(alone);
  ends(world, Pm2Status::Launching);
  is_launched_anew(world, 3001);
  world.scan_for(kLong);
  expect(world, 12, Standing::Held, Why::ToldToLeave);
}

// strayd came after the restart: of the launch a cookie alone tells.
World with_late_look(Pm2Instance newer) {
  World world;
  world.god(5);
  world.server(12, 1, seconds{9902}).environment = World::cookie(kFirst);
  world.find(12).session = 10;
  world.serves(12);
  world.process(20, 5, kSecond, {"npm run dev"});
  world.server(22, 20, seconds{10'012}).session = 20;
  world.serves(22, 3001);
  world.snapshot.taken = kSecond + seconds{60};
  world.lists(5, {std::move(newer)});
  world.scan();
  return world;
}

TEST(ToldToLeave, is_what_the_newer_launch_says_where_no_other_was_seen) {
  Pm2Instance newer = World::instance(20, kSecond);
  newer.treekill = false;
  World world = with_late_look(newer);
  world.scan_for(kLong);
  expect(world, 12, Standing::Held, Why::ToldToLeave);
}

TEST(LateLook, waits_as_long_as_the_newer_launch_is_given) {
  Pm2Instance newer = World::instance(20, kSecond);
  newer.kill_timeout = seconds{60};
  World world = with_late_look(newer);
  world.scan_for(seconds{60});
  expect(world, 12, Standing::Held, Why::NewerTooFresh);
  world.scan_for(seconds{15});
  expect(world, 12, Standing::Leftover, Why::Superseded);
}

// --- who serves for a cluster

World with_cluster() {
  Pm2Instance worker = World::instance(10, kFirst);
  worker.exec_mode = "cluster_mode";
  World world = with_app(worker);
  world.end(10);
  world.server(20, 5, kSecond).session = 5;
  entry(world).pid = 20;
  entry(world).pm_uptime_ms = unix_ms_at(kSecond);
  world.scan_for(seconds{30});
  return world;
}

TEST(Cluster, serves_through_its_daemon) {
  World world = with_cluster();
  world.serves(5, 3000);
  expect(world, 12, Standing::Leftover, Why::Superseded);
}

TEST(Cluster, is_no_app_in_fork_mode_whose_port_its_daemon_holds) {
  World world = with_cluster();
  entry(world).exec_mode = "fork_mode";
  world.serves(5, 3000);
  expect(world, 12, Standing::Held, Why::OnlyCopy);
}

TEST(Cluster, is_not_served_by_what_its_daemon_has_open_for_another) {
  World world = with_cluster();
  world.serves(5, 8080);
  expect(world, 12, Standing::Held, Why::OnlyCopy);
}

TEST(Cluster, is_not_served_by_the_sockets_that_its_daemon_is_asked_on) {
  World world = with_cluster();
  world.serves(5, 1);
  world.table.other_servers = {world.table.listeners[0].inode,
                               world.table.listeners[1].inode};
  world.table.listeners.clear();
  expect(world, 12, Standing::Held, Why::OnlyCopy);
}

}  // namespace
}  // namespace strayd
