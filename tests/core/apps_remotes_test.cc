// Who has connections to a configured far end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/app_world.h"

namespace strayd {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AppWorld;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::World;

const RemoteShare* share(const std::vector<RemoteShare>& shares, Owner owner) {
  for (const RemoteShare& share : shares) {
    if (share.owner == owner) return &share;
  }
  return nullptr;
}

// -1: not told.
int connections(const AppsPicture& picture, Owner owner, std::size_t app = 0) {
  const RemoteShare* found = share(*picture.apps[app].remotes, owner);
  return found == nullptr ? -1 : static_cast<int>(found->connections);
}

const RemoteShare& managed(const AppsPicture& picture) {
  return *share(*picture.apps.front().remotes, Owner::Managed);
}

int of_strays(const AppsPicture& picture) {
  return static_cast<int>(picture.strays->front().connections);
}

AppWorld with_leftover() {
  AppWorld world = AppWorld::with_watched_app();
  Process& left = world.server(40, 1, seconds{60});
  left.session = 39;  // of its launch, which is over
  left.environment = World::cookie(seconds{60});
  world.answers(5, {World::instance(10, seconds{100})});
  return world;
}

// `api` and `bot`, in directories of their own.
AppWorld with_two_apps() {
  AppWorld world = AppWorld::with_watched_app();
  world.process(30, 5, seconds{100}, {"node", "bot.js"}).cwd = "/srv/bot";
  world.answers(5,
                {World::instance(10, seconds{100}), AppWorld::app("bot", 30)});
  return world;
}

TEST(Remotes, an_app_s_connections_to_a_far_end_are_counted) {
  AppWorld world = AppWorld::with_watched_app();
  world.trade(13);
  world.trade(12);
  const AppsPicture picture = world.look();
  EXPECT_EQ(connections(picture, Owner::Managed), 2);
  EXPECT_EQ(connections(picture, Owner::Orphan), 0);
  EXPECT_EQ(of_strays(picture), 0);
}

TEST(Remotes, another_address_or_port_is_another_far_end) {
  AppWorld world = AppWorld::with_watched_app();
  world.connect(13, {.remote = {.ip = testing::address(8), .port = 443}});
  world.connect(13, {.remote = {.ip = testing::address(7), .port = 80}});
  EXPECT_THAT(*world.look().apps.front().remotes, IsEmpty());
  world.remotes.front().ports = {};
  EXPECT_EQ(connections(world.look(), Owner::Managed), 1);
}

TEST(Remotes, are_not_told_where_connections_were_not_asked_for) {
  AppWorld world = AppWorld::with_watched_app();
  world.sockets.connections.reset();
  const AppsPicture picture = world.look();
  EXPECT_FALSE(picture.apps.front().remotes);
  EXPECT_FALSE(picture.strays);
  EXPECT_TRUE(picture.apps.front().ports);
}

TEST(Remotes, a_far_end_whose_addresses_are_not_known_is_not_told) {
  AppWorld world = AppWorld::with_watched_app();
  world.trade(13);
  world.look();
  world.remotes.front().addresses.clear();
  const AppsPicture picture = world.look();
  EXPECT_THAT(*picture.apps.front().remotes, IsEmpty());
  EXPECT_THAT(*picture.strays, IsEmpty());
}

TEST(Remotes, a_connection_stays_one_when_the_name_gets_other_addresses) {
  AppWorld world = AppWorld::with_watched_app();
  world.trade(13);
  world.look();
  world.remotes.front().addresses = {testing::address(99)};
  EXPECT_EQ(connections(world.look(), Owner::Managed), 1);
}

TEST(Remotes, a_lost_connection_is_zero_and_not_absent) {
  AppWorld world = AppWorld::with_watched_app();
  const SocketInode inode = world.trade(13, milliseconds{10});
  world.look();
  world.close(inode);
  const AppsPicture picture = world.look();
  EXPECT_EQ(managed(picture),
            (RemoteShare{.remote = "exchange", .owner = Owner::Managed}));
}

TEST(Remotes, a_far_end_that_is_configured_no_more_is_forgotten) {
  AppWorld world = AppWorld::with_watched_app();
  world.trade(13);
  world.look();
  world.remotes.clear();
  world.look();
  EXPECT_TRUE(world.seen.apps.begin()->second.remotes.empty());
  EXPECT_TRUE(world.seen.connections.empty());
}

// --- age and freshness

TEST(Remotes, the_age_counts_from_the_first_sight_and_is_the_oldest_one_s) {
  AppWorld world = AppWorld::with_watched_app();
  const SocketInode first = world.trade(13);
  EXPECT_EQ(managed(world.look()).age, seconds{0});
  world.trade(13);
  EXPECT_EQ(managed(world.look()).age, seconds{5});
  world.close(first);
  EXPECT_EQ(managed(world.look()).age, seconds{5});
}

TEST(Remotes, an_inode_with_other_ends_is_another_connection) {
  AppWorld world = AppWorld::with_watched_app();
  world.trade(13);
  world.look();
  world.sockets.connections->front().local.port = 1;
  EXPECT_EQ(managed(world.look()).age, seconds{0});
  world.remotes.front().addresses.push_back(testing::address(8));
  world.sockets.connections->front().remote.ip = testing::address(8);
  EXPECT_EQ(managed(world.look()).age, seconds{0});
}

TEST(Remotes, the_age_goes_on_while_connections_are_not_known) {
  AppWorld world = AppWorld::with_watched_app();
  world.trade(13);
  world.look();
  world.sockets_are_known = false;
  world.look();
  world.sockets_are_known = true;
  EXPECT_EQ(managed(world.look()).age, seconds{10});
}

TEST(Remotes, the_newest_byte_over_all_connections_counts) {
  AppWorld world = AppWorld::with_watched_app();
  world.trade(13, seconds{60});
  world.trade(13, seconds{4});
  world.trade(13, seconds{90});
  world.trade(13);  // the kernel did not say
  EXPECT_EQ(managed(world.look()).since_receive, seconds{4});
}

TEST(Remotes, where_the_kernel_said_nothing_freshness_is_not_told) {
  AppWorld world = AppWorld::with_watched_app();
  world.trade(13);
  EXPECT_FALSE(managed(world.look()).since_receive);
}

// --- whose they are

TEST(RemoteOwners, a_leftover_with_the_app_s_cookie_is_the_app_s_orphan) {
  AppWorld world = with_leftover();
  world.trade(13);
  world.trade(40, seconds{2});
  const AppsPicture picture = world.look();
  EXPECT_EQ(connections(picture, Owner::Managed), 1);
  EXPECT_EQ(connections(picture, Owner::Orphan), 1);
  EXPECT_EQ(share(*picture.apps.front().remotes, Owner::Orphan)->since_receive,
            seconds{2});
}

TEST(RemoteOwners, the_app_itself_is_told_as_without_a_connection_then) {
  AppWorld world = with_leftover();
  world.trade(40);
  EXPECT_EQ(connections(world.look(), Owner::Managed), 0);
}

TEST(RemoteOwners, an_inherited_connection_is_the_app_s_and_counts_once) {
  AppWorld world = with_leftover();
  world.hold(13, world.trade(40));
  const AppsPicture picture = world.look();
  EXPECT_EQ(connections(picture, Owner::Managed), 1);
  EXPECT_EQ(connections(picture, Owner::Orphan), 0);
}

TEST(RemoteOwners, others_that_talk_there_are_nobody_s_business) {
  AppWorld world = AppWorld::with_watched_app();
  world.process(50, 1, seconds{10}, {"curl"}, "/usr/bin/curl");
  world.trade(50);
  const AppsPicture picture = world.look();
  EXPECT_THAT(*picture.apps.front().remotes, IsEmpty());
  EXPECT_EQ(of_strays(picture), 0);
}

TEST(RemoteOwners, a_stray_belongs_to_the_only_app_that_talks_there) {
  AppWorld world = with_two_apps();
  world.trade(13);
  world.server(40, 1, seconds{60}).cwd = "/elsewhere";
  world.trade(40);
  const AppsPicture picture = world.look();
  EXPECT_EQ(connections(picture, Owner::Orphan), 1);
  EXPECT_EQ(of_strays(picture), 0);
}

TEST(RemoteOwners, a_stray_belongs_to_the_app_that_talked_there_before) {
  AppWorld world = with_two_apps();
  const SocketInode inode = world.trade(13);
  world.look();
  world.close(inode);  // the exchange allows one session
  world.server(40, 1, seconds{60}).cwd = "/elsewhere";
  world.trade(40);
  EXPECT_EQ(connections(world.look(), Owner::Orphan), 1);
}

TEST(RemoteOwners, of_several_talkers_a_stray_s_is_the_one_in_its_directory) {
  AppWorld world = with_two_apps();
  world.trade(13);
  world.trade(30);
  world.server(40, 1, seconds{60}).cwd = "/srv/bot";
  world.trade(40);
  const AppsPicture picture = world.look();
  EXPECT_EQ(connections(picture, Owner::Orphan, 0), 0);
  EXPECT_EQ(connections(picture, Owner::Orphan, 1), 1);
}

TEST(RemoteOwners, who_never_talked_there_has_no_share_in_the_guess) {
  AppWorld world = with_two_apps();
  world.process(31, 5, seconds{100}, {"node", "web.js"}).cwd = "/srv/bot";
  world.answers(5,
                {World::instance(10, seconds{100}),
                 AppWorld::app("bot", 30),
                 AppWorld::app("web", 31)});
  world.trade(13);
  world.trade(30);
  world.server(40, 1, seconds{60}).cwd = "/srv/bot";
  world.trade(40);
  EXPECT_EQ(connections(world.look(), Owner::Orphan, 1), 1);
}

TEST(RemoteOwners, where_nobody_talks_there_the_directory_decides) {
  AppWorld world = with_two_apps();
  world.server(40, 1, seconds{60}).cwd = "/srv/bot";
  world.trade(40);
  EXPECT_EQ(connections(world.look(), Owner::Orphan, 1), 1);
}

TEST(RemoteOwners, a_directory_of_several_apps_decides_nothing) {
  AppWorld world = with_two_apps();
  world.find(30).cwd = "/srv/app";
  world.server(40, 1, seconds{60});
  world.trade(40);
  EXPECT_EQ(of_strays(world.look()), 1);
}

TEST(RemoteOwners, a_stray_that_could_be_several_apps_is_told_apart) {
  AppWorld world = with_two_apps();
  world.trade(13);
  world.trade(30);
  world.server(40, 1, seconds{60}).cwd = "/elsewhere";
  world.trade(40);
  const AppsPicture picture = world.look();
  EXPECT_EQ(connections(picture, Owner::Orphan, 0), 0);
  EXPECT_EQ(connections(picture, Owner::Orphan, 1), 0);
  EXPECT_EQ(of_strays(picture), 1);
}

TEST(RemoteOwners, an_orphan_of_an_app_that_is_not_listed_is_told_apart) {
  AppWorld world = with_leftover();
  world.trade(13);
  world.trade(40);
  world.process(30, 5, seconds{100}, {"node", "bot.js"});
  Pm2Instance renamed = World::instance(10, seconds{100});
  renamed.name = "web";
  world.answers(5, {renamed});
  const AppsPicture picture = world.look();
  EXPECT_EQ(connections(picture, Owner::Managed), 1);
  EXPECT_EQ(connections(picture, Owner::Orphan), 0);
  EXPECT_EQ(of_strays(picture), 1);
}

TEST(RemoteOwners, are_not_told_where_a_connection_may_be_the_app_s_own) {
  AppWorld world = AppWorld::with_watched_app();
  world.trade(13);
  world.look();
  world.sealed = {13};
  const AppsPicture picture = world.look();
  EXPECT_THAT(*picture.apps.front().remotes, IsEmpty());
  EXPECT_EQ(of_strays(picture), 0);
}

TEST(RemoteOwners, are_not_told_where_a_connection_may_be_an_orphan_s) {
  AppWorld world = with_leftover();
  world.trade(40);
  world.sealed = {40};
  EXPECT_THAT(*world.look().strays, IsEmpty());
}

void configure_many(AppWorld& world) {
  world.remotes.clear();
  for (int i = 0; i < 40; ++i) {
    world.remotes.push_back(
        {.name = "r" + std::to_string(i), .addresses = {testing::address(7)}});
  }
}

TEST(Remotes, an_app_has_at_most_so_many_far_ends) {
  AppWorld world = AppWorld::with_watched_app();
  configure_many(world);
  world.trade(13);
  EXPECT_THAT(*world.look().apps.front().remotes, SizeIs(2 * kMostRemotes));
}

TEST(Remotes, an_app_s_orphan_adds_no_more_than_those) {
  AppWorld world = with_leftover();
  configure_many(world);
  world.trade(40);
  EXPECT_THAT(*world.look().apps.front().remotes, SizeIs(2 * kMostRemotes));
}

}  // namespace
}  // namespace strayd
