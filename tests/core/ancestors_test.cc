// What is above a process and can't be judged, whoever's it is, holds it.
#include <gtest/gtest.h>

#include "strayd/core/judge.h"

#include "core/expect.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using testing::expect;
using testing::World;

// pm2 -> sudo -u app …, whose chain to the daemon has broken. sudo keeps the
// cookie for itself and takes it away from what it starts.
World below_sudo() {
  World world;
  world.god(5).uid = 0;
  Process& sudo =
      world.process(9, 1, seconds{100}, {"sudo", "-u", "app", "npx"}, "sudo");
  sudo.uid = 0;
  sudo.environment = World::cookie(seconds{100});
  world.server(10, 9, seconds{101});
  return world;
}

TEST(Ancestors, of_another_user_hold_while_pm2_lists_their_launch) {
  World world = below_sudo();
  world.process(99, 5, seconds{100}, {"npm run dev"});
  world.find(9).session = 99;
  world.answers(5, {World::instance(99, seconds{100})});
  world.pm2.front().reply->uid = 0;
  expect(world, 10, Standing::Held, Why::SameGeneration);
}

TEST(Ancestors, of_another_user_hold_while_their_pm2_is_lost) {
  World world = below_sudo();
  world.is_quiet(Pm2Quiet::Dead);
  expect(world, 10, Standing::Held, Why::Pm2Lost);
}

TEST(Ancestors, that_a_silent_pm2_may_own_hold_what_they_started_as_another) {
  World world;
  world.process(9, 1, seconds{100}, {"run.sh"}, "/bin/bash");
  world.server(10, 9, seconds{101}).uid = 2000;
  world.is_quiet(Pm2Quiet::Silent);
  expect(world, 10, Standing::Held, Why::Pm2Silent);
}

TEST(Ancestors, that_may_be_the_main_of_a_unit_hold_what_left_it) {
  World world;
  world.find(1).comm = "systemd";
  Process& forked =
      world.process(9, 1, seconds{100}, {"start.sh"}, "/bin/bash");
  forked.session = 8;
  forked.cgroup = "/system.slice/backend.service";
  world.server(10, 9, seconds{101}).cgroup = "/user.slice/session-c1.scope";
  expect(world, 10, Standing::Held, Why::SystemdService);
}

TEST(Ancestors, with_half_a_cookie_hold) {
  World world;
  world.process(9, 1, seconds{100}, {"run.sh"}, "/bin/bash").environment =
      Environment{{"pm_id", "0"}};
  world.server(10, 9, seconds{101});
  expect(world, 10, Standing::Held, Why::CookieBroken);
}

TEST(Ancestors, of_another_user_hold_where_reading_them_failed) {
  World world = below_sudo();
  world.find(9).environment = std::unexpected(Unread::Blocked);
  expect(world, 10, Standing::Held, Why::Unreadable);
}

TEST(Ancestors, of_another_user_may_be_forbidden_to_read) {
  World world = below_sudo();
  world.find(9).environment = std::unexpected(Unread::Denied);
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

TEST(Ancestors, that_open_sessions_may_write_their_title_over_what_is_read) {
  World world;
  world.process(8, 1, seconds{98}, {"sshd"}, "/usr/sbin/sshd").environment =
      std::unexpected(Unread::Failed);
  world.process(9, 8, seconds{99}, {"-bash"}, "/bin/bash");
  world.server(10, 9);
  expect(world, 10, Standing::Stray, Why::NoOwner);
  world.find(8).environment = std::unexpected(Unread::Blocked);
  expect(world, 10, Standing::Held, Why::Unreadable);
}

TEST(Ancestors, that_have_written_their_title_over_their_environment_hold) {
  World world;
  world.process(9, 1, seconds{99}, {"gunicorn: worker"}, "/usr/bin/python3")
      .environment = std::unexpected(Unread::Failed);
  world.server(10, 9);
  expect(world, 10, Standing::Held, Why::Unreadable);
}

// --- protect rules that can't be decided

TEST(Protect, by_a_directory_that_can_not_be_read_holds) {
  World world;
  world.policy.protect.push_back({.name = "keep", .match = {.cwd = "/keep"}});
  world.server(10, 1).cwd = std::unexpected(Unread::Failed);
  expect(world, 10, Standing::Held, Why::Unreadable);
}

TEST(Protect, by_a_program_above_that_can_not_be_read_holds) {
  World world;
  world.policy.protect.push_back({.name = "keep", .match = {.exe = "keeper"}});
  world.process(9, 1, seconds{99}, {"x"}).exe =
      std::unexpected(Unread::Blocked);
  world.server(10, 9);
  expect(world, 10, Standing::Held, Why::Unreadable);
}

TEST(Protect, by_a_condition_that_fails_needs_no_other) {
  World world;
  world.policy.protect.push_back(
      {.name = "keep", .match = {.exe = "keeper", .cwd = "/keep"}});
  world.server(10, 1).cwd = std::unexpected(Unread::Failed);
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

}  // namespace
}  // namespace strayd
