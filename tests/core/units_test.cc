// What systemd may still own, although nothing above a process says so.
#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "strayd/core/judge.h"

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
