// Who may own a process that nothing is known of.
#include "strayd/core/owners.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/expect.h"

namespace strayd {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using testing::expect;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kBootMs;
using testing::World;

constexpr std::int32_t kTerminal = 34816;

// A process of this program that is no carrier.
Process& program(World& world,
                 pid_t pid,
                 pid_t parent,
                 const std::string& name,
                 std::vector<std::string> arguments = {}) {
  arguments.insert(arguments.begin(), name);
  Process& made = world.process(
      pid, parent, seconds{50}, std::move(arguments), "/usr/bin/" + name);
  made.comm = name;
  return made;
}

Process& runs_by_node(World& world,
                      pid_t pid,
                      pid_t parent,
                      std::vector<std::string> arguments) {
  Process& made = program(world, pid, parent, "node", std::move(arguments));
  made.argv->front() = "/usr/bin/node";
  return made;
}

void means_servers(World& world) {
  world.policy.rules.front().match.pattern =
      *Pattern::compile("(^|/| )server\\.js( |$)");
}

TEST(Keeper, of_an_unknown_kind_holds_what_is_below_it_and_is_named) {
  World world;
  program(world, 77, 1, "keeper");
  world.server(10, 77);
  expect(world, 10, Standing::Held, Why::PossibleSupervisor);
  EXPECT_EQ(world.verdict(10).reason.text,
            "pid 77 (keeper) above it may be its supervisor; `carriers` or "
            "`supervisors` in the configuration say what it is");
}

TEST(Keeper, is_looked_for_through_shells_and_what_only_carries) {
  const std::vector<std::vector<std::string>> carriers{
      {"sh", "-c", "node server.ts"},
      {"bash", "start.sh"},
      {"npm run dev"},
      {"sudo", "-u", "api", "node"},
      {"su", "api"},
      {"runuser", "-u", "api"},
      {"timeout", "60", "node"},
      {"flock", "/x", "node"},
      {"setsid", "--wait", "node"},
      {"nohup", "node"},
      {"tini", "--", "node"}};
  for (const auto& argv : carriers) {
    World world;
    program(world, 77, 1, "keeper");
    world.process(8, 77, seconds{60}, argv, "/usr/bin/" + argv.front()).comm =
        argv.front();
    world.server(10, 8);
    expect(world, 10, Standing::Held, Why::PossibleSupervisor);

    World orphaned;
    orphaned.process(8, 1, seconds{60}, argv, "/usr/bin/" + argv.front()).comm =
        argv.front();
    orphaned.server(10, 8);
    expect(orphaned, 10, Standing::Stray, Why::NoOwner);
  }
}

TEST(Keeper, is_not_looked_for_above_the_shell_of_a_terminal) {
  World world;
  program(world, 5, 1, "terminal");
  program(world, 6, 5, "bash").tty = kTerminal;
  world.server(10, 6).session = 6;
  expect(world, 10, Standing::Stray, Why::NoOwner);
  world.find(6).tty = 0;
  expect(world, 10, Standing::Held, Why::PossibleSupervisor);
}

TEST(Keeper, is_not_a_terminal_that_a_supervisor_gives_to_another_program) {
  World world;
  program(world, 5, 1, "keeper").tty = kTerminal;
  world.server(10, 5);
  expect(world, 10, Standing::Held, Why::PossibleSupervisor);
}

TEST(Keeper, is_found_below_the_shell_that_it_was_started_from) {
  World world;
  program(world, 6, 1, "bash").tty = kTerminal;
  program(world, 77, 6, "keeper");
  world.server(10, 77);
  expect(world, 10, Standing::Held, Why::PossibleSupervisor);
}

TEST(Keeper, is_nobody_who_opens_sessions) {
  for (const char* opener : {"sshd", "cron", "login", "tmux"}) {
    World world;
    program(world, 4, 1, "keeper");
    program(world, 5, 4, opener);
    program(world, 6, 5, "sh", {"-c", "start"});
    world.server(10, 6);
    world.server(11, 5);
    expect(world, 10, Standing::Stray, Why::NoOwner);
    expect(world, 11, Standing::Stray, Why::NoOwner);
  }
}

TEST(Keeper, is_no_member_of_the_tree_itself) {
  World world;
  runs_by_node(world, 9, 1, {"cluster.js"});
  runs_by_node(world, 10, 9, {"cluster.js"});
  program(world, 11, 10, "helper");
  program(world, 12, 11, "helpers-helper");
  world.policy.rules.front().match.pattern = *Pattern::compile("cluster");
  for (const pid_t pid : {9, 10, 11, 12}) {
    expect(world, pid, Standing::Stray, Why::NoOwner);
  }
}

TEST(Keeper, above_the_tree_holds_all_of_it) {
  World world;
  program(world, 77, 1, "keeper");
  world.server(9, 77);
  world.server(10, 9, seconds{101});
  for (const pid_t pid : {9, 10}) {
    expect(world, pid, Standing::Held, Why::PossibleSupervisor);
  }
}

// forever(1): its monitor has the server's name in its arguments.
TEST(Keeper, that_a_rule_means_by_what_it_was_told_to_run_is_held_with_that) {
  World world;
  means_servers(world);
  runs_by_node(world, 9, 1, {"/lib/forever/bin/monitor", "server.js"});
  runs_by_node(world, 10, 9, {"/srv/app/server.js"});
  expect(world, 9, Standing::Held, Why::PossibleSupervisor);
  expect(world, 10, Standing::Held, Why::PossibleSupervisor);
  EXPECT_THAT(world.verdict(9).reason.text, HasSubstr("it runs pid 10 (node)"));
  EXPECT_THAT(world.verdict(10).reason.text, HasSubstr("pid 9 (node) above"));
}

// It pauses when what it keeps has ended too soon.
TEST(Keeper, is_held_between_two_of_those_that_it_keeps) {
  World world;
  means_servers(world);
  runs_by_node(world, 9, 1, {"/lib/forever/bin/monitor", "server.js"});
  expect(world, 9, Standing::Stray, Why::NoOwner);
  world.find(9).has_awaited_children = true;
  expect(world, 9, Standing::Held, Why::PossibleSupervisor);
}

TEST(Keeper, is_no_server_that_has_run_a_helper) {
  World world;
  means_servers(world);
  runs_by_node(world, 9, 1, {"server.js", "--port", "3000"});
  world.find(9).has_awaited_children = true;
  expect(world, 9, Standing::Stray, Why::NoOwner);
}

TEST(Keeper, is_no_loader_that_serves) {
  World world;
  means_servers(world);
  runs_by_node(world, 9, 1, {"/x/ts-node/dist/bin.js", "server.js"});
  world.find(9).has_awaited_children = true;
  world.serves(9);
  expect(world, 9, Standing::Stray, Why::NoOwner);
}

TEST(Keeper, was_told_so_in_any_argument_behind_its_own_script) {
  World world;
  means_servers(world);
  runs_by_node(world,
               9,
               1,
               {"--require", "x.js", "run-all.js", "PORT=1 node server.js"});
  program(world, 10, 9, "sh", {"-c", "PORT=1 node server.js"});
  runs_by_node(world, 11, 10, {"server.js"});
  expect(world, 11, Standing::Held, Why::PossibleSupervisor);
}

// node(1) below itself, and what is in a list of its own.
TEST(Keeper, is_neither_a_watcher_of_its_own_script_nor_a_known_runner) {
  for (const std::vector<std::string>& runner :
       {std::vector<std::string>{"--watch", "server.js"},
        std::vector<std::string>{"/x/.bin/nodemon", "server.js"},
        std::vector<std::string>{"/x/.bin/cross-env", "A=1", "server.js"}}) {
    World world;
    means_servers(world);
    runs_by_node(world, 9, 1, runner);
    runs_by_node(world, 10, 9, {"server.js"});
    expect(world, 9, Standing::Stray, Why::NoOwner);
    expect(world, 10, Standing::Stray, Why::NoOwner);
  }
}

TEST(Keeper, is_no_watcher_that_the_rule_does_not_mean) {
  World world;
  world.policy.rules.front().match.pattern = *Pattern::compile("node server");
  runs_by_node(world, 9, 1, {"--watch", "server.js"});
  runs_by_node(world, 10, 9, {"server.js"});
  expect(world, 10, Standing::Stray, Why::NoOwner);
  world.find(9).argv->at(1) = "--inspect";
  expect(world, 10, Standing::Held, Why::PossibleSupervisor);
}

TEST(Keeper, is_pid_1_of_a_container_of_what_is_in_its_session_and_group) {
  World world;
  Process& one = world.find(1);
  one.exe = "/usr/bin/node";
  one.comm = "node";
  Process& server = world.server(10, 1);
  server.session = world.find(1).session;
  server.group = world.find(1).group;
  expect(world, 10, Standing::Held, Why::PossibleSupervisor);
  EXPECT_THAT(world.verdict(10).reason.text, HasSubstr("pid 1 (node)"));
  world.find(10).group = 10;
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Keeper, is_no_pid_1_that_is_an_init) {
  for (const char* init : {"/sbin/init",
                           "/usr/bin/tini",
                           "/usr/bin/dumb-init",
                           "/usr/bin/catatonit",
                           "/bin/sh",
                           "/bin/bash"}) {
    World world;
    world.find(1).exe = init;
    Process& server = world.server(10, 1);
    server.session = world.find(1).session;
    server.group = world.find(1).group;
    expect(world, 10, Standing::Stray, Why::NoOwner);
  }
}

TEST(Keeper, that_is_a_carrier_of_the_configuration_owns_nothing) {
  World world;
  program(world, 77, 1, "keeper");
  world.server(10, 77);
  world.policy.carriers.push_back({.name = "k", .match = {.exe = "keeper"}});
  expect(world, 10, Standing::Stray, Why::NoOwner);
  world.find(77).exe = std::unexpected(Unread::Denied);
  expect(world, 10, Standing::Held, Why::PossibleSupervisor);
}

TEST(Keeper, that_is_a_supervisor_of_the_configuration_owns_what_is_below) {
  World world;
  program(world, 77, 1, "keeper");
  program(world, 8, 77, "sh", {"-c", "node server.ts"});
  world.server(10, 8);
  world.server(11, 1);
  world.policy.supervisors.push_back({.name = "k", .match = {.exe = "keeper"}});
  expect(world, 10, Standing::Managed, Why::BelowSupervisor);
  EXPECT_EQ(world.verdict(10).reason.text,
            "pid 77 (keeper) above it is the supervisor 'k' of the "
            "configuration");
  expect(world, 11, Standing::Stray, Why::NoOwner);
}

TEST(Keeper, of_the_configuration_is_managed_where_a_rule_means_it) {
  World world;
  world.server(10, 1);
  world.policy.supervisors.push_back({.name = "k", .match = {.exe = "node"}});
  expect(world, 10, Standing::Managed, Why::SupervisorProcess);
}

TEST(Keeper, of_the_configuration_that_cannot_be_told_holds_what_is_below) {
  World world;
  world.god(5);
  Process& shell = program(world, 9, 1, "sh", {"-c", "x"});
  shell.exe = std::unexpected(Unread::Denied);
  Process& left = world.server(10, 9);
  left.session = 8;  // of its launch, which is over
  left.environment = World::cookie(seconds{100});
  world.answers(5, {World::instance(20, seconds{9000})});
  expect(world, 10, Standing::Leftover, Why::Superseded);
  world.policy.supervisors.push_back({.name = "k", .match = {.exe = "keeper"}});
  expect(world, 10, Standing::Held, Why::Unreadable);
}

PidFile pidfile_of(const World& world, pid_t pid) {
  for (const Process& process : world.snapshot.processes) {
    if (process.id.pid != pid) continue;
    return {.path = "/run/api.pid",
            .owner = 0,
            .pid = pid,
            .written = milliseconds{kBootMs} + process.started};
  }
  return {};
}

TEST(Pidfile, of_root_or_its_own_user_holds_what_it_names) {
  World world;
  world.server(10, 1);
  world.facts.pidfiles = std::vector{pidfile_of(world, 10)};
  expect(world, 10, Standing::Held, Why::Pidfile);
  EXPECT_EQ(world.verdict(10).reason.text, "the pidfile /run/api.pid names it");
  world.facts.pidfiles->front().owner = 1000;
  expect(world, 10, Standing::Held, Why::Pidfile);
  world.facts.pidfiles->front().owner = 1001;
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Pidfile, of_another_process_holds_nothing) {
  World world;
  world.server(10, 1);
  world.facts.pidfiles = std::vector{pidfile_of(world, 10)};
  world.facts.pidfiles->front().pid = 11;
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Pidfile, that_is_older_than_what_it_names_was_anothers) {
  World world;
  world.server(10, 1);
  world.facts.pidfiles = std::vector{pidfile_of(world, 10)};
  world.facts.pidfiles->front().written -= seconds{3600};
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Pidfile, may_be_as_much_older_as_a_clock_is_set) {
  World world;
  world.server(10, 1);
  world.facts.pidfiles = std::vector{pidfile_of(world, 10)};
  world.facts.pidfiles->front().written -= seconds{30};
  expect(world, 10, Standing::Held, Why::Pidfile);
}

TEST(Pidfile, may_name_what_carries_it_or_a_process_of_its_tree) {
  World world;
  program(world, 8, 1, "sh", {"start.sh"});
  program(world, 9, 8, "sh", {"-c", "node"});
  world.server(10, 9);
  world.server(11, 10, seconds{101});
  for (const pid_t named : {8, 9, 10, 11}) {
    world.facts.pidfiles = std::vector{pidfile_of(world, named)};
    expect(world, 10, Standing::Held, Why::Pidfile);
  }
}

TEST(Pidfile, that_cannot_be_looked_for_holds) {
  World world;
  world.server(10, 1);
  world.facts.pidfiles = std::unexpected(Unread::Blocked);
  expect(world, 10, Standing::Held, Why::Unreadable);
}

TEST(Pidfile, of_what_pm2_has_left_behind_is_not_asked_for) {
  World world;
  world.god(5);
  Process& left = world.server(10, 1);
  left.session = 8;  // of its launch, which is over
  left.environment = World::cookie(seconds{100});
  world.answers(5, {World::instance(20, seconds{9000})});
  world.facts.pidfiles = std::unexpected(Unread::Blocked);
  expect(world, 10, Standing::Leftover, Why::Superseded);
}

// As the first judgement of a scan sees it.
std::vector<Verdict> judged_blindly(const World& world) {
  Evidence evidence = world.evidence();
  evidence.facts = nullptr;
  return judge(evidence, world.policy);
}

HostQuestions questions_of(const World& world) {
  Evidence evidence = world.evidence();
  evidence.facts = nullptr;
  return host_questions(evidence, world.policy, judged_blindly(world));
}

TEST(Facts, that_nobody_has_looked_for_hold_what_would_be_a_stray) {
  World world;
  world.server(10, 1);
  const std::vector<Verdict> verdicts = judged_blindly(world);
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts.front().standing, Standing::Held);
  EXPECT_EQ(verdicts.front().reason.why, Why::Unreadable);
}

TEST(Questions, ask_where_a_pidfile_of_a_stray_may_be) {
  World world;
  world.is_quiet(Pm2Quiet::NeverSeen);
  world.policy.pidfiles = {"/var/lib/pids"};
  program(world, 8, 1, "sh", {"start.sh"}).cwd = "/srv/start";
  world.server(10, 8);
  world.process(11, 10, seconds{200}, {"helper"}).cwd = "/srv/helper";
  const HostQuestions questions = questions_of(world);
  EXPECT_THAT(questions.pidfile_directories,
              ElementsAre("/run",
                          "/srv/.pm2/pids",
                          "/srv/app",
                          "/srv/helper",
                          "/srv/start",
                          "/var/lib/pids"));
  EXPECT_THAT(questions.units, IsEmpty());
}

TEST(Questions, are_none_where_nothing_would_be_a_stray) {
  World world;
  program(world, 77, 1, "keeper");
  world.server(10, 77);
  EXPECT_EQ(questions_of(world), HostQuestions{});
}

TEST(Questions, are_none_where_they_were_answered) {
  World world;
  world.server(10, 1);
  EXPECT_EQ(
      host_questions(world.evidence(), world.policy, judged_blindly(world)),
      HostQuestions{});
}

TEST(Questions, ask_for_the_units_that_may_own_a_stray) {
  World world;
  Process& server = world.server(10, 1);
  server.cgroup =
      "/user.slice/user-7.slice/user@7.service/app.slice/api.service/sub";
  server.environment = Environment{{"INVOCATION_ID", "a"}};
  world.process(11, 10, seconds{200}, {"helper"}).cgroup =
      "/system.slice/_x.service";
  world.find(11).environment = Environment{{"INVOCATION_ID", "b"}};
  const HostQuestions questions = questions_of(world);
  ASSERT_EQ(questions.units.size(), 2U);
  EXPECT_EQ(questions.units[0],
            (HostQuestions::Unit{.cgroup = "/system.slice/_x.service",
                                 .name = "x.service",
                                 .manager = std::nullopt}));
  EXPECT_EQ(questions.units[1],
            (HostQuestions::Unit{
                .cgroup = "/user.slice/user-7.slice/user@7.service/app.slice/"
                          "api.service",
                .name = "api.service",
                .manager = 7}));
}

}  // namespace
}  // namespace strayd
