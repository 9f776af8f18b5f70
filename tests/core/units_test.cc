// What systemd may still own, although nothing above a process says so.
#include <algorithm>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "strayd/core/judge.h"
#include "strayd/core/owners.h"

#include "core/expect.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using testing::expect;
using testing::World;

// Where PAM puts what it opens a session for.
constexpr const char* kSession = "/user.slice/user-1000.slice/session-c1.scope";

World under_systemd() {
  World world;
  world.find(1).comm = "systemd";
  return world;
}

// As start-stop-daemon --background, an LSB script or `start.sh &` leave it:
// a child of systemd in a session whose leader is gone.
Process& forked_server(World& world, pid_t pid, const std::string& unit) {
  Process& server = world.server(pid, 1);
  server.session = 9;
  server.cgroup = "/system.slice/" + unit;
  return server;
}

Process& service_main(World& world, pid_t pid, const std::string& unit) {
  Process& main =
      world.process(pid, 1, seconds{50}, {"/usr/bin/main"}, "/usr/bin/main");
  main.cgroup = "/system.slice/" + unit;
  return main;
}

TEST(Unit, whose_main_is_not_known_may_have_it_in_any_of_its_processes) {
  World world = under_systemd();
  forked_server(world, 10, "backend.service");
  world.server(11, 10, seconds{101}).cgroup = "/system.slice/backend.service";
  service_main(world, 6, "other.service");
  expect(world, 10, Standing::Held, Why::SystemdService);
  expect(world, 11, Standing::Held, Why::SystemdService);
}

TEST(Unit, whose_main_is_another_process_owns_no_stray) {
  World world = under_systemd();
  service_main(world, 6, "runner.service");
  forked_server(world, 10, "runner.service");
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Unit, is_told_from_its_namesake_of_another_user) {
  World world = under_systemd();
  service_main(world, 6, "x").cgroup =
      "/user.slice/user-1.slice/user@1.service/app.slice/app.service";
  forked_server(world, 10, "x").cgroup =
      "/user.slice/user-2.slice/user@2.service/app.slice/app.service";
  expect(world, 10, Standing::Held, Why::SystemdService);
}

TEST(Unit, has_no_main_in_what_a_rule_matches_too) {
  World world = under_systemd();
  world.server(6, 1, seconds{50}).cgroup = "/system.slice/backend.service";
  forked_server(world, 10, "backend.service");
  expect(world, 10, Standing::Held, Why::SystemdService);
}

TEST(Unit, has_no_main_in_what_has_exited) {
  World world = under_systemd();
  service_main(world, 6, "backend.service").state = 'Z';
  forked_server(world, 10, "backend.service");
  expect(world, 10, Standing::Held, Why::SystemdService);
}

TEST(Unit, has_no_main_in_what_its_main_has_left_behind) {
  World world = under_systemd();
  service_main(world, 6, "backend.service");
  forked_server(world, 10, "backend.service");
  world.find(6).environment = Environment{{"SYSTEMD_EXEC_PID", "7"}};
  expect(world, 10, Standing::Held, Why::SystemdService);
  world.find(6).environment = Environment{{"SYSTEMD_EXEC_PID", "6"}};
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Unit, has_its_supervisor_for_a_main_whoever_started_that) {
  World world = under_systemd();
  Process& god = world.god(6);
  god.cgroup = "/system.slice/pm2-app.service";
  god.environment = Environment{{"SYSTEMD_EXEC_PID", "7"}};
  forked_server(world, 10, "pm2-app.service");
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Unit, has_no_main_in_what_does_not_tell_who_started_it) {
  for (const Unread why : {Unread::Denied, Unread::Failed}) {
    World world = under_systemd();
    service_main(world, 6, "backend.service").environment =
        std::unexpected(why);
    forked_server(world, 10, "backend.service");
    expect(world, 10, Standing::Held, Why::SystemdService);
  }
}

TEST(Unit, has_sshd_for_a_main_although_that_writes_over_what_it_was_told) {
  World world = under_systemd();
  Process& sshd = service_main(world, 6, "ssh.service");
  sshd.exe = "/usr/sbin/sshd";
  sshd.environment = std::unexpected(Unread::Failed);
  forked_server(world, 10, "ssh.service");
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Unit, does_not_hold_what_carries_a_cookie_of_pm2) {
  World world = under_systemd();
  world.god(5);
  Process& left = forked_server(world, 10, "pm2-app.service");
  left.environment = World::cookie(seconds{100});
  world.answers(5, {World::instance(20, seconds{9000})});
  expect(world, 10, Standing::Leftover, Why::Superseded);
}

TEST(Unit, that_pam_has_moved_away_from_its_main_still_owns_what_su_carries) {
  for (const char* carrier : {"su", "runuser", "sudo", "doas"}) {
    World world = under_systemd();
    world.process(9, 1, seconds{99}, {carrier}, "/usr/bin/su").cgroup =
        kSession;
    world.server(10, 9).cgroup = kSession;
    expect(world, 10, Standing::Held, Why::SystemdService);
  }
}

TEST(Unit, whose_main_runs_su_still_owns_what_that_carries) {
  World world = under_systemd();
  world.process(9, 1, seconds{98}, {"start.sh"}, "/bin/bash").cgroup =
      "/system.slice/backend.service";
  world.process(10, 9, seconds{99}, {"su"}, "/usr/bin/su").cgroup = kSession;
  world.server(11, 10).cgroup = kSession;
  expect(world, 11, Standing::Held, Why::SystemdService);
}

TEST(Unit, owns_what_its_main_has_put_into_another_cgroup) {
  for (const char* cgroup : {"/system.slice/run-r1.scope",
                             "/nomad.slice/share.slice/x.scope",
                             "/system.slice/other.service",
                             "/"}) {
    World world = under_systemd();
    service_main(world, 9, "backend.service");
    world.server(10, 9).cgroup = cgroup;
    expect(world, 10, Standing::Held, Why::SystemdService);
  }
}

TEST(Unit, may_own_what_is_below_a_main_whose_cgroup_is_not_known) {
  World world = under_systemd();
  service_main(world, 9, "backend.service").cgroup =
      std::unexpected(Unread::Failed);
  world.server(10, 9);
  expect(world, 10, Standing::Held, Why::SystemdService);
}

// `ExecStart=systemd-run --scope …`, `cgexec …`, or PAMName= in the unit.
TEST(Unit, that_has_moved_its_own_main_still_owns_it) {
  World world = under_systemd();
  world.process(9, 1, seconds{99}, {"npx"}, "/usr/bin/node").cgroup = kSession;
  world.server(10, 9).cgroup = kSession;
  expect(world, 10, Standing::Stray, Why::NoOwner);
  world.find(9).environment = Environment{{"SYSTEMD_EXEC_PID", "9"}};
  world.find(10).environment = Environment{{"SYSTEMD_EXEC_PID", "9"}};
  expect(world, 10, Standing::Held, Why::SystemdService);

  World alone = under_systemd();
  alone.server(10, 1).cgroup = kSession;
  expect(alone, 10, Standing::Stray, Why::NoOwner);
  alone.find(10).environment = Environment{{"SYSTEMD_EXEC_PID", "10"}};
  expect(alone, 10, Standing::Held, Why::SystemdService);
}

TEST(Unit, that_opens_sessions_owns_nothing_that_is_started_in_them) {
  for (const char* opener :
       {"sshd", "login", "cron", "crond", "gdm3", "tmux"}) {
    World world = under_systemd();
    Process& main = service_main(world, 6, "x.service");
    main.exe = std::string("/usr/sbin/") + opener;
    main.environment = Environment{{"SYSTEMD_EXEC_PID", "6"}};
    world.process(7, 6, seconds{90}, {opener}, *main.exe).cgroup = kSession;
    world.process(8, 7, seconds{91}, {"-bash"}, "/bin/bash").cgroup = kSession;
    world.process(9, 8, seconds{92}, {"su"}, "/usr/bin/su").cgroup = kSession;
    world.server(10, 9).cgroup = kSession;
    expect(world, 10, Standing::Stray, Why::NoOwner);
  }
}

TEST(Unit, that_is_sshd_is_known_by_name_where_its_program_may_not_be_read) {
  World world = under_systemd();
  Process& main = service_main(world, 6, "ssh.service");
  main.comm = "sshd";
  main.exe = std::unexpected(Unread::Denied);
  world.process(7, 6, seconds{90}, {"-bash"}, "/bin/bash").cgroup = kSession;
  world.server(10, 7).cgroup = kSession;
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Unit, whose_main_calls_itself_sshd_still_owns_what_it_has_moved) {
  World world = under_systemd();
  service_main(world, 9, "backend.service").comm = "sshd";
  world.server(10, 9).cgroup = kSession;
  expect(world, 10, Standing::Held, Why::SystemdService);
}

TEST(Unit, of_a_users_manager_is_not_what_that_has_adopted) {
  World world = under_systemd();
  const std::string manager = "/user.slice/user-1.slice/user@1.service";
  Process& systemd =
      world.process(5, 1, seconds{50}, {"systemd"}, "/usr/lib/systemd/systemd");
  systemd.cgroup = manager + "/init.scope";
  systemd.environment = Environment{{"SYSTEMD_EXEC_PID", "5"}};
  Process& server = world.server(10, 5);
  server.session = 9;
  server.cgroup = manager + "/app.slice/vte-spawn-1.scope";
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

// A subreaper (tini -s) as the main of PM2's unit.
TEST(Unit, does_not_hold_the_leftover_that_its_main_has_adopted) {
  World world = under_systemd();
  const std::string unit = "/system.slice/pm2-app.service";
  world.god(5);
  Process& tini = service_main(world, 6, "pm2-app.service");
  tini.environment = Environment{{"SYSTEMD_EXEC_PID", "6"}};
  world.process(9, 6, seconds{99}, {"run.sh"}, "/bin/bash").cgroup = unit;
  Process& left = world.server(10, 9);
  left.session = 8;
  left.cgroup = unit;
  left.environment = World::cookie(seconds{100});
  world.answers(5, {World::instance(20, seconds{9000})});
  expect(world, 10, Standing::Leftover, Why::Superseded);
}

TEST(Unit, does_not_own_what_a_person_started_through_su) {
  World world = under_systemd();
  Process& su = world.process(9, 1, seconds{99}, {"su"}, "/usr/bin/su");
  su.session = 8;  // of the shell, which is gone
  world.server(10, 9);
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

// A process that was told in which invocation of its unit it began.
void began_in(Process& process, const std::string& invocation) {
  process.environment = Environment{{"INVOCATION_ID", invocation}};
}

const std::string kBackend = "/system.slice/backend.service";

// What start.sh has left with setsid beside the main of a unit that runs.
World with_a_daemon_beside_its_main() {
  World world = under_systemd();
  service_main(world, 6, "backend.service");
  began_in(world.find(6), "now");
  began_in(forked_server(world, 10, "backend.service"), "now");
  world.facts.invocations[kBackend] = std::optional<std::string>("now");
  return world;
}

TEST(Invocation, that_runs_now_owns_the_daemon_that_is_left_beside_its_main) {
  World world = with_a_daemon_beside_its_main();
  expect(world, 10, Standing::Held, Why::SystemdService);
}

TEST(Invocation, that_runs_now_owns_its_main_beside_such_a_daemon) {
  World world = with_a_daemon_beside_its_main();
  world.find(6).environment->emplace("SYSTEMD_EXEC_PID", "7");
  world.find(10).environment->emplace("SYSTEMD_EXEC_PID", "7");
  expect(world, 10, Standing::Held, Why::SystemdService);
}

TEST(Invocation, that_runs_now_owns_the_last_of_its_processes) {
  World world = with_a_daemon_beside_its_main();
  world.find(6).state = 'Z';
  expect(world, 10, Standing::Held, Why::SystemdService);
}

TEST(Invocation, that_runs_now_owns_what_began_beside_it_and_hides_that) {
  World world = with_a_daemon_beside_its_main();
  world.find(10).environment = Environment{};  // env -i
  expect(world, 10, Standing::Held, Why::SystemdService);
}

TEST(Invocation, that_is_not_known_holds) {
  for (const Observed<std::optional<std::string>>& present :
       {Observed<std::optional<std::string>>(std::unexpected(Unread::Denied)),
        Observed<std::optional<std::string>>(std::nullopt)}) {
    World world = with_a_daemon_beside_its_main();
    began_in(world.find(10), "before");
    world.facts.invocations[kBackend] = present;
    expect(world, 10, Standing::Held, Why::SystemdService);
  }
  World world = with_a_daemon_beside_its_main();
  began_in(world.find(10), "before");
  world.facts.invocations.clear();
  expect(world, 10, Standing::Held, Why::SystemdService);
}

TEST(Invocation, of_a_unit_that_opens_sessions_owns_nothing) {
  World world = with_a_daemon_beside_its_main();
  world.find(6).exe = "/usr/sbin/cron";
  for (const char* invocation : {"now", "before"}) {
    began_in(world.find(10), invocation);
    expect(world, 10, Standing::Stray, Why::NoOwner);
  }
  // A terminal's server that start.sh has left behind is not the main.
  began_in(world.find(10), "now");
  world.find(6).exe = "/usr/bin/tmux";
  world.find(6).environment->emplace("SYSTEMD_EXEC_PID", "7");
  expect(world, 10, Standing::Held, Why::SystemdService);
}

TEST(Invocation, of_the_unit_of_a_pm2_owns_nothing) {
  World world = with_a_daemon_beside_its_main();
  Process& god = world.god(5);
  god.cgroup = kBackend;
  began_in(god, "now");
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

// `su api -c 'server &'` in rc.local, of which nothing but the server is left.
TEST(Invocation, owns_what_su_has_moved_into_a_session_when_su_is_gone) {
  World world = under_systemd();
  Process& server = world.server(10, 1);
  server.cgroup = kSession;
  expect(world, 10, Standing::Stray, Why::NoOwner);
  began_in(world.find(10), "now");
  expect(world, 10, Standing::Held, Why::SystemdService);
}

TEST(Invocation, of_who_opened_a_session_owns_nothing_in_it) {
  World world = under_systemd();
  Process& opener = service_main(world, 6, "lightdm.service");
  opener.exe = "/usr/sbin/lightdm";
  began_in(opener, "now");
  // sshd's own process in the session, whose main hides its environment.
  Process& sshd = world.process(7, 1, seconds{60}, {"sshd"}, "/usr/sbin/sshd");
  sshd.cgroup = kSession;
  began_in(sshd, "other");
  Process& server = world.server(10, 7);
  server.cgroup = kSession;
  began_in(server, "now");
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

// A user's manager adopts what the main before has left detached: it looks like
// a main itself.
World with_a_duplicate_of_an_earlier_main() {
  World world = under_systemd();
  const std::string user = "/user.slice/user-1000.slice/user@1000.service";
  const std::string unit = user + "/app.slice/backend.service";
  Process& manager =
      world.process(5, 1, seconds{50}, {"systemd"}, "/usr/lib/systemd/systemd");
  manager.cgroup = user + "/init.scope";
  Process& old = world.server(10, 5, seconds{100});
  old.cgroup = unit;
  began_in(old, "before");
  Process& main = world.server(20, 5, seconds{200});
  main.cgroup = unit;
  began_in(main, "now");
  world.facts.invocations[unit] = std::optional<std::string>("now");
  return world;
}

TEST(Invocation, that_was_before_leaves_leftovers) {
  World world = with_a_duplicate_of_an_earlier_main();
  expect(world, 10, Standing::Leftover, Why::EarlierInvocation);
  expect(world, 20, Standing::Managed, Why::SystemdService);
  EXPECT_EQ(world.verdict(10).reason.text,
            "it is of an earlier invocation of the systemd unit "
            "backend.service, which has been started anew and runs the same");
  EXPECT_TRUE(world.verdict(10).app.empty());
}

TEST(Invocation, that_was_before_leaves_what_its_leftover_has_started) {
  World world = with_a_duplicate_of_an_earlier_main();
  Process& child = world.server(30, 10, seconds{300});
  child.cgroup = world.find(10).cgroup;
  child.environment = Environment{};
  expect(world, 30, Standing::Leftover, Why::EarlierInvocation);
}

TEST(Invocation, that_cannot_be_read_leaves_nothing) {
  World world = with_a_duplicate_of_an_earlier_main();
  for (auto& [unit, present] : world.facts.invocations) {
    present = std::unexpected(Unread::Denied);
  }
  expect(world, 10, Standing::Managed, Why::SystemdService);
  world = with_a_duplicate_of_an_earlier_main();
  world.find(10).environment = Environment{};
  expect(world, 10, Standing::Managed, Why::SystemdService);
}

// Its start script may have found the old one serving.
TEST(Invocation, that_runs_nothing_of_the_kind_leaves_the_only_copy) {
  World world = with_a_duplicate_of_an_earlier_main();
  world.find(20).argv = {"/usr/bin/node", "watchdog.js"};
  expect(world, 10, Standing::Held, Why::OnlyCopy);
  world = with_a_duplicate_of_an_earlier_main();
  world.find(20).state = 'Z';
  expect(world, 10, Standing::Held, Why::OnlyCopy);
}

TEST(Invocation, that_is_older_than_a_process_was_not_started_after_it) {
  World world = with_a_duplicate_of_an_earlier_main();
  world.find(20).started = seconds{99};
  expect(world, 10, Standing::Held, Why::OnlyCopy);
}

TEST(Invocation, of_what_a_unit_seems_to_own_is_asked_for_where_two_live) {
  World world = with_a_duplicate_of_an_earlier_main();
  Evidence evidence = world.evidence();
  evidence.facts = nullptr;
  const auto asked = [&] {
    return host_questions(
        evidence, world.policy, judge(evidence, world.policy));
  };
  ASSERT_EQ(asked().units.size(), 1U);
  EXPECT_EQ(asked().units.front().name, "backend.service");
  EXPECT_EQ(asked().units.front().manager, 1000U);
  began_in(world.find(10), "now");
  EXPECT_EQ(asked(), HostQuestions{});
}

TEST(Details, of_what_its_unit_has_left_behind_are_needed) {
  World world = under_systemd();
  Process& helper = service_main(world, 6, "backend.service");
  helper.session = 5;
  const ProcId left = helper.id;
  forked_server(world, 10, "backend.service");
  const auto needed = details_needed(world.snapshot, world.policy);
  EXPECT_TRUE(std::ranges::find(needed, left) != needed.end());
}

TEST(Details, of_what_may_be_the_main_of_a_unit_are_needed) {
  World world = under_systemd();
  const ProcId main = service_main(world, 6, "cron.service").id;
  const auto is_needed = [&] {
    const auto needed = details_needed(world.snapshot, world.policy);
    return std::ranges::find(needed, main) != needed.end();
  };
  EXPECT_FALSE(is_needed());
  forked_server(world, 10, "cron.service");
  EXPECT_TRUE(is_needed());
}

}  // namespace
}  // namespace strayd
