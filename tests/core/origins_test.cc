// From whom a process comes, scan after scan: whatever was once seen of it
// stays known, and so does how it parted from that.
#include <string>
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
using testing::kNow;
using testing::unix_ms_at;
using testing::World;

const LaunchKey kLaunch{
    .instance = {.home = kHome, .unique_id = "u-1", .pm_id = 0},
    .pm_uptime_ms = unix_ms_at(seconds{9900})};

// An app in fork mode: npm (10, which PM2 lists), its shell (11), the server
// (12), which has no cookie (env -i).
World with_app() {
  World world;
  world.god(5);
  world.process(10, 5, seconds{9900}, {"npm run dev"});
  world.process(
      11, 10, seconds{9901}, {"sh", "-c", "tsx server.ts"}, "/usr/bin/dash");
  world.server(12, 11, seconds{9902});
  for (const pid_t pid : {11, 12}) {
    world.find(pid).session = 10;
    world.find(pid).group = 10;
  }
  world.lists(5, {World::instance(10, seconds{9900})});
  return world;
}

World seen(World world) {
  world.scan();
  world.scan();
  return world;
}

void expect_launch(World& world, pid_t pid) {
  const Origin* origin = world.origin(pid);
  ASSERT_NE(origin, nullptr);
  EXPECT_EQ(origin->owner, Origin::Owner::Launch);
  EXPECT_EQ(origin->launch, kLaunch);
  EXPECT_EQ(origin->name, "api");
}

void expect_parting(World& world, pid_t pid, Parting parting) {
  expect_launch(world, pid);
  if (const Origin* origin = world.origin(pid)) {
    EXPECT_EQ(origin->parting, parting);
  }
}

Life::End exited(pid_t pid, int code) {
  return {.pid = pid,
          .status = {.how = ExitStatus::How::Exited, .value = code}};
}

Life::End killed(pid_t pid) {
  return {.pid = pid,
          .status = {.how = ExitStatus::How::Signalled, .value = 9}};
}

Life::Birth born(pid_t child, pid_t parent) {
  return {.child = child, .parent = parent};
}

// --- where it was seen

TEST(Origin, of_what_is_below_the_listed_pid_is_its_launch) {
  World world = seen(with_app());
  for (const pid_t pid : {10, 11, 12}) {
    expect_parting(world, pid, Parting::None);
    EXPECT_EQ(world.origin(pid)->root, world.find(10).id);
    EXPECT_EQ(world.origin(pid)->since, kNow + seconds{5});
    EXPECT_EQ(world.origin(pid)->until, kNow + seconds{10});
  }
  EXPECT_EQ(world.origin(12)->parent, world.find(11).id);
  EXPECT_EQ(world.origin(5), nullptr);
}

TEST(Origin, of_what_carries_a_cookie_is_the_launch_that_it_names) {
  World world = with_app();
  world.server(20, 1, seconds{9950}).environment = World::cookie(seconds{9900});
  world.scan();
  expect_launch(world, 20);
}

TEST(Origin, of_what_is_in_the_session_of_a_listed_pid_is_its_launch) {
  World world = with_app();
  world.server(20, 1, seconds{9950}).session = 10;
  world.scan();
  expect_parting(world, 20, Parting::Left);
}

TEST(Origin, of_what_is_in_the_group_of_a_listed_pid_is_its_launch) {
  World world = with_app();
  world.server(20, 1, seconds{9950}).group = 10;
  world.scan();
  expect_parting(world, 20, Parting::Unseen);
}

TEST(Origin, is_no_launch_whose_session_began_later) {
  World world = with_app();
  world.server(20, 1, seconds{9800}).session = 10;
  world.scan();
  EXPECT_EQ(world.origin(20), nullptr);
}

TEST(Origin, is_no_launch_whose_session_is_another_ones_by_now) {
  World world = seen(with_app());
  world.end(10);
  world.lists(5, {World::instance(10, seconds{9900})});
  world.scan_for(seconds{10});
  // A person's shell, which got the pid.
  world.process(10, 1, seconds{10'030}, {"-bash"}, "/usr/bin/bash");
  world.server(20, 10, seconds{10'031}).session = 10;
  world.scan({}, seconds{60});
  EXPECT_EQ(world.origin(20), nullptr);
  world.end(10);
  world.server(21, 1, seconds{10'032}).session = 10;
  world.scan();
  EXPECT_EQ(world.origin(20), nullptr);
  EXPECT_EQ(world.origin(21), nullptr);
}

TEST(Origin, is_the_launch_that_leads_a_session_under_the_same_number_now) {
  World world = seen(with_app());
  for (const pid_t pid : {10, 11, 12}) world.end(pid);
  Pm2Instance stopped = World::instance(10, seconds{9900});
  stopped.status = Pm2Status::Stopped;
  stopped.pid.reset();
  Pm2Instance other = World::instance(10, seconds{10'020});
  other.unique_id = "u-2";
  other.pm_id = 1;
  world.process(10, 5, seconds{10'020}, {"npm run dev"});
  world.server(20, 1, seconds{10'021}).session = 10;
  world.lists(5, {stopped, other});
  world.scan({}, seconds{60});
  ASSERT_NE(world.origin(20), nullptr);
  EXPECT_EQ(world.origin(20)->launch.instance.unique_id, "u-2");
}

TEST(Origin, is_told_by_the_kernel_where_a_parent_was_never_seen) {
  World world = seen(with_app());
  world.server(20, 1, seconds{10'012});
  world.scan({.events = {born(19, 12), born(20, 19), exited(19, 0)}});
  expect_launch(world, 20);
}

TEST(Origin, is_told_by_the_kernel_over_several_that_were_never_seen) {
  World world = seen(with_app());
  world.server(20, 1, seconds{10'012});
  world.scan({.events = {born(18, 12), born(19, 18), born(20, 19)}});
  expect_launch(world, 20);
}

TEST(Origin, is_told_by_the_kernel_of_what_has_ended_since) {
  World world = seen(with_app());
  world.end(12);
  world.server(20, 1, seconds{10'012});
  world.scan({.events = {born(19, 12), born(20, 19), killed(12)}});
  expect_launch(world, 20);
}

TEST(Origin, is_told_by_the_kernel_of_a_launch_that_was_never_listed) {
  World world = seen(with_app());
  world.server(20, 1, seconds{10'012});
  world.scan({.events = {born(19, 5), born(20, 19), killed(19)}});
  ASSERT_NE(world.origin(20), nullptr);
  EXPECT_EQ(world.origin(20)->owner, Origin::Owner::Pm2);
  EXPECT_EQ(world.origin(20)->launch.instance.home, kHome);
  expect(world, 20, Standing::Held, Why::SeenBelowSupervisor);
}

TEST(Origin, is_told_by_the_kernel_whatever_the_order_of_the_pids) {
  World world = seen(with_app());
  world.end(11);
  world.scan({.events = {killed(11)}});
  // Its pid is lower than that of the one it comes from.
  world.server(8, 1, seconds{10'017});
  world.scan({.events = {born(7, 12), born(8, 7), exited(7, 0)}});
  expect_launch(world, 8);
}

TEST(Origin, is_not_told_by_a_pid_that_was_used_again) {
  World world = seen(with_app());
  world.end(12);
  world.server(20, 1, seconds{10'012});
  world.scan({.events = {killed(12), born(12, 1), born(20, 12)}});
  EXPECT_EQ(world.origin(20), nullptr);
}

TEST(Origin, is_not_told_by_a_pid_that_is_used_again) {
  World world = seen(with_app());
  // Born of one that is gone, under whose pid the app has a process now.
  world.server(20, 1, seconds{10'011});
  world.process(19, 10, seconds{10'012}, {"x"}, "/x").session = 10;
  world.scan({.events = {born(20, 19), born(19, 10)}});
  EXPECT_EQ(world.origin(20), nullptr);
}

TEST(Origin, is_inherited_by_what_a_process_forks) {
  World world = seen(with_app());
  world.end(10);
  world.end(11);
  world.scan({.events = {killed(10), killed(11)}});
  world.process(20, 12, seconds{10'016}, {"worker"}, "/usr/bin/worker");
  world.scan();
  expect_parting(world, 20, Parting::Left);
  EXPECT_EQ(world.origin(20)->parent, world.find(12).id);
}

TEST(Origin, is_inherited_before_the_next_scan_by_what_is_born_since) {
  World world = seen(with_app());
  world.lists(5, {});
  world.end(10);
  world.end(11);
  world.scan();
  world.server(20, 12, seconds{10'017});
  expect(world, 20, Standing::Held, Why::NewerTooFresh);
}

TEST(Origin, is_not_inherited_from_one_that_took_over_the_pid) {
  World world = seen(with_app());
  world.end(12);
  world.server(12, 1, seconds{10'011});
  world.scan();
  EXPECT_EQ(world.origin(12), nullptr);
  expect(world, 12, Standing::Stray, Why::NoOwner);
}

TEST(Origin, is_not_inherited_from_a_younger_parent) {
  World world = seen(with_app());
  world.server(20, 12, seconds{9000});
  world.scan();
  EXPECT_EQ(world.origin(20), nullptr);
}

TEST(Origin, is_kept_while_pm2_is_silent_or_dead) {
  for (const Pm2Quiet quiet : {Pm2Quiet::Silent, Pm2Quiet::Dead}) {
    World world = seen(with_app());
    for (const pid_t pid : {5, 10, 11}) world.end(pid);
    world.pm2.front().reply = std::unexpected(Pm2Silence{.kind = quiet});
    world.scan_for(seconds{3600});
    expect_parting(world, 12, Parting::Left);
    expect(world,
           12,
           Standing::Held,
           quiet == Pm2Quiet::Silent ? Why::Pm2Silent : Why::Pm2Lost);
  }
}

TEST(Origin, is_kept_when_its_home_is_told_under_another_path) {
  World world = seen(with_app());
  world.end(10);
  world.end(11);
  world.pm2.front().home = "/data/.pm2";
  world.pm2.front().aliases = {kHome};
  world.scan();
  ASSERT_NE(world.origin(12), nullptr);
  EXPECT_EQ(world.origin(12)->launch.instance.home, "/data/.pm2");
  EXPECT_TRUE(world.memory.launches.contains(world.origin(12)->launch));
}

TEST(Origin, is_forgotten_with_the_process) {
  World world = seen(with_app());
  const ProcId server = world.find(12).id;
  world.find(12).state = 'Z';
  world.scan();
  EXPECT_FALSE(world.memory.origins.contains(server));
}

TEST(Origin, below_a_daemon_is_the_daemon_until_a_launch_is_known) {
  World world = with_app();
  world.lists(5, {});
  world.scan();
  ASSERT_NE(world.origin(12), nullptr);
  EXPECT_EQ(world.origin(12)->owner, Origin::Owner::Pm2);

  World parted = world;
  for (const pid_t pid : {10, 11}) parted.end(pid);
  parted.lists(5, {World::instance(99, seconds{9900})});
  parted.scan_for(seconds{60});
  expect(parted, 12, Standing::Held, Why::SeenBelowSupervisor);

  world.lists(5, {World::instance(10, seconds{9900})});
  world.scan();
  expect_launch(world, 12);
}

TEST(Origin, below_a_daemon_is_the_launch_that_a_cookie_names) {
  World world = with_app();
  world.find(12).environment = World::cookie(seconds{9900});
  world.lists(5, {});
  world.scan();
  expect_parting(world, 12, Parting::None);
}

TEST(Origin, below_a_daemon_stays_the_launch_that_was_seen) {
  World world = seen(with_app());
  world.end(10);
  world.find(11).parent = 5;  // a container's daemon adopts
  world.lists(5, {World::instance(99, seconds{10'010})});
  world.scan();
  expect_launch(world, 12);
}

// --- another supervisor's

TEST(Origin, below_another_supervisor_is_held_also_after_it_has_parted) {
  World world;
  world.process(30, 1, seconds{50}, {"supervisord"}, "/usr/bin/python3");
  world.server(31, 30);
  world.scan();
  world.end(30);
  world.scan_for(seconds{3600});
  ASSERT_NE(world.origin(31), nullptr);
  EXPECT_EQ(world.origin(31)->owner, Origin::Owner::Supervisor);
  expect(world, 31, Standing::Held, Why::SeenBelowSupervisor);
}

TEST(Origin, of_what_a_supervisor_in_an_app_runs_is_that_supervisor) {
  World world = with_app();
  world.process(30, 12, seconds{9910}, {"supervisord"}, "/usr/bin/python3");
  world.server(31, 30, seconds{9911});
  world.scan();
  ASSERT_NE(world.origin(31), nullptr);
  EXPECT_EQ(world.origin(31)->owner, Origin::Owner::Supervisor);
  expect_launch(world, 30);
}

TEST(Origin, of_a_daemon_that_an_app_has_started_is_not_that_app) {
  World world = with_app();
  Process& nested = world.process(
      30, 12, seconds{9910}, {"PM2 v7.0.4: God Daemon (/srv/other)"});
  nested.comm = "PM2 v7.0.4: God";
  world.server(31, 30, seconds{9911});
  world.scan();
  EXPECT_EQ(world.origin(30), nullptr);
  ASSERT_NE(world.origin(31), nullptr);
  EXPECT_EQ(world.origin(31)->owner, Origin::Owner::Pm2);
  EXPECT_EQ(world.origin(31)->launch.instance.home, "/srv/other");
}

// --- let go, or left

// The shell (11) has started a server (12), and ends so.
World with_starter(Life life) {
  World world = seen(with_app());
  world.find(12).ignores_hangup = true;
  world.end(11);
  world.scan(life);
  return world;
}

TEST(Parting, from_a_starter_that_ended_by_itself_lets_a_nohup_go) {
  for (const int code : {0, 1, 128, 255}) {
    World world = with_starter({.events = {exited(11, code)}});
    expect_parting(world, 12, Parting::LetGo);
  }
}

TEST(Parting, from_a_starter_that_ended_by_itself_lets_a_session_leader_go) {
  World world = seen(with_app());
  world.find(12).session = 12;
  world.end(11);
  world.scan({.events = {exited(11, 0)}});
  expect_parting(world, 12, Parting::LetGo);
}

TEST(Parting, from_a_starter_that_ended_by_itself_leaves_a_plain_child) {
  World world = seen(with_app());
  world.end(11);
  world.scan({.events = {exited(11, 0)}});
  expect_parting(world, 12, Parting::Left);
}

TEST(Parting, is_told_of_a_process_that_was_held_by_its_pidfd) {
  World world = seen(with_app());
  const ProcId shell = world.find(11).id;
  world.find(12).ignores_hangup = true;
  world.end(11);
  Life life;
  life.ends[shell] = exited(11, 0).status;
  world.scan(life);
  expect_parting(world, 12, Parting::LetGo);
}

TEST(Parting, from_a_parent_that_a_signal_ended_leaves) {
  World world = with_starter({.events = {killed(11)}});
  expect_parting(world, 12, Parting::Left);
}

TEST(Parting, from_a_parent_that_says_a_signal_ended_it_leaves) {
  for (const int code : {129, 130, 143}) {
    World world = with_starter({.events = {exited(11, code)}});
    expect_parting(world, 12, Parting::Left);
  }
}

TEST(Parting, from_a_parent_whose_end_was_not_seen_is_not_seen) {
  World world = with_starter({});
  expect_parting(world, 12, Parting::Unseen);
}

TEST(Parting, from_a_parent_whose_end_was_not_seen_leaves_a_plain_child) {
  World world = seen(with_app());
  world.end(11);
  world.scan();
  expect_parting(world, 12, Parting::Left);
}

TEST(Parting, is_not_told_by_the_end_of_one_that_had_the_pid_later) {
  const Life::End later = killed(11);
  World let_go = with_starter({.events = {exited(11, 0), born(11, 12), later}});
  expect_parting(let_go, 12, Parting::LetGo);
  World not_told = with_starter({.events = {born(11, 12), later}});
  expect_parting(not_told, 12, Parting::Unseen);
}

TEST(Parting, is_no_letting_go_while_the_launch_is_stopped) {
  World stopping = seen(with_app());
  stopping.find(12).ignores_hangup = true;
  stopping.end(11);
  stopping.pm2.front().reply->instances.front().status = Pm2Status::Stopping;
  stopping.scan({.events = {exited(11, 0)}});
  expect_parting(stopping, 12, Parting::Left);

  World told = with_starter({.events = {exited(11, 0)}, .wanted = {kLaunch}});
  expect_parting(told, 12, Parting::Left);
}

TEST(Parting, is_no_letting_go_after_a_stop_that_was_told_amid_a_silence) {
  World world = seen(with_app());
  world.find(12).ignores_hangup = true;
  const std::vector<Pm2View> heard = std::exchange(
      world.pm2,
      {{.home = kHome,
        .uid = 1000,
        .reply = std::unexpected(Pm2Silence{.kind = Pm2Quiet::Silent})}});
  world.scan({.wanted = {kLaunch}});
  world.pm2 = heard;
  world.end(11);
  world.scan({.events = {exited(11, 0)}});
  expect_parting(world, 12, Parting::Left);
}

TEST(Parting, beside_the_end_of_its_launch_is_not_seen) {
  World world = seen(with_app());
  world.find(12).ignores_hangup = true;
  world.end(11);
  world.end(10);
  world.scan({.events = {exited(11, 0), killed(10)}});
  expect_parting(world, 12, Parting::Unseen);
}

TEST(Parting, from_the_listed_pid_leaves_whatever_leads_its_session) {
  World world = seen(with_app());
  world.server(20, 10, seconds{9903}).ignores_hangup = true;
  world.scan();
  world.end(10);
  for (const Life::End& end : {exited(10, 0), exited(10, 1), killed(10)}) {
    World ended = world;
    ended.scan({.events = {end}});
    expect_parting(ended, 20, Parting::Left);
  }
}

TEST(Parting, from_the_listed_pid_leaves_what_was_born_since) {
  World world = seen(with_app());
  world.server(20, 1, seconds{10'012});
  for (const pid_t pid : {10, 11, 12}) world.end(pid);
  world.scan({.events = {born(20, 10), exited(10, 1)}});
  expect_parting(world, 20, Parting::Left);
}

TEST(Parting, from_a_worker_of_a_cluster_leaves_its_child) {
  World world = with_app();
  for (const pid_t pid : {10, 11, 12}) world.find(pid).session = 5;
  world.pm2.front().reply->instances.front().exec_mode = "cluster_mode";
  world.server(20, 10, seconds{9903}).session = 5;
  world = seen(std::move(world));
  world.end(10);
  world.scan();
  expect_parting(world, 20, Parting::Left);
}

// The app starts its server in the background, and ends.
World with_launcher(Life life, bool nohup) {
  World world = with_app();
  world.pm2.front().reply->instances.front().restarts = false;
  world.server(20, 10, seconds{9903}).ignores_hangup = nohup;
  world.find(20).session = 10;
  world = seen(std::move(world));
  world.end(10);
  world.scan(life);
  return world;
}

TEST(Parting, from_a_launcher_that_ended_well_lets_go) {
  World world = with_launcher({.events = {exited(10, 0)}}, true);
  expect_parting(world, 20, Parting::LetGo);
}

TEST(Parting, from_a_launcher_that_ended_well_leaves_a_plain_child) {
  World world = with_launcher({.events = {exited(10, 0)}}, false);
  expect_parting(world, 20, Parting::Left);
}

TEST(Parting, from_a_launcher_that_failed_leaves) {
  for (const Life::End& end : {exited(10, 1), killed(10)}) {
    World world = with_launcher({.events = {end}}, true);
    expect_parting(world, 20, Parting::Left);
  }
}

TEST(Parting, from_a_launcher_that_was_stopped_leaves) {
  World world =
      with_launcher({.events = {exited(10, 0)}, .wanted = {kLaunch}}, true);
  expect_parting(world, 20, Parting::Left);
}

TEST(Parting, from_a_launcher_whose_end_was_not_seen_is_not_seen) {
  World nohup = with_launcher({}, true);
  expect_parting(nohup, 20, Parting::Unseen);
  World plain = with_launcher({}, false);
  expect_parting(plain, 20, Parting::Left);
}

TEST(Parting, is_that_of_the_parent_that_has_parted) {
  World world = seen(with_app());
  world.process(20, 12, seconds{9903}, {"worker"}, "/usr/bin/worker").session =
      10;
  world.scan();
  world.find(12).ignores_hangup = true;
  world.end(11);
  world.scan({.events = {exited(11, 0)}});
  expect_parting(world, 20, Parting::LetGo);
}

TEST(Parting, is_kept_for_ever) {
  World world = with_starter({.events = {exited(11, 0)}});
  world.end(10);
  world.scan({.events = {killed(10)}});
  expect_parting(world, 12, Parting::LetGo);
}

TEST(Parting, of_what_a_shell_that_lets_go_has_born_is_told_by_the_kernel) {
  World world = seen(with_app());
  world.server(20, 1, seconds{10'012});
  World killed_starter = world;
  world.scan({.events = {born(19, 12), born(20, 19), exited(19, 0)}});
  expect_parting(world, 20, Parting::LetGo);
  killed_starter.scan({.events = {born(19, 12), born(20, 19), killed(19)}});
  expect_parting(killed_starter, 20, Parting::Left);
}

// --- PM2's own child, which leads a session

TEST(OwnChild, that_pm2_listed_is_left_though_it_leads_its_session) {
  World world = seen(with_app());
  world.end(5);
  world.pm2.clear();
  world.scan();
  expect_parting(world, 10, Parting::None);
  EXPECT_EQ(world.origin(10)->root, world.find(10).id);
}

// strayd came when PM2 was gone.
World with_late_cookies() {
  World world;
  Process& real = world.process(10, 1, seconds{9900}, {"npm run dev"});
  real.environment = World::cookie(seconds{9900});
  Process& helper = world.server(20, 1, seconds{9901});
  helper.environment = World::cookie(seconds{9900});
  return world;
}

TEST(OwnChild, is_what_runs_the_script_that_its_cookie_names) {
  World world = with_late_cookies();
  world.scan();
  expect_parting(world, 10, Parting::Left);
  expect_parting(world, 20, Parting::Unseen);
}

TEST(OwnChild, is_nothing_that_began_at_another_time) {
  World world = with_late_cookies();
  world.find(10).started = seconds{9903};
  world.scan();
  expect_parting(world, 10, Parting::Unseen);
}

TEST(OwnChild, is_the_one_that_pm2_listed_and_no_other) {
  World world = with_late_cookies();
  world.god(5);
  world.server(30, 5, seconds{9900});
  world.lists(5, {World::instance(30, seconds{9900})});
  world.scan();
  expect_parting(world, 10, Parting::Unseen);
  expect_parting(world, 20, Parting::Unseen);
}

// A cluster's worker has its daemon's log as output, and so has its child.
TEST(OwnOutput, is_not_that_of_the_daemon) {
  const FileId log{.device = 1, .inode = 7};
  const FileId other{.device = 1, .inode = 8};
  for (const auto& [file, parting] :
       {std::pair{log, Parting::Left}, std::pair{other, Parting::Unseen}}) {
    World world = with_late_cookies();
    world.god(5);
    world.find(5).output_files = {log};
    world.find(20).session = 19;
    world.find(20).has_own_output = true;
    world.find(20).output_files = {file};
    world.lists(5, {});
    world.scan();
    expect_parting(world, 20, parting);
  }
}

// --- pid 1 is a PM2

World with_runtime() {
  World world;
  world.find(1).argv =
      std::vector<std::string>{"node", "/usr/bin/pm2-runtime", "start"};
  world.find(1).uid = 1000;
  world.process(10, 1, seconds{9900}, {"npm run dev"}).environment =
      World::cookie(seconds{9900});
  world.server(12, 10, seconds{9902}).session = 10;
  world.lists(1, {World::instance(10, seconds{9900})});
  return world;
}

TEST(Adopted, by_a_runtime_is_what_a_launch_has_left) {
  World world = seen(with_runtime());
  world.end(10);
  world.process(20, 1, seconds{10'011}, {"npm run dev"});
  world.lists(1, {World::instance(20, seconds{10'011})});
  world.scan({.events = {killed(10)}});
  expect_parting(world, 12, Parting::Left);
  world.scan_for(seconds{60});
  expect(world, 12, Standing::Leftover, Why::Superseded);
}

TEST(Adopted, by_a_runtime_is_what_the_cookie_of_another_names) {
  World world = with_runtime();
  world.server(30, 1, seconds{9000}).environment = World::cookie(seconds{8900});
  world.find(30).session = 29;
  world.scan();
  ASSERT_NE(world.origin(30), nullptr);
  EXPECT_EQ(world.origin(30)->parting, Parting::Left);
}

TEST(Adopted, by_a_runtime_is_no_child_that_it_was_seen_to_start) {
  World world = seen(with_runtime());
  world.lists(1, {});
  world.memory.launches.clear();
  world.find(10).environment = Environment{};
  world.scan();
  expect_parting(world, 10, Parting::None);
}

TEST(Adopted, by_a_runtime_is_no_worker_that_a_cookie_alone_names) {
  World world = with_runtime();
  world.server(30, 1, seconds{9000}).environment = World::cookie(seconds{8900});
  world.find(30).environment->insert({"exec_mode", "cluster_mode"});
  world.scan();
  ASSERT_NE(world.origin(30), nullptr);
  EXPECT_EQ(world.origin(30)->parting, Parting::None);
}

TEST(Adopted, by_a_runtime_is_no_worker_of_its_own) {
  World world = seen(with_runtime());
  // A reload lists the new worker; the old one drains.
  world.process(20, 1, seconds{10'011}, {"npm run dev"});
  world.lists(1, {World::instance(20, seconds{10'011})});
  world.scan_for(seconds{60});
  expect(world, 12, Standing::Managed, Why::BelowSupervisor);
  expect_parting(world, 10, Parting::None);
}

// --- forgotten

TEST(Forgotten, is_what_is_older_than_the_loss_and_has_no_origin) {
  World world;
  world.server(10, 1, seconds{100});
  world.server(11, 1, seconds{300});
  world.memory.forgotten = seconds{200};
  world.scan();
  expect(world, 10, Standing::Held, Why::Forgotten);
  expect(world, 11, Standing::Stray, Why::NoOwner);
}

TEST(Forgotten, is_nothing_whose_origin_is_known) {
  World world = seen(with_app());
  world.memory.forgotten = world.snapshot.taken;
  world.end(10);
  world.end(11);
  world.lists(5, {World::instance(99, seconds{9900})});
  world.scan();
  expect(world, 12, Standing::Held, Why::NewerTooFresh);
}

TEST(Forgotten, is_what_such_a_process_has_started) {
  World world;
  world.process(9, 1, seconds{100}, {"starter"}, "/usr/bin/starter");
  world.server(10, 9, seconds{300});
  world.memory.forgotten = seconds{200};
  world.scan();
  expect(world, 10, Standing::Held, Why::Forgotten);
}

TEST(Forgotten, stays_what_such_a_process_has_started_when_that_has_ended) {
  World world;
  world.process(9, 1, seconds{100}, {"starter"}, "/usr/bin/starter");
  world.memory.forgotten = seconds{200};
  world.scan();
  world.server(10, 9, seconds{10'001});
  world.scan();
  world.end(9);
  world.scan_for(seconds{60});
  expect(world, 10, Standing::Held, Why::Forgotten);
}

TEST(Forgotten, stays_what_was_born_of_such_a_process_between_two_scans) {
  World world;
  world.process(9, 1, seconds{100}, {"starter"}, "/usr/bin/starter");
  world.memory.forgotten = seconds{200};
  world.scan();
  world.server(10, 1, seconds{10'001});
  world.end(9);
  world.scan({.events = {Life::Birth{.child = 10, .parent = 9}}});
  world.scan_for(seconds{60});
  expect(world, 10, Standing::Held, Why::Forgotten);
}

TEST(Forgotten, is_no_more_what_is_seen_to_come_from_somebody) {
  World world = with_app();
  world.memory.forgotten = world.snapshot.taken;
  world.scan();
  EXPECT_EQ(world.origin(12)->owner, Origin::Owner::Launch);
}

TEST(Forgotten, is_whatever_began_before_more_origins_than_are_kept) {
  World world;
  world.god(5);
  for (std::size_t i = 0; i < kMostOrigins; ++i) {
    world.process(static_cast<pid_t>(100 + i), 5, seconds{100}, {"x"}, "/x");
  }
  world.scan();
  EXPECT_EQ(world.memory.origins.size(), kMostOrigins);
  EXPECT_FALSE(world.memory.forgotten);
  world.process(9'000'000, 5, seconds{100}, {"x"}, "/x");
  world.scan();
  EXPECT_EQ(world.memory.origins.size(), kMostOrigins);
  EXPECT_EQ(world.memory.forgotten, world.snapshot.taken);
  world.end(9'000'000);
  world.scan();
  EXPECT_EQ(world.memory.forgotten, world.snapshot.taken - seconds{5});
}

}  // namespace
}  // namespace strayd
