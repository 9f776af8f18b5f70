#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/pm2/observe.h"

#include "pm2/scene.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using test::god;
using test::id;
using test::process;
using test::snapshot_of;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<Pm2Home> homes_of(std::vector<Process> processes,
                              const std::vector<std::string>& configured = {},
                              const Memory& memory = {}) {
  return pm2_homes(snapshot_of(std::move(processes)), configured, true, memory);
}

std::vector<std::string> paths(const std::vector<Pm2Home>& homes) {
  std::vector<std::string> all;
  for (const Pm2Home& home : homes) all.push_back(home.path);
  return all;
}

// A process with a cookie of this home.
Process with_cookie(pid_t pid, const std::string& home) {
  Process holder = process(pid, {"node", "server.js"});
  holder.environment = Environment{{"PM2_HOME", home},
                                   {"pm_id", "0"},
                                   {"unique_id", "u"},
                                   {"name", "api"},
                                   {"pm_uptime", "1795386502029"}};
  return holder;
}

Memory seen(const std::string& home, std::optional<uid_t> uid = {}) {
  return {.homes = {{home, HomeMemory{.uid = uid, .seen = true}}}};
}

TEST(Homes, are_found_by_the_title_of_a_living_god_daemon) {
  const Pm2Home expected{.path = "/srv/a",
                         .daemons = {{.pid = 50, .start_ticks = 100}}};
  EXPECT_THAT(homes_of({god(50, "/srv/a")}), ElementsAre(expected));
}

TEST(Homes, are_found_by_a_relative_title_and_where_its_daemon_works) {
  Process daemon = god(50, ".pm2");
  EXPECT_THAT(homes_of({daemon}), IsEmpty());
  daemon.cwd = "/srv/a";
  EXPECT_THAT(paths(homes_of({daemon})), ElementsAre("/srv/a/.pm2"));
}

TEST(Homes, are_not_found_where_a_fork_of_a_daemon_works) {
  Process daemon = god(50, ".pm2");
  daemon.cwd = "/srv/a";
  Process fork = god(60, ".pm2");
  fork.parent = 50;
  fork.cwd = "/srv/b";
  EXPECT_THAT(paths(homes_of({daemon, fork})), ElementsAre("/srv/a/.pm2"));
}

TEST(Homes, are_not_found_by_the_title_of_a_zombie) {
  Process zombie = god(50, "/srv/a");
  zombie.state = 'Z';
  EXPECT_THAT(homes_of({zombie}), IsEmpty());
}

TEST(Homes, are_found_by_the_environment_of_a_pm2_runtime) {
  Process runtime = process(50, {"node", "/usr/bin/pm2-runtime", "start"});
  runtime.environment = Environment{{"HOME", "/home/app"}};
  const std::vector<Pm2Home> homes = homes_of({runtime});
  ASSERT_THAT(paths(homes), ElementsAre("/home/app/.pm2"));
  EXPECT_THAT(homes[0].daemons, ElementsAre(runtime.id));
}

TEST(Homes, are_found_by_where_a_pm2_runtime_with_a_relative_one_works) {
  Process runtime = process(50, {"node", "/usr/bin/pm2-runtime", "start"});
  runtime.environment =
      Environment{{"PM2_HOME", "x/.pm2"}, {"HOME", "/home/app"}};
  runtime.cwd = "/srv/a";
  EXPECT_THAT(paths(homes_of({runtime})), ElementsAre("/srv/a/x/.pm2"));
}

TEST(Homes, are_not_guessed_for_a_pm2_runtime_that_can_not_be_read) {
  Process runtime = process(50, {"node", "/usr/bin/pm2-runtime", "start"});
  runtime.environment = std::unexpected(Unread::Denied);
  EXPECT_THAT(homes_of({runtime}), IsEmpty());
}

TEST(Homes, are_found_by_a_cookie_with_its_holder_s_user) {
  Process holder = with_cookie(60, "/srv/a");
  holder.uid = 7U;
  const Pm2Home expected{.path = "/srv/a", .uid = 7};
  EXPECT_THAT(homes_of({holder}), ElementsAre(expected));
}

TEST(Homes, are_not_found_by_a_lone_pm2_home) {
  Process shell = process(60, {"bash"});
  shell.environment = Environment{{"PM2_HOME", "/srv/a"}};
  EXPECT_THAT(homes_of({shell}), IsEmpty());
}

TEST(Homes, are_found_by_a_lone_pm2_home_above_another_process) {
  Process daemon = process(50, {"my-supervisor"});
  daemon.environment = Environment{{"PM2_HOME", "/srv/a"}};
  Process app = process(60, {"node", "server.js"});
  app.parent = 50;
  const Pm2Home expected{.path = "/srv/a", .uid = *daemon.uid};
  EXPECT_THAT(homes_of({daemon, app}), ElementsAre(expected));
}

TEST(Homes, know_which_of_their_daemons_that_answered_live) {
  Memory memory = seen("/srv/a");
  memory.homes["/srv/a"].answered = {id(50, 100), id(51, 100), id(52, 7)};
  const std::vector<Pm2Home> homes = homes_of(
      {process(50, {"my-supervisor"}), process(52, {"x"})}, {}, memory);
  EXPECT_THAT(homes.at(0).answered, ElementsAre(ProcId{50, 100}));
}

TEST(Homes, of_another_pid_namespace_are_left_out) {
  Process daemon = god(50, "/root/.pm2");
  Process holder = with_cookie(60, "/root/.pm2");
  daemon.pid_namespace_depth = 2;
  holder.pid_namespace_depth = 2;
  EXPECT_THAT(homes_of({daemon, holder}), IsEmpty());
}

TEST(Homes, of_a_container_are_left_out) {
  Process daemon = god(50, "/root/.pm2");
  daemon.cgroup = "/system.slice/docker-abc.scope";
  EXPECT_THAT(homes_of({daemon}), IsEmpty());
}

TEST(Homes, that_were_seen_before_stay) {
  const Pm2Home expected{
      .path = "/srv/a", .uid = 7, .configured = false, .seen = true};
  EXPECT_THAT(homes_of({}, {}, seen("/srv/a", 7)), ElementsAre(expected));
}

TEST(Homes, that_were_never_seen_do_not_stay) {
  const Memory memory{.homes = {{"/srv/a", HomeMemory{}}}};
  EXPECT_THAT(homes_of({}, {}, memory), IsEmpty());
}

TEST(Homes, that_are_configured_are_there_though_nothing_is_known_of_them) {
  const Pm2Home expected{.path = "/srv/a", .configured = true, .seen = false};
  EXPECT_THAT(homes_of({}, {"/srv/a"}), ElementsAre(expected));
}

TEST(Homes, are_the_configured_ones_only_where_it_is_said_so) {
  const Snapshot snapshot = snapshot_of(
      {god(50, "/srv/a"), god(51, "/srv/b"), with_cookie(60, "/srv/c")});
  const std::vector<std::string> configured{"/srv/b"};
  const std::vector<Pm2Home> homes =
      pm2_homes(snapshot, configured, false, seen("/srv/d"));
  ASSERT_THAT(paths(homes), ElementsAre("/srv/b"));
  EXPECT_EQ(homes[0].daemons.size(), 1U);
}

TEST(Homes, are_the_same_however_their_path_is_spelled) {
  const std::vector<Pm2Home> homes =
      homes_of({god(50, "/srv//a/"), with_cookie(60, "/srv/./a")},
               {"/srv/a/.", "//srv/a"},
               seen("/./srv/a"));
  ASSERT_THAT(paths(homes), ElementsAre("/srv/a"));
  EXPECT_TRUE(homes[0].configured);
  EXPECT_EQ(homes[0].daemons.size(), 1U);
}

TEST(Homes, keep_the_dots_that_only_a_file_system_can_resolve) {
  EXPECT_THAT(paths(homes_of({}, {"/srv/../a", "/", "/..."})),
              ElementsAre("/", "/...", "/srv/../a"));
}

TEST(Homes, are_absolute) {
  EXPECT_THAT(homes_of({god(50, "x/.pm2"), with_cookie(60, "x")},
                       {"", ".", "srv/a", "~/.pm2"},
                       seen("x")),
              IsEmpty());
}

TEST(Homes, that_no_open_could_take_are_left_out) {
  EXPECT_THAT(
      homes_of({}, {std::string("/srv\0/a", 7), "/" + std::string(4096, 'x')}),
      IsEmpty());
}

TEST(Homes, name_all_their_daemons) {
  const std::vector<Pm2Home> homes =
      homes_of({god(50, "/srv/a"), god(51, "/srv/a")});
  ASSERT_EQ(homes.size(), 1U);
  EXPECT_EQ(homes[0].daemons.size(), 2U);
}

TEST(Homes, do_not_count_a_daemon_s_child_between_fork_and_exec) {
  Process child = god(51, "/srv/a");
  child.parent = 50;
  child.started = seconds{2};
  const std::vector<Pm2Home> homes = homes_of({god(50, "/srv/a"), child});
  ASSERT_EQ(homes.size(), 1U);
  EXPECT_THAT(homes[0].daemons, ElementsAre(ProcId{50, 100}));
}

TEST(Homes, count_a_daemon_that_the_daemon_of_another_home_started) {
  Process inner = god(51, "/srv/b");
  inner.parent = 50;
  EXPECT_EQ(homes_of({god(50, "/srv/a"), inner}).size(), 2U);
}

TEST(Homes, are_bounded_and_the_least_credible_go_first) {
  std::vector<Process> crowd;
  for (int i = 0; i < 100; ++i) {
    crowd.push_back(with_cookie(1000 + i, "/fake/" + std::to_string(i)));
    Process young = god(2000 + i, "/young/" + std::to_string(i));
    young.started = seconds{500};
    crowd.push_back(young);
  }
  crowd.push_back(god(5000, "/zzz/old"));
  std::ranges::sort(crowd, {}, &Process::id);
  const std::vector<Pm2Home> homes = homes_of(crowd, {"/zzz/configured"});
  ASSERT_EQ(homes.size(), 65U);
  EXPECT_EQ(homes.back().left_out, 138U);
  EXPECT_THAT(paths(homes), testing::Contains("/zzz/configured"));
  EXPECT_THAT(paths(homes), testing::Contains("/zzz/old"));
  EXPECT_THAT(paths(homes), testing::Not(testing::Contains("/fake/1")));
}

TEST(Homes, that_are_long_dead_are_left_out_without_a_word) {
  Memory memory;
  for (int i = 0; i < 100; ++i) {
    memory.homes["/job/" + std::to_string(i)] = {.seen = true,
                                                 .long_dead = true};
  }
  memory.homes["/zzz/lost"] = {.seen = true};
  const std::vector<Pm2Home> homes = homes_of({}, {}, memory);
  EXPECT_EQ(homes.size(), 64U);
  EXPECT_THAT(paths(homes), testing::Contains("/zzz/lost"));
}

}  // namespace
}  // namespace strayd
