// Who listens on an app's ports, and who keeps the app off them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/core/plan.h"

#include "support/app_world.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using testing::AppWorld;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kHome;
using testing::kPort;
using ::testing::SizeIs;
using testing::World;

const AppReport& app(const AppsPicture& picture, const std::string& name) {
  for (const AppReport& report : picture.apps) {
    if (report.app == name) return report;
  }
  std::abort();
}

// -1: the port is not told.
int sockets(const AppReport& report, Owner owner, std::uint16_t port = kPort) {
  for (const PortShare& share : *report.ports) {
    if (share.port == port && share.owner == owner) {
      return static_cast<int>(share.sockets);
    }
  }
  return -1;
}

int sockets(const AppsPicture& picture,
            Owner owner,
            std::uint16_t port = kPort) {
  return sockets(picture.apps.front(), owner, port);
}

pid_t holder(const AppsPicture& picture, Owner owner) {
  for (const PortShare& share : *picture.apps.front().ports) {
    if (share.owner == owner && share.holder) return share.holder->pid;
  }
  return 0;
}

// An orphan of the app's launch before this one, as after `kill -9` of npm.
AppWorld with_leftover() {
  AppWorld world = AppWorld::with_watched_app();
  Process& left = world.server(40, 1, seconds{60});
  left.session = 39;  // of its launch, which is over
  left.environment = World::cookie(seconds{60});
  world.answers(5, {World::instance(10, seconds{100})});
  return world;
}

TEST(Ports, a_port_that_the_tree_listens_on_is_the_app_s) {
  AppWorld world = AppWorld::with_watched_app();
  world.listen(13);
  const AppsPicture picture = world.look();
  EXPECT_EQ(sockets(picture, Owner::Managed), 1);
  EXPECT_EQ(sockets(picture, Owner::Orphan), 0);
  EXPECT_EQ(sockets(picture, Owner::Foreign), 0);
  EXPECT_EQ(holder(picture, Owner::Managed), 13);
  EXPECT_THAT(picture.conflicts, IsEmpty());
}

TEST(Ports, are_not_told_where_sockets_are_not_known) {
  AppWorld world = AppWorld::with_watched_app();
  world.sockets_are_known = false;
  EXPECT_FALSE(world.look().apps.front().ports);
}

TEST(Ports, of_other_programs_are_no_app_s) {
  AppWorld world = AppWorld::with_watched_app();
  world.process(50, 1, seconds{10}, {"nginx"}, "/usr/sbin/nginx");
  world.listen(50, 80);
  EXPECT_THAT(*world.look().apps.front().ports, IsEmpty());
}

TEST(Ports, several_sockets_on_one_port_are_counted) {
  AppWorld world = AppWorld::with_watched_app();
  world.listen(13);
  world.listen(13);
  EXPECT_EQ(sockets(world.look(), Owner::Managed), 2);
}

TEST(Ports, a_socket_that_several_processes_hold_counts_once) {
  AppWorld world = AppWorld::with_watched_app();
  const SocketInode inode = world.listen(13);
  world.process(14, 13, seconds{120}, {"node", "child.js"});
  world.hold(14, inode);
  EXPECT_EQ(sockets(world.look(), Owner::Managed), 1);
}

TEST(Ports, a_process_with_one_socket_under_two_numbers_counts_it_once) {
  AppWorld world = AppWorld::with_watched_app();
  world.hold(13, world.listen(13));
  EXPECT_EQ(sockets(world.look(), Owner::Managed), 1);
}

TEST(Ports, a_socket_that_an_orphan_shares_with_the_app_is_the_app_s) {
  AppWorld world = with_leftover();
  const SocketInode inode = world.listen(40);
  world.hold(13, inode);
  const AppsPicture picture = world.look();
  EXPECT_EQ(sockets(picture, Owner::Managed), 1);
  EXPECT_EQ(sockets(picture, Owner::Orphan), 0);
}

TEST(Ports, are_remembered_while_the_app_is_listed) {
  AppWorld world = AppWorld::with_watched_app();
  world.listen(13);
  world.look();
  world.end(13);
  EXPECT_EQ(sockets(world.look(), Owner::Managed), 0);
  world.process(30, 5, seconds{100}, {"node", "other.js"});
  world.answers(5, {AppWorld::app("other", 30)});
  world.look();
  world.answers(5, {World::instance(10, seconds{100})});
  EXPECT_THAT(*world.look().apps.front().ports, IsEmpty());
}

TEST(Ports, are_remembered_while_pm2_is_silent) {
  AppWorld world = AppWorld::with_watched_app();
  world.listen(13);
  world.look();
  world.end(13);
  world.is_quiet(Pm2Quiet::Silent);
  world.look();
  world.answers(5, {World::instance(10, seconds{100})});
  EXPECT_EQ(sockets(world.look(), Owner::Managed), 0);
}

TEST(Ports, an_app_has_at_most_so_many_and_keeps_those_in_use) {
  AppWorld world = AppWorld::with_watched_app();
  const SocketInode gone = world.listen(13, 1);
  world.listen(13, 2);
  world.look();
  world.close(gone);
  for (std::uint16_t i = 0; i < 30; ++i) {
    world.listen(13, static_cast<std::uint16_t>(5000 + i));
  }
  const AppsPicture picture = world.look();
  EXPECT_THAT(*picture.apps.front().ports, SizeIs(3 * kMostPorts));
  EXPECT_EQ(sockets(picture, Owner::Managed, 1), -1);
  EXPECT_EQ(sockets(picture, Owner::Managed, 2), 1);
  EXPECT_EQ(world.look().apps.front().ports, picture.apps.front().ports);
}

TEST(Ports, are_remembered_over_a_restart_of_strayd) {
  AppWorld world = AppWorld::with_watched_app();
  world.listen(13);
  const KnownPorts kept = known_ports(world.look().memory);
  world.end(13);
  world.server(41, 1, seconds{112});
  world.listen(41);
  world.seen = {};
  restore_ports(world.seen, kept);
  const AppsPicture picture = world.look();
  ASSERT_THAT(picture.conflicts, SizeIs(1));
  EXPECT_EQ(picture.conflicts.front().holder, world.find(41).id);
}

TEST(Ports, that_nobody_told_strayd_of_are_nobody_s) {
  AppWorld world = AppWorld::with_watched_app();
  world.listen(13);
  world.look();
  world.end(13);
  world.server(41, 1, seconds{112});
  world.listen(41);
  world.seen = {};
  EXPECT_THAT(world.look().conflicts, IsEmpty());
}

// --- orphans

TEST(PortConflict, an_orphan_of_the_app_holds_the_port_of_a_watched_app) {
  AppWorld world = with_leftover();
  world.end(13);  // of EADDRINUSE
  world.listen(40);
  const AppsPicture picture = world.look();
  ASSERT_EQ(world.verdict(40).standing, Standing::Leftover);
  EXPECT_EQ(sockets(picture, Owner::Managed), 0);
  EXPECT_EQ(sockets(picture, Owner::Orphan), 1);
  const ProcId orphan = world.find(40).id;
  const Pm2Instance before = World::instance(10, seconds{60});
  EXPECT_THAT(
      picture.conflicts,
      ElementsAre(PortConflict{
          .app = {.home = kHome, .app = "api"},
          .port = kPort,
          .owner = Owner::Orphan,
          .holder = orphan,
          .tree = orphan,
          .launch = LaunchKey{.instance = {.home = kHome,
                                           .unique_id = before.unique_id,
                                           .pm_id = before.pm_id},
                              .pm_uptime_ms = *before.pm_uptime_ms}}));
}

TEST(PortConflict, a_stray_without_a_cookie_holds_a_port_that_was_the_app_s) {
  AppWorld world = AppWorld::with_watched_app();
  world.listen(13);
  world.look();
  world.end(13);
  world.process(
      41, 1, seconds{60}, {"sh", "-c", "tsx src/server.ts"}, "/usr/bin/dash");
  world.server(40, 41, seconds{61});
  world.listen(40);
  const AppsPicture picture = world.look();
  EXPECT_EQ(sockets(picture, Owner::Orphan), 1);
  ASSERT_THAT(picture.conflicts, SizeIs(1));
  EXPECT_EQ(picture.conflicts.front().tree, world.find(41).id);
  EXPECT_EQ(trees_in_conflict(picture.conflicts),
            std::set<ProcId>{world.find(41).id});
}

TEST(PortConflict, tells_of_which_launch_the_socket_was) {
  AppWorld world = AppWorld::with_watched_app();
  const SocketInode inode = world.listen(13);
  world.look();
  world.process(40, 1, seconds{112}, {"python3", "serve.py"});
  world.hold(40, inode);
  world.end(13);
  world.end(10);
  world.answers(5, {World::instance(10, seconds{130})});
  world.look();
  const AppsPicture picture = world.look();
  ASSERT_THAT(picture.conflicts, SizeIs(1));
  ASSERT_TRUE(picture.conflicts.front().launch);
  EXPECT_EQ(picture.conflicts.front().launch->pm_uptime_ms,
            World::instance(10, seconds{100}).pm_uptime_ms);
}

TEST(PortConflict, with_a_stranger_is_of_no_launch) {
  AppWorld world = AppWorld::with_watched_app();
  world.listen(13);
  world.look();
  world.end(13);
  world.server(40, 1, seconds{112});
  world.listen(40);
  const AppsPicture picture = world.look();
  ASSERT_THAT(picture.conflicts, SizeIs(1));
  EXPECT_FALSE(picture.conflicts.front().launch);
}

TEST(PortConflict, a_pending_orphan_is_an_orphan) {
  AppWorld world = with_leftover();
  world.end(13);
  world.listen(40);
  world.read();
  world.verdicts =
      plan(world.verdicts, {}, world.snapshot, world.policy, {}).verdicts;
  ASSERT_EQ(world.verdicts.back().standing, Standing::Pending);
  EXPECT_EQ(sockets(world.observe(), Owner::Orphan), 1);
}

TEST(PortConflict, is_none_while_the_app_listens_there_too) {
  AppWorld world = with_leftover();
  world.listen(40);
  world.listen(13);
  const AppsPicture picture = world.look();
  EXPECT_EQ(sockets(picture, Owner::Managed), 1);
  EXPECT_EQ(sockets(picture, Owner::Orphan), 1);
  EXPECT_THAT(picture.conflicts, IsEmpty());
}

TEST(PortConflict, is_none_where_the_operator_stopped_the_app) {
  AppWorld world = with_leftover();
  for (const pid_t pid : {10, 11, 12, 13}) world.end(pid);
  Pm2Instance stopped = World::instance(10, seconds{100});
  stopped.pid.reset();
  stopped.status = Pm2Status::Stopped;
  world.answers(5, {stopped});
  world.listen(40);
  const AppsPicture picture = world.look();
  EXPECT_EQ(sockets(picture, Owner::Orphan), 1);
  EXPECT_THAT(picture.conflicts, IsEmpty());
}

// --- strangers

// The app's server died, and somebody else has its port.
AppWorld with_stranger() {
  AppWorld world = AppWorld::with_watched_app();
  world.listen(13);
  world.look();
  world.end(13);
  world.process(50, 1, seconds{9000}, {"python3"}, "/usr/bin/python3");
  world.listen(50);
  return world;
}

TEST(Strangers, another_app_is_one) {
  AppWorld world = AppWorld::with_watched_app();
  world.process(30, 5, seconds{100}, {"node", "other.js"});
  world.answers(
      5, {World::instance(10, seconds{100}), AppWorld::app("other", 30)});
  world.listen(13);
  world.look();
  world.end(13);
  world.listen(30);
  const AppsPicture picture = world.look();
  EXPECT_EQ(sockets(app(picture, "api"), Owner::Foreign), 1);
  EXPECT_EQ(sockets(app(picture, "other"), Owner::Managed), 1);
  ASSERT_THAT(picture.conflicts, SizeIs(1));
  EXPECT_EQ(picture.conflicts.front().app.app, "api");
  EXPECT_EQ(picture.conflicts.front().holder, world.find(30).id);
  EXPECT_FALSE(picture.conflicts.front().tree);
}

TEST(Strangers, what_is_held_is_one) {
  AppWorld world = AppWorld::with_watched_app();
  world.listen(13);
  world.look();
  world.end(13);
  world.server(40, 1, seconds{60}).tracer = 7;
  world.listen(40);
  EXPECT_EQ(sockets(world.look(), Owner::Foreign), 1);
}

TEST(Strangers, do_not_keep_an_app_off_what_it_can_do_without) {
  AppWorld world = AppWorld::with_watched_app();
  world.process(30, 5, seconds{100}, {"node", "other.js"});
  world.answers(
      5, {World::instance(10, seconds{100}), AppWorld::app("other", 30)});
  world.snapshot.taken = seconds{115};
  world.listen(13);
  const SocketInode debugger = world.listen(13, 9229);
  world.look();
  world.close(debugger);
  world.listen(30, 9229);
  EXPECT_THAT(world.look().conflicts, SizeIs(1)) << "it was launched just now";
  world.snapshot.taken += seconds{60};
  EXPECT_THAT(world.look().conflicts, IsEmpty());
  EXPECT_EQ(sockets(app(world.observe(), "api"), Owner::Foreign, 9229), 1);
}

TEST(Strangers,
     what_an_earlier_launch_left_names_the_port_also_where_it_is_held) {
  AppWorld world = with_leftover();
  for (const pid_t pid : {10, 11, 12, 13}) world.end(pid);
  Pm2Instance given_up = World::instance(10, seconds{100});
  given_up.pid.reset();
  given_up.status = Pm2Status::Errored;
  world.answers(5, {given_up});
  world.serves(40);
  world.listen(40);
  const AppsPicture picture = world.look();
  ASSERT_EQ(world.verdict(40).standing, Standing::Held);
  ASSERT_THAT(picture.conflicts, SizeIs(1));
  EXPECT_EQ(picture.conflicts.front().owner, Owner::Foreign);
  EXPECT_EQ(picture.conflicts.front().holder, world.find(40).id);
}

TEST(Strangers, a_socket_without_a_holder_is_not_told_at_first_sight) {
  AppWorld world = with_stranger();
  const AppsPicture picture = world.look();
  EXPECT_FALSE(world.is_wanted(50));
  EXPECT_EQ(sockets(picture, Owner::Managed), -1);
  EXPECT_THAT(picture.conflicts, IsEmpty());
}

TEST(Strangers, are_looked_for_among_all_processes_in_the_next_scan) {
  AppWorld world = with_stranger();
  world.look();
  const AppsPicture picture = world.look();
  EXPECT_EQ(sockets(picture, Owner::Foreign), 1);
  ASSERT_THAT(picture.conflicts, SizeIs(1));
  EXPECT_EQ(picture.conflicts.front().holder, world.find(50).id);
}

TEST(Holders, of_an_app_that_nobody_doubts_are_settled) {
  AppWorld world = AppWorld::with_watched_app();
  world.look();
  EXPECT_TRUE(world.is_wanted(10));
  EXPECT_FALSE(world.is_always_wanted(10));
}

TEST(Holders, that_are_orphans_are_asked_in_each_scan) {
  AppWorld world = with_leftover();
  world.look();
  EXPECT_TRUE(world.is_always_wanted(40));
}

// PM2 gave the app up: its leftover may be the only copy.
TEST(Holders, that_are_held_are_asked_in_each_scan) {
  AppWorld world = with_leftover();
  Pm2Instance given_up = World::instance(10, seconds{100});
  given_up.pid.reset();
  given_up.status = Pm2Status::Errored;
  world.answers(5, {given_up});
  world.serves(40);
  world.look();
  ASSERT_EQ(world.verdict(40).standing, Standing::Held);
  EXPECT_TRUE(world.is_always_wanted(40));
}

TEST(SocketsOfNote, are_those_that_listen_and_those_to_far_ends) {
  const SocketTable table{
      .listeners = {{.inode = 9}, {.inode = 4}},
      .connections = {
          {{.inode = 5, .remote = AppWorld::kExchange},
           {.inode = 6, .remote = {.ip = AppWorld::kExchange.ip, .port = 80}},
           {.inode = 7}}}};
  const std::vector<Remote> remotes{{.name = "exchange",
                                     .addresses = {AppWorld::kExchange.ip},
                                     .ports = {443}}};
  EXPECT_THAT(sockets_of_note(table, remotes), ElementsAre(4, 5, 9));
}

TEST(SocketsOfNote, are_those_that_listen_where_connections_are_not_known) {
  const SocketTable table{.listeners = {{.inode = 9}}};
  EXPECT_THAT(sockets_of_note(table, {}), ElementsAre(9));
}

TEST(Strangers, once_found_are_asked_and_the_others_no_more) {
  AppWorld world = with_stranger();
  world.process(60, 1, seconds{10}, {"nginx"}, "/usr/sbin/nginx");
  world.look();
  world.look();
  EXPECT_TRUE(world.is_wanted(60));
  const AppsPicture picture = world.look();
  EXPECT_TRUE(world.is_wanted(50));
  EXPECT_FALSE(world.is_wanted(60));
  EXPECT_EQ(holder(picture, Owner::Foreign), 50);
}

TEST(Strangers, that_can_t_be_found_are_searched_once) {
  AppWorld world = with_stranger();
  world.sealed = {50};
  world.look();
  const AppsPicture picture = world.look();
  EXPECT_EQ(sockets(picture, Owner::Foreign), 1);
  EXPECT_EQ(holder(picture, Owner::Foreign), 0);
  world.snapshot.taken += seconds{600};
  world.look();
  EXPECT_FALSE(world.is_wanted(50));
}

TEST(Strangers, are_searched_at_most_once_a_minute) {
  AppWorld world = with_stranger();
  world.sealed = {50};
  world.look();
  world.look();
  world.listen(50);  // one more, just after that search
  world.look();
  world.look();
  EXPECT_FALSE(world.is_wanted(50));
  world.snapshot.taken += seconds{60};
  world.look();
  EXPECT_TRUE(world.is_wanted(50));
}

// A crash loop: the tree is never seen whole.
TEST(Strangers, are_told_where_the_app_was_launched_after_their_socket) {
  AppWorld world = with_stranger();
  world.sealed = {50};
  world.look();
  const seconds later{world.snapshot.taken.count() / 1'000'000'000 + 5};
  world.answers(5, {World::instance(99, later)});
  EXPECT_EQ(sockets(world.look(), Owner::Foreign), 1);
}

TEST(Strangers, are_not_told_where_the_unseen_launch_may_have_been_first) {
  AppWorld world = with_stranger();
  world.sealed = {50};
  const seconds before{world.snapshot.taken.count() / 1'000'000'000 + 4};
  world.answers(5, {World::instance(99, before)});
  world.look();
  world.snapshot.taken -= seconds{4};
  EXPECT_EQ(sockets(world.look(), Owner::Foreign), -1);
}

TEST(Strangers, are_not_told_where_the_app_s_own_sockets_can_t_be_read) {
  AppWorld world = with_stranger();
  world.sealed = {12, 50};
  world.look();
  EXPECT_EQ(sockets(world.look(), Owner::Foreign), -1);
}

// --- cluster mode

AppWorld with_clusters(std::initializer_list<Pm2Instance> workers) {
  AppWorld world;
  world.god(5);
  for (const Pm2Instance& worker : workers) {
    world.process(*worker.pid, 5, seconds{100}, {"node", "cluster.js"});
  }
  world.answers(5, workers);
  return world;
}

TEST(ClusterPorts, what_the_daemon_listens_on_for_its_only_cluster_is_managed) {
  AppWorld world =
      with_clusters({AppWorld::worker("api", 10), AppWorld::worker("api", 11)});
  world.listen(5);
  const AppsPicture picture = world.look();
  EXPECT_TRUE(world.is_wanted(5));
  EXPECT_EQ(sockets(picture, Owner::Managed), 1);
  EXPECT_EQ(holder(picture, Owner::Managed), 5);
}

TEST(ClusterPorts, a_daemon_without_clusters_is_not_asked) {
  AppWorld world = AppWorld::with_watched_app();
  world.look();
  EXPECT_FALSE(world.is_wanted(5));
}

TEST(ClusterPorts, of_several_clusters_are_told_by_their_workers_connections) {
  AppWorld world =
      with_clusters({AppWorld::worker("api", 10), AppWorld::worker("web", 20)});
  world.listen(5, 3000);
  world.listen(5, 4000);
  AppsPicture picture = world.look();
  EXPECT_THAT(*app(picture, "api").ports, IsEmpty());

  const SocketInode visit = world.connect(20, {.local = {.port = 4000}});
  picture = world.look();
  EXPECT_THAT(*app(picture, "api").ports, IsEmpty());
  EXPECT_EQ(sockets(app(picture, "web"), Owner::Managed, 4000), 1);
  EXPECT_EQ(sockets(app(picture, "web"), Owner::Managed, 3000), -1);

  world.close(visit);  // what was learned stays
  EXPECT_EQ(sockets(app(world.look(), "web"), Owner::Managed, 4000), 1);
}

TEST(ClusterPorts, are_not_guessed_for_an_app_whose_orphan_has_that_port) {
  AppWorld world =
      with_clusters({AppWorld::worker("api", 10), AppWorld::worker("web", 20)});
  Environment cookie = World::cookie(seconds{60}, 10, "u-api");
  Process& left = world.server(40, 1, seconds{60});
  left.session = 39;  // of its launch, which is over
  left.environment = std::move(cookie);
  world.settle();
  world.listen(40);
  EXPECT_EQ(sockets(world.look(), Owner::Orphan), 1);
  world.listen(5);
  const AppsPicture picture = world.look();
  EXPECT_EQ(sockets(picture, Owner::Orphan), -1);
  EXPECT_THAT(picture.conflicts, IsEmpty());
}

TEST(ClusterPorts, a_client_of_a_port_is_not_its_owner) {
  AppWorld world =
      with_clusters({AppWorld::worker("api", 10), AppWorld::worker("web", 20)});
  world.listen(5, 4000);
  world.connect(10, {.remote = {.port = 4000}});
  EXPECT_THAT(*app(world.look(), "api").ports, IsEmpty());
}

TEST(ClusterPorts, the_daemon_is_a_stranger_to_a_fork_mode_app) {
  AppWorld world = AppWorld::with_watched_app();
  world.process(20, 5, seconds{100}, {"node", "cluster.js"});
  world.answers(
      5, {World::instance(10, seconds{100}), AppWorld::worker("web", 20)});
  world.listen(13);
  world.look();
  world.end(13);
  world.listen(5);
  const AppsPicture picture = world.look();
  EXPECT_EQ(sockets(app(picture, "api"), Owner::Foreign), 1);
  EXPECT_EQ(sockets(app(picture, "web"), Owner::Managed), 1);
}

// --- what is wanted

TEST(Wanted, are_trees_and_verdicts_and_nobody_else) {
  AppWorld world = with_leftover();
  world.process(60, 1, seconds{10}, {"nginx"}, "/usr/sbin/nginx");
  world.find(12).state = 'Z';
  world.look();
  EXPECT_TRUE(world.is_wanted(10));
  EXPECT_TRUE(world.is_wanted(13));
  EXPECT_TRUE(world.is_wanted(40));
  EXPECT_FALSE(world.is_wanted(12));
  EXPECT_FALSE(world.is_wanted(60));
  EXPECT_FALSE(world.is_wanted(1));
}

TEST(Wanted, are_connections_for_far_ends_or_for_several_clusters) {
  const AppWorld one =
      with_clusters({AppWorld::worker("api", 10), AppWorld::worker("api", 11)});
  EXPECT_EQ(sockets_wanted(one.pm2, {}), SocketsWanted{});
  EXPECT_TRUE(sockets_wanted(one.pm2, one.remotes).connections);
  const AppWorld two =
      with_clusters({AppWorld::worker("api", 10), AppWorld::worker("web", 20)});
  EXPECT_EQ(sockets_wanted(two.pm2, {}), SocketsWanted{.connections = true});
}

TEST(Wanted, are_connections_to_the_ports_of_the_far_ends_alone) {
  const AppWorld one =
      with_clusters({AppWorld::worker("api", 10), AppWorld::worker("api", 11)});
  const Remote exchange{.name = "exchange", .ports = {9443, 443}};
  const Remote mail{.name = "mail", .ports = {443, 25}};
  const Remote anything{.name = "anything"};
  const std::vector some{exchange, mail};
  EXPECT_EQ(sockets_wanted(one.pm2, some),
            (SocketsWanted{.connections = true, .far_ports = {25, 443, 9443}}));
  const std::vector all{exchange, anything};
  EXPECT_EQ(sockets_wanted(one.pm2, all), SocketsWanted{.connections = true});
  const AppWorld two =
      with_clusters({AppWorld::worker("api", 10), AppWorld::worker("web", 20)});
  EXPECT_EQ(sockets_wanted(two.pm2, some), SocketsWanted{.connections = true});
}

}  // namespace
}  // namespace strayd
