// What ties an app to a tree that is to be ended.
#include "strayd/core/ties.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/core/app_facts.h"

#include "support/world.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using testing::kHome;
using testing::World;

const AppKey kApp{.home = kHome, .app = "api"};

Endpoint at(std::uint8_t last, std::uint16_t port) {
  Endpoint endpoint{.port = port};
  endpoint.ip.bytes[10] = endpoint.ip.bytes[11] = 0xff;
  endpoint.ip.bytes[12] = 127;
  endpoint.ip.bytes[15] = last;
  return endpoint;
}

// An app whose server is 21, below npm; a stray 30 with a child 31.
class Ties : public ::testing::Test {
 protected:
  Ties() {
    world.god(10);
    world.process(20, 10, seconds{100}, {"npm run dev"});
    world.server(21, 20);
    world.server(30, 1);
    world.process(31, 30, seconds{200}, {"/usr/bin/node", "/srv/feed.js"});
    world.answers(10, {World::instance(20, seconds{100})});
    for (const pid_t pid : {10, 20, 21, 30, 31}) {
      holdings[world.find(pid).id] = std::vector<SocketInode>{};
      pipes[world.find(pid).id] = std::vector<SocketInode>{};
    }
    table.connections.emplace();
    table.unix_pairs.emplace();
  }

  void hold(Holdings& all, pid_t pid, std::vector<SocketInode> inodes) {
    all[world.find(pid).id] = std::move(inodes);
  }
  AppTies found() {
    const std::vector<AppFacts> apps =
        app_facts(world.snapshot, world.pm2, world.policy);
    const std::vector<ProcId> tree{world.find(30).id, world.find(31).id};
    return ties_of(tree,
                   apps,
                   {.snapshot = world.snapshot,
                    .pm2 = world.pm2,
                    .sockets = knows_sockets ? &table : nullptr,
                    .holdings = &holdings,
                    .pipes = &pipes})
        .at(kApp);
  }
  // nullopt: none.
  std::optional<TieKind> kind() {
    const AppTies ties = found();
    return ties.tie ? std::optional(ties.tie->kind) : std::nullopt;
  }

  World world;
  SocketTable table{};
  Holdings holdings{};
  Holdings pipes{};
  bool knows_sockets = true;
};

TEST_F(Ties, are_none_where_all_is_known_and_nothing_is_shared) {
  const AppTies ties = found();
  EXPECT_EQ(ties.tie, std::nullopt);
  EXPECT_TRUE(ties.whole);
}

TEST_F(Ties, are_a_connection_whichever_end_has_begun_it) {
  table.connections = {{.inode = 1, .local = at(1, 4000), .remote = at(1, 99)},
                       {.inode = 2, .local = at(1, 99), .remote = at(1, 4000)}};
  for (const auto& [app, stray] : {std::pair{1U, 2U}, std::pair{2U, 1U}}) {
    hold(holdings, 21, {app});
    hold(holdings, 31, {stray});
    const AppTies ties = found();
    ASSERT_TRUE(ties.tie);
    EXPECT_EQ(ties.tie->kind, TieKind::Connection);
    EXPECT_EQ(ties.tie->of_tree, world.find(31).id);
    EXPECT_EQ(ties.tie->program, "node feed.js");
  }
}

TEST_F(Ties, are_no_connection_to_somebody_else) {
  table.connections = {{.inode = 1, .local = at(1, 4000), .remote = at(1, 99)},
                       {.inode = 2, .local = at(1, 99), .remote = at(1, 4000)},
                       {.inode = 3, .local = at(1, 4000), .remote = at(1, 98)}};
  hold(holdings, 21, {1});
  hold(holdings, 31, {3});
  EXPECT_EQ(kind(), std::nullopt);
}

TEST_F(Ties, are_a_unix_socket_at_whose_other_end_it_is) {
  table.unix_pairs = {{.inode = 1, .peer = 2}};
  hold(holdings, 20, {1});
  hold(holdings, 30, {2});
  EXPECT_EQ(kind(), TieKind::UnixSocket);
  table.unix_pairs = {{.inode = 2, .peer = 1}};
  EXPECT_EQ(kind(), TieKind::UnixSocket);
}

// Both talk to journald, say.
TEST_F(Ties, are_no_unix_sockets_to_a_third) {
  table.unix_pairs = {{.inode = 1, .peer = 8}, {.inode = 2, .peer = 9}};
  hold(holdings, 21, {1});
  hold(holdings, 31, {2});
  EXPECT_EQ(kind(), std::nullopt);
}

TEST_F(Ties, are_a_pipe_that_both_hold) {
  hold(pipes, 21, {5, 6});
  hold(pipes, 31, {6, 7});
  EXPECT_EQ(kind(), TieKind::Pipe);
}

TEST_F(Ties, are_no_pipe_that_the_daemon_has_inherited_too) {
  hold(pipes, 10, {6});
  hold(pipes, 21, {5, 6});
  hold(pipes, 31, {6, 7});
  EXPECT_EQ(kind(), std::nullopt);
  pipes[world.find(10).id] = std::unexpected(Unread::Denied);
  EXPECT_EQ(kind(), std::nullopt);
  EXPECT_FALSE(found().whole);
}

TEST_F(Ties, are_no_pipe_and_socket_of_one_number) {
  hold(pipes, 21, {5});
  hold(holdings, 31, {5});
  EXPECT_EQ(kind(), std::nullopt);
}

TEST_F(Ties, are_a_session_or_a_process_group) {
  world.find(31).session = world.find(20).session;
  EXPECT_EQ(kind(), TieKind::Session);
  world.find(31).session = 31;
  world.find(31).group = world.find(21).group;
  EXPECT_EQ(kind(), TieKind::ProcessGroup);
}

TEST_F(Ties, are_no_session_that_the_daemon_is_in) {
  for (const pid_t pid : {10, 21, 31}) {
    world.find(pid).session = 10;
    world.find(pid).group = 10;
  }
  EXPECT_EQ(kind(), std::nullopt);
}

TEST_F(Ties, are_told_by_the_strongest) {
  hold(pipes, 21, {6});
  hold(pipes, 30, {6});
  table.unix_pairs = {{.inode = 1, .peer = 2}};
  hold(holdings, 21, {1});
  hold(holdings, 31, {2});
  EXPECT_EQ(kind(), TieKind::UnixSocket);
}

TEST_F(Ties, are_not_known_where_somebody_can_not_be_read) {
  for (const pid_t pid : {20, 31}) {
    for (Holdings* const all : {&holdings, &pipes}) {
      const auto kept = *all;
      (*all)[world.find(pid).id] = std::unexpected(Unread::Denied);
      EXPECT_FALSE(found().whole) << pid;
      *all = kept;
    }
  }
  EXPECT_TRUE(found().whole);
  knows_sockets = false;
  EXPECT_FALSE(found().whole);
  knows_sockets = true;
  table.unix_pairs.reset();
  EXPECT_FALSE(found().whole);
}

TEST_F(Ties, that_are_seen_are_ties_whatever_else_is_not_known) {
  hold(pipes, 21, {6});
  hold(pipes, 31, {6});
  holdings[world.find(20).id] = std::unexpected(Unread::Denied);
  const AppTies ties = found();
  ASSERT_TRUE(ties.tie);
  EXPECT_FALSE(ties.whole);
}

TEST_F(Ties, name_the_ports_on_which_the_tree_listens) {
  table.listeners = {{.inode = 1, .local = at(1, 3000)},
                     {.inode = 2, .local = at(1, 3001)}};
  hold(holdings, 31, {1});
  EXPECT_THAT(found().held, ElementsAre(3000));
}

}  // namespace
}  // namespace strayd
