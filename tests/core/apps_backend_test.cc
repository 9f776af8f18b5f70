// Which process serves behind an instance, and how often it was replaced.
#include <gtest/gtest.h>

#include "support/app_world.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using testing::AppWorld;
using testing::backend_of;
using testing::restarts;
using testing::serving;
using testing::World;

// --- who serves

TEST(Backend, is_the_process_at_the_end_of_the_chain) {
  AppWorld world = AppWorld::with_watched_app();
  const AppsPicture picture = world.look();
  EXPECT_EQ(serving(picture), 13);
  EXPECT_EQ(backend_of(picture).start_unix_ms,
            testing::unix_ms_at(seconds{110}));
  EXPECT_EQ(picture.apps.front().instances.front().start_unix_ms,
            testing::unix_ms_at(seconds{100}));
}

TEST(Backend, is_the_one_that_listens_whatever_rules_match) {
  AppWorld world = AppWorld::with_watched_app();
  world.process(14, 13, seconds{120}, {"node", "api.js"});
  world.listen(14);
  EXPECT_EQ(serving(world.look()), 14);
}

TEST(Backend, is_no_carrier_although_its_debugger_listens) {
  AppWorld world = AppWorld::with_watched_app();
  world.listen(12, 9229);
  EXPECT_EQ(serving(world.look()), 13);
  world.end(13);
  EXPECT_EQ(serving(world.look()), 0);
}

TEST(Backend, of_several_that_listen_is_the_one_that_a_rule_matches) {
  AppWorld world = AppWorld::with_watched_app();
  world.process(14, 13, seconds{120}, {"node", "helper.js"});
  world.listen(13);
  world.listen(14, 4000);
  EXPECT_EQ(serving(world.look()), 13);
}

TEST(Backend, of_several_that_a_rule_matches_too_is_the_deepest) {
  AppWorld world = AppWorld::with_watched_app();
  world.server(9, 13, seconds{120});
  world.listen(13);
  world.listen(9, 4000);
  EXPECT_EQ(serving(world.look()), 9);
}

TEST(Backend, of_several_that_are_as_deep_is_the_oldest) {
  AppWorld world = AppWorld::with_watched_app();
  world.server(8, 12, seconds{120});
  world.listen(8);
  world.listen(13);
  EXPECT_EQ(serving(world.look()), 13);
}

TEST(Backend, a_watcher_without_its_server_is_none) {
  AppWorld world = AppWorld::with_watched_app();
  world.end(13);
  EXPECT_EQ(serving(world.look()), 0);
}

TEST(Backend, a_helper_of_the_watcher_is_none) {
  AppWorld world = AppWorld::with_watched_app();
  world.end(13);
  world.process(14, 12, seconds{103}, {"/x/esbuild"}, "/x/esbuild");
  EXPECT_EQ(serving(world.look()), 0);
}

TEST(Backend, carriers_and_helpers_are_none_also_where_no_rule_matches) {
  AppWorld world;
  world.god(5);
  world.process(10, 5, seconds{100}, {"npm start"});
  world.process(11, 10, seconds{101}, {"node", "/x/.bin/nodemon", "api.js"});
  world.answers(5, {World::instance(10, seconds{100})});
  world.process(
      12, 11, seconds{102}, {"/x/esbuild", "--service=0.25.0", "--ping"});
  EXPECT_EQ(serving(world.look()), 0);
  world.process(13, 11, seconds{103}, {"node", "api.js"});
  EXPECT_EQ(serving(world.look()), 13);
}

TEST(Backend, where_no_rule_matches_is_the_listed_process) {
  AppWorld world;
  world.god(5);
  world.process(10, 5, seconds{100}, {"node", "plain.js"});
  world.process(11, 10, seconds{101}, {"node", "child.js"});
  world.answers(5, {World::instance(10, seconds{100})});
  EXPECT_EQ(serving(world.look()), 10);
}

TEST(Backend, a_shell_that_carries_nothing_is_its_own_app) {
  AppWorld world;
  world.god(5);
  world.process(
      10, 5, seconds{100}, {"bash", "-c", "while read x; do :; done"});
  world.answers(5, {World::instance(10, seconds{100})});
  EXPECT_EQ(serving(world.look()), 10);
}

TEST(Backend, of_a_worker_is_the_worker_though_its_daemon_listens) {
  AppWorld world;
  world.god(5);
  world.process(10, 5, seconds{100}, {"node", "cluster.js"});
  world.process(11, 10, seconds{101}, {"node", "helper.js"});
  world.listen(5);
  world.listen(11, 9000);
  world.answers(5, {AppWorld::worker("api", 10)});
  EXPECT_EQ(serving(world.look()), 10);
}

TEST(Backend, a_stopped_instance_has_none) {
  AppWorld world;
  world.god(5);
  Pm2Instance stopped = World::instance(10, seconds{100});
  stopped.pid.reset();
  world.answers(5, {stopped});
  EXPECT_EQ(serving(world.look()), 0);
}

TEST(Backend, a_dead_process_that_pm2_still_lists_is_none) {
  AppWorld world = AppWorld::with_watched_app();
  for (const pid_t pid : {10, 11, 12, 13}) world.end(pid);
  EXPECT_EQ(serving(world.look()), 0);
}

// --- what can't be told

TEST(Backend, can_t_be_told_of_a_process_that_is_younger_than_the_snapshot) {
  AppWorld world;
  world.god(5);
  world.answers(5, {World::instance(10, testing::kNow + seconds{5})});
  const AppsPicture picture = world.look();
  EXPECT_FALSE(picture.apps.front().instances.front().backend);
  EXPECT_FALSE(picture.apps.front().usage);
}

TEST(Backend, can_t_be_told_where_the_listed_pid_is_another_process) {
  AppWorld world = AppWorld::with_watched_app();
  world.find(10).parent = 1;
  world.answers(5, {World::instance(10, seconds{90})});
  const AppsPicture picture = world.look();
  EXPECT_FALSE(picture.apps.front().instances.front().backend);
  EXPECT_FALSE(picture.apps.front().instances.front().start_unix_ms);
}

TEST(Backend, can_t_be_told_where_a_command_line_can_t_be_read) {
  AppWorld world = AppWorld::with_watched_app();
  world.find(13).argv = std::unexpected(Unread::Blocked);
  EXPECT_FALSE(world.look().apps.front().instances.front().backend);
  world.listen(13);
  EXPECT_EQ(serving(world.look()), 13);
}

TEST(Backend, is_told_by_rules_alone_where_sockets_are_not_known) {
  AppWorld world = AppWorld::with_watched_app();
  world.process(14, 13, seconds{120}, {"node", "api.js"});
  world.listen(14);
  world.sockets_are_known = false;
  EXPECT_EQ(serving(world.look()), 13);
}

// --- up means serving

// PM2's own child runs the server itself, and may be a watcher of any name.
AppWorld with_plain_app() {
  AppWorld world;
  world.god(5);
  world.process(10, 5, seconds{100}, {"watcher", "server.js"});
  world.process(12, 10, seconds{110}, {"node", "server.js"});
  world.answers(5, {World::instance(10, seconds{100})});
  return world;
}

TEST(Serving, is_nobody_where_nobody_listens_on_a_port_that_it_had) {
  AppWorld world = with_plain_app();
  world.listen(12);
  EXPECT_EQ(serving(world.look()), 12);
  world.end(12);
  EXPECT_EQ(serving(world.look()), 0);
  world.process(13, 10, seconds{9'999}, {"node", "server.js"});
  EXPECT_EQ(serving(world.look()), 0) << "it does not listen yet";
  world.listen(13, 4000);
  EXPECT_EQ(serving(world.look()), 13) << "on another port of its own";
}

TEST(Serving, is_nobody_where_another_has_its_port) {
  AppWorld world = with_plain_app();
  world.listen(12);
  world.look();
  world.end(12);
  world.process(13, 10, seconds{9'999}, {"node", "server.js"});
  world.process(90, 1, seconds{50}, {"other"});
  world.listen(90);
  EXPECT_EQ(serving(world.look()), 0);
}

TEST(Serving, is_known_after_a_restart_of_strayd) {
  AppWorld world = with_plain_app();
  world.listen(12);
  world.look();
  const KnownPorts ports = known_ports(world.seen);
  world.end(12);
  world.seen = {};
  restore_ports(world.seen, ports);
  EXPECT_EQ(serving(world.look()), 0);
}

TEST(Serving, is_no_watcher_that_was_there_before_the_server) {
  AppWorld world = with_plain_app();
  world.policy.rules.front().match = {.pattern = *Pattern::compile("server")};
  EXPECT_EQ(serving(world.look()), 12);
  world.snapshot.taken += kServesAgain;
  EXPECT_EQ(serving(world.look()), 12);
  world.end(12);
  EXPECT_EQ(serving(world.look()), 0);
  world.process(13, 10, seconds{10'999}, {"node", "server.js"});
  EXPECT_EQ(serving(world.look()), 13);
}

TEST(Serving, is_a_worker_that_has_forked_another_for_a_moment) {
  AppWorld world = with_plain_app();
  world.policy.rules.front().match = {.pattern = *Pattern::compile("server")};
  EXPECT_EQ(serving(world.look()), 12);
  world.end(12);
  EXPECT_EQ(serving(world.look()), 10);
}

TEST(Serving, is_no_watcher_by_what_pm2_was_told_to_run) {
  AppWorld world;
  world.god(5);
  world.process(10, 5, seconds{100}, {"node /x/tsx/dist/cli.mjs"});
  Pm2Instance app = World::instance(10, seconds{100});
  app.pm_exec_path = "/x/tsx/dist/cli.mjs";
  world.answers(5, {app});
  EXPECT_EQ(serving(world.look()), 0);
}

TEST(Serving, is_nobody_who_is_stopped) {
  AppWorld world = with_plain_app();
  world.listen(12);
  world.look();
  world.find(12).state = 'T';
  EXPECT_EQ(serving(world.look()), 0);
  world.find(12).state = 'S';
  EXPECT_EQ(serving(world.look()), 12);
}

TEST(Serving, needs_no_port_where_only_a_carriers_debugger_had_one) {
  AppWorld world = AppWorld::with_watched_app();
  world.listen(12, 9229);
  world.look();
  EXPECT_EQ(serving(world.look()), 13);
}

TEST(Serving, can_t_be_told_while_nobody_knows_whose_its_port_is) {
  AppWorld world = with_plain_app();
  world.listen(12);
  world.look();
  world.end(12);
  world.process(13, 10, seconds{9'999}, {"node", "server.js"});
  world.sealed.insert(13);
  world.sockets.listeners.push_back(
      {.inode = 777, .local = {.port = testing::kPort}});
  EXPECT_FALSE(world.look().apps.front().instances.front().backend);
}

TEST(Serving, begins_no_earlier_than_it_was_told_to) {
  AppWorld world = with_plain_app();
  const auto before = backend_of(world.look()).start_unix_ms;
  world.listen(10);
  const Backend now = backend_of(world.look());
  EXPECT_EQ(now.id->pid, 10) << "it is seen better now";
  EXPECT_EQ(now.start_unix_ms, before);
}

std::optional<std::int64_t> down_since(const AppsPicture& picture) {
  return picture.apps.front().instances.front().down_since_unix_ms;
}

TEST(DownSince, is_over_once_it_has_served_for_half_a_minute) {
  AppWorld world = with_plain_app();
  world.listen(12);
  EXPECT_FALSE(down_since(world.look()));
  world.end(12);
  const auto since = down_since(world.look());
  ASSERT_TRUE(since);
  world.snapshot.taken += seconds{60};
  EXPECT_EQ(down_since(world.look()), since);
  world.process(13, 10, seconds{9'999}, {"node", "server.js"});
  world.listen(13);
  EXPECT_EQ(down_since(world.look()), since);
  world.snapshot.taken += seconds{20};
  EXPECT_EQ(down_since(world.look()), since) << "25 s";
  EXPECT_FALSE(down_since(world.look())) << "30 s";
}

TEST(DownSince, goes_on_where_others_serve_again_and_again) {
  AppWorld world = with_plain_app();
  world.listen(12);
  world.look();
  std::optional<std::int64_t> since;
  for (pid_t pid = 13; pid < 33; ++pid) {
    world.end(pid - 1);
    world.snapshot.taken += seconds{20};
    world.process(pid,
                  10,
                  std::chrono::duration_cast<seconds>(world.snapshot.taken),
                  {"node", "server.js"});
    world.listen(pid);
    const AppsPicture picture = world.look();
    EXPECT_EQ(serving(picture), pid);
    if (!since) since = down_since(picture);
    EXPECT_EQ(down_since(picture), since);
    ASSERT_TRUE(since);
  }
}

TEST(Backend, apps_of_a_silent_pm2_are_not_told) {
  AppWorld world = AppWorld::with_watched_app();
  world.is_quiet(Pm2Quiet::Silent);
  EXPECT_TRUE(world.look().apps.empty());
}

// --- slots and trees

TEST(Apps, slots_count_from_zero_by_pm_id) {
  AppWorld world;
  world.god(5);
  Pm2Instance second = World::instance(20, seconds{100});
  second.pm_id = 7;
  Pm2Instance first = World::instance(10, seconds{100});
  first.pm_id = 3;
  world.answers(5, {second, first});
  const AppsPicture picture = world.look();
  EXPECT_EQ(picture.apps.front().instances[0].pm2.pm_id, 3);
  EXPECT_EQ(picture.apps.front().instances[1].slot, 1);
}

TEST(Apps, what_another_pm2_owns_below_an_app_is_not_the_app_s) {
  AppWorld world = AppWorld::with_watched_app();
  Process& inner = world.god(20, seconds{120});
  inner.parent = 13;
  world.process(21, 20, seconds{121}, {"node", "inner.js"});
  EXPECT_EQ(world.look().apps.front().usage->processes, 4U);
}

TEST(Apps, a_pid_that_is_listed_twice_belongs_to_the_first_entry) {
  AppWorld world = AppWorld::with_watched_app();
  Pm2Instance again = World::instance(10, seconds{100});
  again.pm_id = 1;
  world.answers(5, {World::instance(10, seconds{100}), again});
  const AppsPicture picture = world.look();
  EXPECT_EQ(serving(picture), 13);
  EXPECT_FALSE(picture.apps.front().instances[1].backend);
}

TEST(Apps, parents_that_loop_make_a_tree_of_each_process_once) {
  AppWorld world;
  world.god(5);
  world.process(10, 11, seconds{100}, {"node", "a.js"});
  world.process(11, 10, seconds{100}, {"node", "b.js"});
  world.answers(5, {World::instance(10, seconds{100})});
  EXPECT_EQ(world.look().apps.front().usage->processes, 2U);
}

TEST(Apps, a_daemon_that_lists_itself_harms_nobody) {
  AppWorld world = AppWorld::with_watched_app();
  world.listen(5);
  world.answers(5,
                {World::instance(10, seconds{100}),
                 AppWorld::worker("god", 5, seconds{50})});
  const AppsPicture picture = world.look();
  EXPECT_EQ(serving(picture), 13);
  EXPECT_EQ(picture.apps.front().usage->processes, 4U);
}

// --- replacements

// As after a file was saved: tsx ends the server and starts another.
void restart_server(AppWorld& world, pid_t old_pid, pid_t new_pid) {
  world.end(old_pid);
  world.server(new_pid, 12, seconds{9000 + new_pid});
}

TEST(BackendRestarts, the_first_sight_is_none) {
  AppWorld world = AppWorld::with_watched_app();
  EXPECT_EQ(restarts(world.look()), 0U);
  EXPECT_EQ(restarts(world.look()), 0U);
}

TEST(BackendRestarts, a_restart_that_pm2_never_saw_counts) {
  AppWorld world = AppWorld::with_watched_app();
  world.look();
  restart_server(world, 13, 14);
  EXPECT_EQ(restarts(world.look()), 1U);
  restart_server(world, 14, 15);
  EXPECT_EQ(restarts(world.look()), 2U);
}

TEST(BackendRestarts, a_reused_pid_is_another_process) {
  AppWorld world = AppWorld::with_watched_app();
  world.look();
  restart_server(world, 13, 13);
  EXPECT_EQ(restarts(world.look()), 1U);
}

TEST(BackendRestarts, a_time_without_one_counts_once) {
  AppWorld world = AppWorld::with_watched_app();
  world.look();
  world.end(13);
  EXPECT_EQ(restarts(world.look()), 0U);
  EXPECT_EQ(restarts(world.look()), 0U);
  world.server(14, 12, seconds{9000});
  EXPECT_EQ(restarts(world.look()), 1U);
}

TEST(BackendRestarts, a_better_view_of_who_serves_is_none) {
  AppWorld world = AppWorld::with_watched_app();
  world.process(14, 13, seconds{120}, {"node", "api.js"});
  EXPECT_EQ(serving(world.look()), 13);
  world.listen(14);
  const AppsPicture picture = world.look();
  EXPECT_EQ(serving(picture), 14);
  EXPECT_EQ(restarts(picture), 0U);
}

TEST(BackendRestarts, a_reload_counts_while_the_old_worker_still_drains) {
  AppWorld world;
  world.god(5);
  world.process(10, 5, seconds{100}, {"node", "cluster.js"});
  world.answers(5, {AppWorld::worker("api", 10)});
  world.look();
  world.process(20, 5, seconds{9000}, {"node", "cluster.js"});
  world.answers(5, {AppWorld::worker("api", 20, seconds{9000})});
  EXPECT_EQ(restarts(world.look()), 1U);
}

TEST(BackendRestarts, an_instance_that_moves_to_another_slot_is_none) {
  AppWorld world;
  world.god(5);
  for (const pid_t pid : {10, 11, 12}) {
    world.process(pid, 5, seconds{100}, {"node", "cluster.js"});
  }
  const Pm2Instance second = AppWorld::worker("api", 11);
  const Pm2Instance third = AppWorld::worker("api", 12);
  world.answers(5, {AppWorld::worker("api", 10), second, third});
  world.look();
  world.end(10);
  world.answers(5, {second, third});
  const AppsPicture picture = world.look();
  EXPECT_EQ(serving(picture), 11);
  EXPECT_EQ(restarts(picture, 0), 0U);
  EXPECT_EQ(restarts(picture, 1), 0U);
}

TEST(BackendRestarts, a_silent_pm2_hides_them_and_takes_none_away) {
  AppWorld world = AppWorld::with_watched_app();
  world.look();
  restart_server(world, 13, 14);
  world.look();
  world.is_quiet(Pm2Quiet::Silent);
  EXPECT_EQ(restarts(world.look()), 1U);
  restart_server(world, 14, 15);
  world.answers(5, {World::instance(10, seconds{100})});
  EXPECT_EQ(restarts(world.look()), 2U);
}

TEST(BackendRestarts, a_restart_of_strayd_loses_none) {
  AppWorld world = AppWorld::with_watched_app();
  world.look();
  restart_server(world, 13, 14);
  const BackendLedger kept = world.look().memory.backends;
  world.seen = {.backends = kept};
  restart_server(world, 14, 15);
  EXPECT_EQ(restarts(world.look()), 2U);
}

TEST(BackendRestarts, another_boot_has_other_processes_under_the_same_ids) {
  AppWorld world = AppWorld::with_watched_app();
  world.seen = {.backends = world.look().memory.backends};
  world.snapshot.boot_id = "the next boot";
  EXPECT_EQ(restarts(world.look()), 1U);
  EXPECT_EQ(restarts(world.look()), 1U);
}

TEST(BackendRestarts, an_app_that_is_deleted_and_started_again_goes_on) {
  AppWorld world = AppWorld::with_watched_app();
  world.process(30, 5, seconds{100}, {"node", "other.js"});
  world.look();
  restart_server(world, 13, 14);
  world.look();
  world.answers(5, {AppWorld::app("other", 30)});
  EXPECT_EQ(restarts(world.look()), 1U);
  world.process(40, 5, seconds{9500}, {"node", "plain.js"});
  world.answers(5, {World::instance(40, seconds{9500})});
  EXPECT_EQ(restarts(world.look()), 2U);
}

TEST(BackendRestarts, slots_that_are_listed_no_more_are_bounded) {
  AppWorld world = AppWorld::with_watched_app();
  for (int i = 0; i <= static_cast<int>(kMostSlots); ++i) {
    world.seen.backends.slots[{.home = "/gone", .app = "x", .slot = i}] = {};
  }
  EXPECT_EQ(world.look().memory.backends.slots.size(), 1U);
}

}  // namespace
}  // namespace strayd
