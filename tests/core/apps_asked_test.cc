// A port that an app asked for by its own error: what is believed of it, for
// how long, and what it may never do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/app_world.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using testing::AppWorld;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kHome;
using testing::kPort;
using ::testing::Pair;
using ::testing::SizeIs;
using testing::World;

const AppKey kApi{.home = kHome, .app = "api"};

// The app listens nowhere; a stray that strayd finds has its port.
AppWorld with_stray() {
  AppWorld world = AppWorld::with_watched_app();
  world.server(41, 1, seconds{50});
  world.listen(41);
  return world;
}

void says(AppWorld& world, std::uint16_t port = kPort) {
  world.asked[kApi].insert(port);
}

TEST(AskedPort, that_an_orphan_holds_is_a_conflict_at_once) {
  AppWorld world = with_stray();
  EXPECT_THAT(world.look().conflicts, IsEmpty());
  says(world);
  const AppsPicture picture = world.look();
  ASSERT_EQ(world.verdict(41).standing, Standing::Stray);
  EXPECT_THAT(picture.conflicts,
              ElementsAre(PortConflict{.app = kApi,
                                       .port = kPort,
                                       .owner = Owner::Orphan,
                                       .holder = world.find(41).id,
                                       .tree = world.find(41).id,
                                       .asked = true}));
  EXPECT_EQ(world.look().conflicts, picture.conflicts) << "it need not repeat";
}

TEST(AskedPort, is_told_among_the_app_s_while_there_is_a_conflict) {
  AppWorld world = with_stray();
  says(world);
  const std::vector<PortShare> shares = *world.look().apps.front().ports;
  ASSERT_THAT(shares, SizeIs(3));
  EXPECT_EQ(shares[0].owner, Owner::Managed);
  EXPECT_EQ(shares[0].sockets, 0U);
  EXPECT_EQ(shares[1].owner, Owner::Orphan);
  EXPECT_EQ(shares[1].sockets, 1U);
  world.end(41);
  EXPECT_THAT(*world.look().apps.front().ports, IsEmpty());
}

TEST(AskedPort, that_anybody_else_holds_is_a_conflict_in_the_second_scan) {
  AppWorld world = AppWorld::with_watched_app();
  world.process(50, 1, seconds{10}, {"nginx"}, "/usr/sbin/nginx");
  world.listen(50);
  says(world);
  world.look();
  const AppsPicture picture = world.look();
  ASSERT_THAT(picture.conflicts, SizeIs(1));
  EXPECT_EQ(picture.conflicts.front().owner, Owner::Foreign);
  EXPECT_EQ(picture.conflicts.front().holder, world.find(50).id);
  EXPECT_EQ(world.look().conflicts, picture.conflicts);
}

TEST(AskedPort, that_another_app_has_is_a_conflict) {
  AppWorld world = AppWorld::with_watched_app();
  world.process(30, 5, seconds{100}, {"node", "other.js"});
  world.answers(
      5, {World::instance(10, seconds{100}), AppWorld::app("other", 30)});
  world.listen(30);
  says(world);
  const AppsPicture picture = world.look();
  ASSERT_THAT(picture.conflicts, SizeIs(1));
  EXPECT_EQ(picture.conflicts.front().app, kApi);
  EXPECT_EQ(picture.conflicts.front().owner, Owner::Foreign);
}

TEST(AskedPort, that_nobody_has_is_no_conflict) {
  AppWorld world = AppWorld::with_watched_app();
  says(world);
  EXPECT_THAT(world.look().conflicts, IsEmpty());
}

TEST(AskedPort, brings_no_kill_forward) {
  AppWorld world = with_stray();
  says(world);
  const AppsPicture picture = world.look();
  ASSERT_TRUE(picture.conflicts.front().tree);
  EXPECT_THAT(trees_in_conflict(picture.conflicts), IsEmpty());
}

TEST(AskedPort, of_an_app_that_serves_elsewhere_is_forgotten) {
  AppWorld world = with_stray();
  const SocketInode own = world.listen(13, 4000);
  says(world);
  EXPECT_THAT(world.look().conflicts, IsEmpty());
  world.close(own);
  EXPECT_THAT(world.look().conflicts, IsEmpty());
}

TEST(AskedPort, that_the_app_gets_is_its_own) {
  AppWorld world = with_stray();
  says(world);
  world.look();
  world.end(41);
  world.listen(13);
  const AppsPicture picture = world.look();
  EXPECT_THAT(picture.conflicts, IsEmpty());
  EXPECT_THAT(picture.memory.apps.at(kApi).asked, IsEmpty());
  EXPECT_TRUE(picture.memory.apps.at(kApi).ports.contains(kPort));
}

TEST(AskedPort, that_is_known_to_be_the_app_s_is_no_mere_word) {
  AppWorld world = AppWorld::with_watched_app();
  world.listen(13);
  world.look();
  world.end(13);
  world.server(41, 1, seconds{112});
  world.listen(41);
  says(world);
  const AppsPicture picture = world.look();
  ASSERT_THAT(picture.conflicts, SizeIs(1));
  EXPECT_FALSE(picture.conflicts.front().asked);
}

TEST(AskedPort, that_a_child_of_the_listed_launch_keeps_is_no_conflict) {
  for (const bool of_listed : {true, false}) {
    AppWorld world = AppWorld::with_watched_app();
    Process& child =
        world.process(41, 1, seconds{111}, {"proxy"}, "/opt/proxy");
    child.environment = World::cookie(seconds{of_listed ? 100 : 60});
    world.listen(41);
    says(world);
    world.look();
    world.look();
    EXPECT_THAT(world.look().conflicts, SizeIs(of_listed ? 0 : 1));
  }
}

TEST(AskedPort, of_an_app_whose_launch_serves_out_of_its_tree_is_forgotten) {
  AppWorld world = with_stray();
  Process& child = world.server(42, 1, seconds{111});
  child.environment = World::cookie(seconds{100});
  world.listen(42, 4000);
  says(world);
  for (const PortConflict& conflict : world.look().conflicts) {
    EXPECT_FALSE(conflict.asked);
  }
  EXPECT_THAT(world.seen.apps.at(kApi).asked, IsEmpty());
}

TEST(AskedPort, of_an_app_that_was_stopped_is_no_conflict) {
  AppWorld world = with_stray();
  says(world);
  for (const pid_t pid : {13, 12, 11, 10}) world.end(pid);
  Pm2Instance stopped = World::instance(10, seconds{100});
  stopped.status = Pm2Status::Stopped;
  stopped.pid.reset();
  world.answers(5, {stopped});
  EXPECT_THAT(world.look().conflicts, IsEmpty());
}

TEST(AskedPort,
     is_no_conflict_while_nobody_can_see_that_the_app_does_not_serve) {
  AppWorld world = with_stray();
  world.sealed.insert(13);
  says(world);
  world.look();
  EXPECT_THAT(world.look().conflicts, IsEmpty());
  world.sealed.clear();
  EXPECT_THAT(world.look().conflicts, SizeIs(1));
}

// In each scan another process of the app's is about to end.
TEST(AskedPort, of_an_app_in_a_loop_is_a_conflict_in_the_second_scan) {
  AppWorld world = with_stray();
  for (const pid_t pid : {13, 12, 11, 10}) world.end(pid);
  pid_t pid = 100;
  const auto loops = [&] {
    const seconds now =
        std::chrono::duration_cast<seconds>(world.snapshot.taken);
    world.end(pid);
    world.process(++pid, 5, now + seconds{3}, {"node", "server.js"});
    world.sealed = {pid};
    world.answers(5, {World::instance(pid, now + seconds{3})});
    says(world);
    return world.look().conflicts;
  };
  loops();
  EXPECT_THAT(loops(), SizeIs(1));
  EXPECT_THAT(loops(), SizeIs(1));
}

// What ended holds nothing; what began after all was looked at said it later.
TEST(AskedPort,
     of_a_launch_that_ends_or_begins_just_now_is_a_conflict_at_once) {
  AppWorld ends = with_stray();
  ends.ending = {10, 11, 12, 13};
  says(ends);
  EXPECT_THAT(ends.look().conflicts, SizeIs(1));

  AppWorld begins = with_stray();
  for (const pid_t pid : {13, 12, 11, 10}) begins.end(pid);
  begins.answers(5,
                 {World::instance(99,
                                  std::chrono::duration_cast<seconds>(
                                      begins.snapshot.taken + seconds{5}))});
  says(begins);
  EXPECT_THAT(begins.look().conflicts, SizeIs(1));
}

TEST(AskedPort, that_is_remembered_waits_for_what_can_t_be_seen_as_well) {
  AppWorld world = with_stray();
  restore_asked(world.seen, {{kApi, {kPort}}});
  world.sealed.insert(13);
  world.look();
  EXPECT_THAT(world.look().conflicts, IsEmpty());
}

TEST(AskedPort, of_an_app_that_is_not_listed_is_nobody_s) {
  AppWorld world = with_stray();
  world.asked[{.home = kHome, .app = "other"}] = {kPort};
  world.asked[{.home = "/elsewhere", .app = "api"}] = {kPort};
  const AppsPicture picture = world.look();
  EXPECT_THAT(picture.conflicts, IsEmpty());
  EXPECT_THAT(picture.memory.apps, SizeIs(1));
}

TEST(AskedPort, is_one_of_a_few_and_the_newest_stay) {
  AppWorld world = AppWorld::with_watched_app();
  for (std::uint16_t port = 5000; port < 5010; ++port) {
    says(world, port);
    world.look();
  }
  std::set<std::uint16_t> newest;
  for (const auto& [port, asked] : world.seen.apps.at(kApi).asked) {
    newest.insert(port);
  }
  EXPECT_THAT(newest, ElementsAre(5006, 5007, 5008, 5009));
}

TEST(AskedPort, is_remembered_over_a_restart_of_strayd) {
  AppWorld world = with_stray();
  says(world);
  const AskedPorts kept = asked_ports(world.look().memory);
  EXPECT_THAT(kept, ElementsAre(Pair(kApi, ElementsAre(kPort))));
  world.seen = {};
  restore_asked(world.seen, kept);
  EXPECT_THAT(world.look().conflicts, SizeIs(1));
}

TEST(AskedPort, is_remembered_while_sockets_or_pm2_are_not_known) {
  AppWorld world = with_stray();
  world.sockets_are_known = false;
  says(world);
  EXPECT_THAT(world.look().conflicts, IsEmpty());
  world.sockets_are_known = true;
  EXPECT_THAT(world.look().conflicts, SizeIs(1));
  world.is_quiet(Pm2Quiet::Silent);
  EXPECT_THAT(world.look().conflicts, IsEmpty());
  world.answers(5, {World::instance(10, seconds{100})});
  EXPECT_THAT(world.look().conflicts, SizeIs(1));
}

TEST(AskedPort, of_a_cluster_that_serves_by_its_daemon_is_forgotten) {
  AppWorld world;
  world.god(5);
  world.process(30, 5, seconds{100}, {"node", "worker.js"});
  world.answers(5, {AppWorld::worker("api", 30)});
  world.listen(5, 4000);
  world.server(41, 1, seconds{50});
  world.listen(41);
  says(world);
  EXPECT_THAT(world.look().conflicts, IsEmpty());
  EXPECT_THAT(world.seen.apps.at(kApi).asked, IsEmpty());
}

TEST(AskedPort, of_a_cluster_that_an_orphan_keeps_off_is_a_conflict) {
  AppWorld world;
  world.god(5);
  world.process(30, 5, seconds{100}, {"node", "worker.js"});
  world.answers(5, {AppWorld::worker("api", 30)});
  world.server(41, 1, seconds{50});
  world.listen(41);
  says(world);
  EXPECT_THAT(world.look().conflicts, SizeIs(1));
}

TEST(AllPorts, of_an_app_are_those_it_has_had_or_asked_for) {
  AppWorld world = AppWorld::with_watched_app();
  const SocketInode had = world.listen(13, 4000);
  world.look();
  world.close(had);
  says(world);
  world.look();
  EXPECT_THAT(all_ports(world.seen.apps.at(kApi)), ElementsAre(kPort, 4000));
}

}  // namespace
}  // namespace strayd
