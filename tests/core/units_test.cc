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
    const std::string session = "/user.slice/user-1000.slice/session-c1.scope";
    world.process(9, 1, seconds{99}, {carrier}, "/usr/bin/su").cgroup = session;
    world.server(10, 9).cgroup = session;
    expect(world, 10, Standing::Held, Why::SystemdService);
  }
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
