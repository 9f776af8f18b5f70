// The verdict table: what holds a process's life, from the strongest claim
// down.
#include "strayd/core/judge.h"

#include <gtest/gtest.h>

#include "core/expect.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using testing::expect;
using testing::kHome;
using testing::World;

// --- claims

TEST(Claims, are_told_in_the_order_in_which_they_are_asked_for) {
  World world;
  world.god(5);
  world.server(10, 5);
  world.server(11, 1);
  world.server(12, 1).comm = "sshd";
  world.answers(5, {World::instance(10, seconds{100})});
  const ProcId god = world.find(5).id;
  const ProcId app = world.find(10).id;
  const ProcId stray = world.find(11).id;
  const ProcId shell = world.find(12).id;
  const std::vector<ProcId> asked{shell, stray, app, god, stray};

  const auto claims = claims_on(world.evidence(), world.policy, asked);

  ASSERT_EQ(claims.size(), asked.size());
  EXPECT_EQ(claims[0]->reason.why, Why::NeverEligible);
  EXPECT_FALSE(claims[1]);
  EXPECT_EQ(claims[2]->reason.why, Why::ListedByPm2);
  EXPECT_EQ(claims[2]->app, "api");
  EXPECT_EQ(claims[3]->reason.why, Why::SupervisorProcess);
  EXPECT_FALSE(claims[4]);
}

TEST(Claims, protect_a_kernel_thread) {
  constexpr unsigned kKernelThread = 0x0020'0000;  // PF_KTHREAD
  World world;
  world.server(10, 1).flags = kKernelThread;
  const std::vector<ProcId> ids{world.find(10).id};
  const auto claims = claims_on(world.evidence(), world.policy, ids);
  ASSERT_TRUE(claims[0]);
  EXPECT_EQ(claims[0]->standing, Standing::Protected);
  EXPECT_EQ(claims[0]->reason.why, Why::KernelThread);
}

TEST(Claims, hold_what_is_not_in_the_snapshot) {
  World world;
  const ProcId stray = world.server(10, 1).id;
  const ProcId later{.pid = 10, .start_ticks = stray.start_ticks + 1};
  const std::vector<ProcId> asked{later, {.pid = 99, .start_ticks = 1}};
  for (const auto& claim : claims_on(world.evidence(), world.policy, asked)) {
    ASSERT_TRUE(claim);
    EXPECT_EQ(claim->standing, Standing::Held);
    EXPECT_EQ(claim->reason.why, Why::Unreadable);
  }
}

TEST(Claims, on_nobody_are_none) {
  const World world;
  EXPECT_TRUE(claims_on(world.evidence(), world.policy, {}).empty());
}

// --- stray

TEST(Judge, a_server_without_owner_or_cookie_is_a_stray) {
  World world;
  world.server(10, 1);
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Judge, what_no_rule_matches_is_no_candidate) {
  World world;
  world.process(10, 1, seconds{100}, {"vim", "tsx/server.ts"}, "/usr/bin/vim");
  EXPECT_TRUE(world.judged().empty());
}

TEST(Judge, wrappers_that_carry_nothing_else_are_ended_with_the_orphan) {
  World world;
  world.process(10, 1, seconds{100}, {"npm exec tsx src/serve"});
  world.process(
      11, 10, seconds{101}, {"sh", "-c", "tsx src/server.ts"}, "/usr/bin/dash");
  world.process(12, 11, seconds{102}, {"node", "/x/.bin/tsx", "src/server.ts"});
  world.server(13, 12, seconds{103});

  for (const pid_t pid : {10, 11, 12, 13}) {
    expect(world, pid, Standing::Stray, Why::NoOwner);
    EXPECT_EQ(world.verdict(pid).tree.pid, 10);
  }
  EXPECT_EQ(world.verdict(11).role, Role::Wrapper);
  EXPECT_EQ(world.verdict(13).role, Role::Candidate);
}

TEST(Judge, a_wrapper_with_another_child_is_left_alone) {
  World world;
  world.process(11,
                1,
                seconds{100},
                {"sh", "-c", "tsx src/server.ts & x"},
                "/usr/bin/dash");
  world.server(12, 11, seconds{101});
  world.process(13, 11, seconds{101}, {"x"}, "/usr/bin/x");
  EXPECT_EQ(world.verdict(12).tree.pid, 12);
}

TEST(Judge, a_descendant_that_no_rule_matches_comes_along) {
  World world;
  world.server(10, 1);
  world.process(
      11, 10, seconds{101}, {"/x/esbuild", "--service"}, "/x/esbuild");
  expect(world, 11, Standing::Stray, Why::NoOwner);
  EXPECT_EQ(world.verdict(11).role, Role::Descendant);
}

TEST(Judge, an_interactive_shell_above_a_stray_neither_owns_nor_dies) {
  World world;
  world.process(9, 1, seconds{90}, {"-bash"}, "/usr/bin/bash");
  world.server(10, 9);
  expect(world, 10, Standing::Stray, Why::NoOwner);
  EXPECT_EQ(world.verdict(9).rule, "");
}

// --- protected

TEST(Judge, strayd_and_its_ancestors_are_protected) {
  World world;
  world.server(10, 1);
  world.process(11, 10, seconds{101}, {"strayd"}, "/usr/bin/strayd");
  world.snapshot.self = world.find(11).id;
  expect(world, 10, Standing::Protected, Why::Strayd);
}

TEST(Judge, pid_1_is_protected) {
  World world;
  world.find(1).argv = world.server(10, 1).argv;
  world.find(1).exe = "/usr/bin/node";
  expect(world, 1, Standing::Protected, Why::Init);
}

TEST(Judge, a_zombie_is_protected) {
  World world;
  world.server(10, 1).state = 'Z';
  expect(world, 10, Standing::Protected, Why::Zombie);
}

TEST(Judge, a_zombie_leader_with_living_threads_is_alive) {
  World world;
  Process& leader = world.server(10, 1);
  leader.state = 'Z';
  leader.threads = 2;
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Judge, a_process_of_another_pid_namespace_is_protected) {
  World world;
  world.server(10, 1).pid_namespace_depth = 2;
  expect(world, 10, Standing::Protected, Why::OtherPidNamespace);
}

TEST(Judge, what_lives_below_another_pid_namespace_is_protected) {
  World world;
  world.process(9, 1, seconds{90}, {"x"}, "/x").pid_namespace_depth = 2;
  world.server(10, 9);
  expect(world, 10, Standing::Protected, Why::OtherPidNamespace);
}

TEST(Judge, a_process_in_a_container_is_protected) {
  World world;
  world.server(10, 1).cgroup = "/system.slice/docker-0123.scope";
  expect(world, 10, Standing::Protected, Why::Container);
}

TEST(Judge, in_its_own_container_strayd_sees_its_own_world) {
  World world;
  world.server(10, 1).cgroup = "/docker/0123";
  world.process(11, 1, seconds{101}, {"strayd"}, "/usr/bin/strayd").cgroup =
      "/docker/0123";
  world.snapshot.self = world.find(11).id;
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Judge, a_protect_rule_spares_the_process_and_what_is_below_it) {
  World world;
  world.policy.protect.push_back(
      {.name = "dev", .match = {.exe = "bash", .tty = true}});
  world.process(9, 1, seconds{90}, {"-bash"}, "/usr/bin/bash").tty = 34816;
  world.server(10, 9);
  expect(world, 10, Standing::Protected, Why::ProtectRule);
}

TEST(Judge, the_marker_protects) {
  World world;
  world.server(10, 1).environment->insert({"STRAYD_PROTECT", "1"});
  expect(world, 10, Standing::Protected, Why::ProtectMarker);
}

TEST(Judge, a_traced_process_is_protected) {
  World world;
  world.server(10, 1).tracer = 77;
  expect(world, 10, Standing::Protected, Why::Traced);
}

TEST(Judge, the_pm2_command_line_is_never_eligible) {
  World world;
  world.process(10,
                1,
                seconds{100},
                {"node", "/usr/bin/pm2", "start", "tsx", "--", "server.ts"});
  expect(world, 10, Standing::Protected, Why::NeverEligible);
}

// --- managed

TEST(Judge, everything_below_the_god_daemon_is_managed) {
  World world;
  world.god(5);
  world.process(10, 5, seconds{100}, {"npm run dev"});
  world.process(11,
                10,
                seconds{101},
                {"sh", "-c", "tsx watch src/server.ts"},
                "/usr/bin/dash");
  world.server(12, 11, seconds{102});
  expect(world, 12, Standing::Managed, Why::BelowSupervisor);
}

TEST(Judge, a_god_daemon_manages_also_while_it_is_silent) {
  World world;
  world.god(5);
  world.server(12, 5);
  world.is_quiet(Pm2Quiet::Silent);
  expect(world, 12, Standing::Managed, Why::BelowSupervisor);
}

TEST(Judge, a_listed_process_is_managed_and_named) {
  World world;
  world.god(5);
  world.process(10, 5, seconds{100}, {"npm run dev"});
  world.server(12, 10, seconds{102});
  world.answers(5, {World::instance(10, seconds{100})});
  expect(world, 12, Standing::Managed, Why::ListedByPm2);
  EXPECT_EQ(world.verdict(12).app, "api");
  EXPECT_EQ(world.verdict(12).home, kHome);
}

TEST(Judge, the_peer_that_answers_is_a_daemon_whatever_its_title) {
  World world;
  world.process(5, 1, seconds{50}, {"my-supervisor"});
  world.server(12, 5);
  world.answers(5, {World::instance(99, seconds{100})});
  expect(world, 12, Standing::Managed, Why::BelowSupervisor);
}

TEST(Judge, a_daemon_that_answered_once_stays_a_daemon_when_it_falls_silent) {
  World world;
  world.process(5, 1, seconds{50}, {"my-supervisor"});
  world.server(12, 5);
  world.answers(5, {World::instance(99, seconds{100})});
  world.is_quiet(Pm2Quiet::Silent);
  expect(world, 12, Standing::Managed, Why::BelowSupervisor);
}

TEST(Judge, pm2_runtime_is_known_by_its_process) {
  World world;
  world.process(5,
                1,
                seconds{50},
                {"node", "/usr/lib/pm2/bin/pm2-runtime", "start", "app.js"});
  world.server(12, 5);
  expect(world, 12, Standing::Managed, Why::BelowSupervisor);
}

TEST(Judge, the_main_process_of_a_systemd_service_is_managed) {
  World world;
  world.find(1).comm = "systemd";
  world.server(10, 1).cgroup = "/system.slice/backend.service";
  expect(world, 10, Standing::Managed, Why::SystemdService);
}

TEST(Judge, what_a_cron_job_left_behind_in_crons_cgroup_is_a_stray) {
  World world;
  world.find(1).comm = "systemd";
  world.process(6, 1, seconds{50}, {"/usr/sbin/cron", "-f"}, "/usr/sbin/cron")
      .cgroup = "/system.slice/cron.service";
  Process& left = world.server(10, 1);
  left.cgroup = "/system.slice/cron.service";
  left.session = 9;  // of the job, which is gone
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

// --- held

TEST(Judge, a_chain_with_a_hidden_parent_is_held) {
  World world;
  world.server(10, 9);
  expect(world, 10, Standing::Held, Why::BrokenChain);
}

TEST(Judge, a_chain_with_a_younger_parent_is_held) {
  World world;
  world.process(9, 1, seconds{200}, {"x"}, "/x");
  world.server(10, 9);
  expect(world, 10, Standing::Held, Why::BrokenChain);
}

TEST(Judge, a_chain_that_loops_is_held) {
  World world;
  world.process(9, 10, seconds{100}, {"x"}, "/x");
  world.server(10, 9);
  expect(world, 10, Standing::Held, Why::BrokenChain);
}

TEST(Judge, a_process_without_a_parent_in_this_namespace_is_held) {
  World world;
  world.server(10, 0);
  expect(world, 10, Standing::Held, Why::BrokenChain);
}

TEST(Judge, an_unreadable_environment_is_held) {
  World world;
  world.server(10, 1).environment = std::unexpected(Unread::Denied);
  expect(world, 10, Standing::Held, Why::Unreadable);
}

TEST(Judge, an_unreadable_executable_is_held) {
  World world;
  world.server(10, 1).exe = std::unexpected(Unread::Denied);
  expect(world, 10, Standing::Held, Why::Unreadable);
}

TEST(Judge, half_a_cookie_is_held) {
  World world;
  world.server(10, 1).environment = Environment{{"pm_id", "0"}};
  expect(world, 10, Standing::Held, Why::CookieBroken);
}

TEST(Judge, a_lone_pm2_home_is_no_cookie) {
  World world;
  world.server(10, 1).environment = Environment{{"PM2_HOME", kHome}};
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Judge, a_silent_pm2_holds_what_carries_its_cookie) {
  World world;
  world.god(5);
  world.server(10, 1).environment = World::cookie(seconds{100});
  world.is_quiet(Pm2Quiet::Silent);
  expect(world, 10, Standing::Held, Why::Pm2Silent);
}

TEST(Judge, a_dead_pm2_holds_what_carries_its_cookie) {
  World world;
  world.server(10, 1).environment = World::cookie(seconds{100});
  world.is_quiet(Pm2Quiet::Dead);
  expect(world, 10, Standing::Held, Why::Pm2Lost);
}

TEST(Judge, a_silent_pm2_of_the_same_user_holds_strays_too) {
  World world;
  world.god(5);
  world.server(10, 1);
  world.is_quiet(Pm2Quiet::Silent);
  expect(world, 10, Standing::Held, Why::Pm2Silent);
}

TEST(Judge, a_silent_pm2_of_another_user_holds_nothing_of_this_one) {
  World world;
  world.god(5);
  world.server(10, 1).uid = 2000;
  world.is_quiet(Pm2Quiet::Silent);
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Judge, a_silent_pm2_of_root_could_own_anybodys_process) {
  World world;
  world.god(5);
  world.server(10, 1).uid = 2000;
  world.is_quiet(Pm2Quiet::Silent);
  world.pm2.front().uid = 0;
  expect(world, 10, Standing::Held, Why::Pm2Silent);
}

TEST(Judge, a_pm2_that_was_never_seen_holds_nothing) {
  World world;
  world.server(10, 1);
  world.is_quiet(Pm2Quiet::NeverSeen);
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Judge, a_pm2_that_was_lost_a_moment_ago_holds_strays) {
  World world;
  world.server(10, 1);
  world.is_quiet(Pm2Quiet::Dead);
  world.memory.homes[kHome].lost = testing::kNow - seconds{5};
  expect(world, 10, Standing::Held, Why::Pm2Lost);
}

TEST(Judge, a_pm2_that_is_long_gone_without_a_trace_holds_no_stray) {
  World world;
  world.server(10, 1);
  world.is_quiet(Pm2Quiet::Dead);
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Judge, a_young_daemon_is_not_believed) {
  World world;
  world.god(5, testing::kNow - seconds{10});
  world.server(10, 1).environment = World::cookie(seconds{100});
  world.answers(5, {World::instance(99, seconds{9000})});
  expect(world, 10, Standing::Held, Why::Pm2Unsettled);
}

TEST(Judge, a_list_that_was_seen_once_is_not_believed) {
  World world;
  world.god(5);
  world.server(10, 1).environment = World::cookie(seconds{100});
  world.answers(5, {World::instance(99, seconds{9000})});
  world.memory.homes[kHome].same_list = 1;
  expect(world, 10, Standing::Held, Why::Pm2Unsettled);
}

TEST(Judge, an_empty_list_is_no_proof_of_anything) {
  World world;
  world.god(5);
  world.server(10, 1).environment = World::cookie(seconds{100});
  world.answers(5, {});
  expect(world, 10, Standing::Held, Why::Pm2ListEmpty);
}

TEST(Judge, an_empty_list_of_a_daemon_with_children_holds_strays_too) {
  World world;
  world.god(5);
  world.process(6, 5, seconds{60}, {"node", "x.js"});
  world.server(10, 1);
  world.answers(5, {});
  expect(world, 10, Standing::Held, Why::Pm2ListEmpty);
}

TEST(Judge, a_pm2_without_apps_and_children_holds_no_stray) {
  World world;
  world.god(5);
  world.server(10, 1);
  world.answers(5, {});
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Judge, a_listed_pid_that_started_at_another_time_is_held) {
  World world;
  world.god(5);
  world.server(10, 1, seconds{100});
  world.answers(5, {World::instance(10, seconds{9000})});
  expect(world, 10, Standing::Held, Why::Pm2ListStale);
}

TEST(Judge, the_launch_that_is_listed_now_is_held) {
  World world;
  world.god(5);
  world.process(9, 5, seconds{100}, {"npm run dev"});
  Process& left = world.server(10, 1, seconds{101});
  left.session = 9;
  left.environment = World::cookie(seconds{100});
  world.answers(5, {World::instance(9, seconds{100})});
  expect(world, 10, Standing::Held, Why::SameGeneration);
}

TEST(Judge, a_launch_newer_than_the_listed_one_contradicts) {
  World world;
  world.god(5);
  Process& left = world.server(10, 1, seconds{301});
  left.session = 9;
  left.environment = World::cookie(seconds{300});
  world.answers(5, {World::instance(99, seconds{200})});
  expect(world, 10, Standing::Held, Why::Pm2Contradicts);
}

TEST(Judge, the_pm2_of_another_user_proves_nothing) {
  World world;
  world.god(5);
  Process& left = world.server(10, 1);
  left.uid = 2000;
  left.environment = World::cookie(seconds{100});
  world.answers(5, {World::instance(99, seconds{9000})});
  expect(world, 10, Standing::Held, Why::Pm2Contradicts);
}

TEST(Judge, a_helper_that_left_the_session_of_its_app_is_held) {
  World world;
  world.god(5);
  // Its own leader, and started long after the launch that its cookie names.
  world.server(10, 1, seconds{500}).environment = World::cookie(seconds{100});
  world.answers(5, {World::instance(99, seconds{9000})});
  expect(world, 10, Standing::Held, Why::LetGo);
}

// --- leftover

World with_leftover() {
  World world;
  world.god(5);
  world.process(20, 5, seconds{9000}, {"npm run dev"});
  Process& left = world.server(10, 1, seconds{101});
  left.session = 9;  // npm's, which is gone
  left.environment = World::cookie(seconds{100});
  world.answers(5, {World::instance(20, seconds{9000})});
  return world;
}

// The launch of with_leftover(), this long ago.
void was_superseded(World& world, seconds ago) {
  world.launch(seconds{100}).ended = testing::kNow - ago;
}

TEST(Judge, an_earlier_launch_of_a_listed_app_is_a_leftover) {
  const World world = with_leftover();
  expect(world, 10, Standing::Leftover, Why::Superseded);
  EXPECT_EQ(world.verdict(10).app, "api");
}

TEST(Judge, a_crash_loop_does_not_hold_its_leftover_for_ever) {
  World world = with_leftover();
  // A newer launch at every look; the first of them was long ago.
  world.pm2.front().reply->instances.front().pm_uptime_ms =
      testing::unix_ms_at(seconds{9999});
  world.memory = remember(world.memory, world.snapshot, world.pm2);
  expect(world, 10, Standing::Leftover, Why::Superseded);
}

// Of a leftover, in the session of its launch.
void starts_a_child(World& world, pid_t pid) {
  Process& child = world.server(pid, 10, testing::kNow);
  child.session = 9;
  child.environment = World::cookie(seconds{100});
  world.memory = remember(world.memory, world.snapshot, world.pm2);
}

TEST(Judge, a_child_that_a_leftover_starts_now_does_not_hold_it) {
  World world = with_leftover();
  starts_a_child(world, 11);
  for (const pid_t pid : {10, 11}) {
    expect(world, pid, Standing::Leftover, Why::Superseded);
  }
}

TEST(Judge, a_child_that_a_leftover_of_a_deleted_app_starts_does_not_hold_it) {
  World world = with_leftover();
  world.answers(5, {World::instance(20, seconds{100})});  // it was listed once
  Pm2Instance other = World::instance(20, seconds{9000});
  other.name = "another";
  other.unique_id = "u-2";
  world.answers(5, {other});
  starts_a_child(world, 11);
  for (const pid_t pid : {10, 11}) {
    expect(world, pid, Standing::Leftover, Why::Deleted);
  }
}

TEST(Judge, the_time_to_end_a_launch_is_forgotten_with_its_last_process) {
  World world = with_leftover();
  std::erase_if(world.snapshot.processes,
                [](const Process& process) { return process.id.pid == 10; });
  world.memory = remember(world.memory, world.snapshot, world.pm2);
  EXPECT_EQ(world.memory.launches.size(), 1U);
}

TEST(Judge, pm2_gets_its_time_to_end_the_old_launch_itself) {
  World world = with_leftover();
  was_superseded(world, seconds{11});
  expect(world, 10, Standing::Held, Why::NewerTooFresh);
  was_superseded(world, seconds{12});
  expect(world, 10, Standing::Leftover, Why::Superseded);
}

TEST(Judge, a_cluster_worker_gets_more_time) {
  World world = with_leftover();
  world.launch(seconds{100}).cluster = true;
  was_superseded(world, seconds{20});
  expect(world, 10, Standing::Held, Why::NewerTooFresh);
}

TEST(Judge, after_a_resurrect_the_old_copy_is_a_leftover) {
  World world;
  world.god(5, seconds{5000});
  Process& left = world.server(10, 1, seconds{101});
  left.session = 9;
  left.environment = World::cookie(seconds{100}, 0, "u-old");
  world.answers(5, {World::instance(20, seconds{5001})});
  expect(world, 10, Standing::Leftover, Why::Superseded);
}

TEST(Judge, the_only_copy_of_an_app_is_held) {
  World world;
  world.god(5, seconds{5000});
  Process& left = world.server(10, 1, seconds{101});
  left.session = 9;
  left.environment = World::cookie(seconds{100}, 0, "u-old");
  Pm2Instance other = World::instance(20, seconds{5001});
  other.name = "another";
  world.answers(5, {other});
  expect(world, 10, Standing::Held, Why::OnlyCopy);
}

// --- trees

TEST(Judge, one_managed_descendant_spares_the_whole_tree) {
  World world;
  world.server(10, 1);
  world.god(11, seconds{150}).parent = 10;
  expect(world, 10, Standing::Held, Why::ProtectedDescendant);
  EXPECT_NE(world.verdict(10).reason.text.find("11"), std::string::npos);
}

TEST(Judge, a_descendant_of_another_user_spares_the_tree) {
  World world;
  world.server(10, 1);
  world.process(11, 10, seconds{101}, {"x"}, "/x").uid = 0;
  expect(world, 10, Standing::Held, Why::ForeignDescendant);
}

TEST(Judge, an_unreadable_descendant_spares_the_tree) {
  World world;
  world.server(10, 1);
  world.process(11, 10, seconds{101}, {"x"}, "/x").environment =
      std::unexpected(Unread::Blocked);
  expect(world, 10, Standing::Held, Why::Unreadable);
}

TEST(Judge, a_wrapper_that_also_carries_a_supervisor_spares_what_it_carries) {
  World world;
  world.process(11,
                1,
                seconds{100},
                {"sh", "-c", "pm2 resurrect; tsx x &"},
                "/usr/bin/dash");
  world.server(12, 11, seconds{101});
  world.god(13, seconds{101}).parent = 11;
  expect(world, 12, Standing::Held, Why::ManagedSibling);
}

TEST(Judge, a_tree_of_more_than_512_processes_is_held) {
  World world;
  world.server(10, 1);
  for (pid_t pid = 11; pid < 10 + 512; ++pid) {
    world.process(pid, 10, seconds{101}, {"worker"}, "/usr/bin/worker");
  }
  expect(world, 10, Standing::Stray, Why::NoOwner);
  world.process(10 + 512, 10, seconds{101}, {"worker"}, "/usr/bin/worker");
  expect(world, 10, Standing::Held, Why::TreeTooLarge);
}

TEST(Judge, a_zombie_in_the_tree_spares_nothing) {
  World world;
  world.server(10, 1);
  world.process(11, 10, seconds{101}, {}, "").state = 'Z';
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Judge, a_held_ancestor_holds_what_is_below_it) {
  World world;
  world.god(5);
  Process& app =
      world.process(9, 1, seconds{100}, {"bash", "run.sh"}, "/usr/bin/bash");
  app.environment = World::cookie(seconds{100});
  world.server(10, 9, seconds{101});  // its environment was scrubbed
  world.answers(5, {World::instance(9, seconds{500})});
  EXPECT_EQ(world.verdict(10).standing, Standing::Held);
}

// --- two looks

TEST(InBoth, an_orphan_of_one_look_only_is_pending) {
  World world;
  world.server(10, 1);
  const std::vector<Verdict> now = world.judged();
  EXPECT_EQ(in_both({}, now).front().standing, Standing::Pending);
  EXPECT_EQ(in_both(now, now).front().standing, Standing::Stray);
}

TEST(InBoth, a_new_child_does_not_clear_its_tree) {
  World world;
  world.server(10, 1);
  const std::vector<Verdict> first = world.judged();
  world.server(11, 10, seconds{500});
  for (const Verdict& verdict : in_both(first, world.judged())) {
    EXPECT_EQ(verdict.standing, Standing::Stray);
  }
}

}  // namespace
}  // namespace strayd
