// Which home the cookie of a process means, where PM2 was given a relative one.
#include "strayd/core/cookie_reader.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "core/expect.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using testing::expect;
using testing::World;

class RelativeHome : public ::testing::Test {
 protected:
  // A God Daemon with this text in its title.
  Process& god(pid_t pid,
               std::string cwd,
               const std::string& text = ".pm2",
               pid_t parent = 1) {
    Process& daemon = world.process(
        pid, parent, seconds{50}, {"PM2 v7.0.4: God Daemon (" + text + ")"});
    daemon.comm = "PM2 v7.0.4: God";
    daemon.cwd = std::move(cwd);
    return daemon;
  }

  // A process with a cookie that was launched in `pm_cwd`.
  Process& app(pid_t pid,
               std::string cwd,
               std::string pm_cwd,
               std::string home = ".pm2") {
    Process& process = world.server(pid, 1);
    process.cwd = std::move(cwd);
    process.environment = World::cookie(seconds{100});
    (*process.environment)["PM2_HOME"] = std::move(home);
    (*process.environment)["pm_cwd"] = std::move(pm_cwd);
    return process;
  }

  void ask(std::string home, std::vector<std::string> aliases = {}) {
    world.pm2.push_back(
        {.home = std::move(home), .aliases = std::move(aliases)});
  }

  // Of the cookie of this process; nullopt: it is broken.
  std::optional<std::string> home_of(pid_t pid) {
    const CookieReader reader(world.snapshot, world.pm2);
    const CookieReading reading = reader.read(world.find(pid));
    if (const auto* cookie = std::get_if<Cookie>(&reading)) return cookie->home;
    EXPECT_TRUE(std::holds_alternative<BrokenCookie>(reading));
    return std::nullopt;
  }

  World world;
};

TEST_F(RelativeHome, begins_where_the_process_works) {
  god(5, "/srv/shop");
  app(10, "/srv/shop", "/elsewhere");
  EXPECT_EQ(home_of(10), "/srv/shop/.pm2");
}

TEST_F(RelativeHome, begins_where_pm2_started_the_app) {
  god(5, "/srv/shop");
  app(10, "/elsewhere", "/srv/shop");
  EXPECT_EQ(home_of(10), "/srv/shop/.pm2");
  world.find(10).cwd = std::unexpected(Unread::Denied);
  EXPECT_EQ(home_of(10), "/srv/shop/.pm2");
}

TEST_F(RelativeHome, may_be_one_that_is_asked_and_has_no_daemon) {
  ask("/srv/shop/.pm2");
  app(10, "/srv/shop", "/srv/shop");
  EXPECT_EQ(home_of(10), "/srv/shop/.pm2");
}

TEST_F(RelativeHome, is_the_nearer_one_of_two_daemons) {
  god(5, "/srv/shop");
  god(6, "/srv/blog");
  app(10, "/srv/shop", "/srv/shop");
  EXPECT_EQ(home_of(10), "/srv/shop/.pm2");
}

TEST_F(RelativeHome, is_not_known_where_it_leads_to_two) {
  god(5, "/srv/shop");
  god(6, "/srv/blog");
  app(10, "/srv/shop", "/srv/blog");
  EXPECT_EQ(home_of(10), std::nullopt);
}

TEST_F(RelativeHome, leads_to_one_by_two_of_its_paths) {
  ask("/data/shop/.pm2", {"/srv/shop/.pm2"});
  app(10, "/data/shop", "/srv/shop");
  EXPECT_EQ(home_of(10), "/srv/shop/.pm2");
}

TEST_F(RelativeHome, is_that_of_the_only_daemon_with_the_same_text) {
  god(5, "/srv/shop");
  god(6, "/srv/blog", "other");
  app(10, "/tmp", "/opt/app");
  EXPECT_EQ(home_of(10), "/srv/shop/.pm2");
}

TEST_F(RelativeHome, is_not_guessed_between_two_daemons_with_the_same_text) {
  god(5, "/srv/shop");
  god(6, "/srv/blog");
  app(10, "/tmp", "/opt/app");
  EXPECT_EQ(home_of(10), std::nullopt);
}

TEST_F(RelativeHome, is_not_guessed_beside_a_daemon_that_can_not_be_read) {
  god(5, "/srv/shop");
  god(6, "").cwd = std::unexpected(Unread::Denied);
  app(10, "/tmp", "/opt/app");
  EXPECT_EQ(home_of(10), std::nullopt);
}

TEST_F(RelativeHome, is_not_guessed_to_be_another_user_s) {
  god(5, "/srv/shop").uid = 2000;
  app(10, "/tmp", "/opt/app");
  EXPECT_EQ(home_of(10), std::nullopt);
}

TEST_F(RelativeHome, of_another_pid_namespace_is_none_of_ours) {
  god(5, "/srv/shop").pid_namespace_depth = 2;
  app(10, "/srv/shop", "/srv/shop");
  EXPECT_EQ(home_of(10), std::nullopt);
}

TEST_F(RelativeHome, is_not_where_a_fork_of_the_daemon_works) {
  god(5, "/srv/shop");
  god(6, "/opt/app", ".pm2", 5);
  app(10, "/opt/app", "/opt/app");
  EXPECT_EQ(home_of(10), "/srv/shop/.pm2");
}

TEST_F(RelativeHome, is_broken_where_nothing_is_known) {
  app(10, "/srv/shop", "/srv/shop");
  EXPECT_EQ(home_of(10), std::nullopt);
}

TEST_F(RelativeHome, with_dots_is_spelled_without) {
  god(5, "/srv/shop", "./x/.pm2");
  app(10, "/srv/shop", "/srv/shop", "x//.pm2/");
  EXPECT_EQ(home_of(10), "/srv/shop/x/.pm2");
}

TEST_F(RelativeHome, that_is_absolute_is_what_it_says) {
  god(5, "/srv/shop");
  app(10, "/srv/shop", "/srv/shop", "/srv/other");
  EXPECT_EQ(home_of(10), "/srv/other");
}

TEST_F(RelativeHome, holds_what_it_does_not_lead_anywhere_for) {
  app(10, "/srv/shop", "/srv/shop");
  expect(world, 10, Standing::Held, Why::CookieBroken);
}

TEST_F(RelativeHome, makes_an_earlier_launch_a_leftover) {
  const Process& daemon = god(5, "/srv/shop");
  world.pm2 = {
      {.home = "/srv/shop/.pm2",
       .uid = 1000,
       .reply = Pm2Answer{.daemon = daemon.id,
                          .uid = 1000,
                          .instances = {World::instance(99, seconds{200})}}}};
  app(10, "/srv/shop", "/srv/shop");
  world.find(10).session = 9;  // of its launch, which is over
  world.settle();
  expect(world, 10, Standing::Leftover, Why::Superseded);
  EXPECT_EQ(world.verdict(10).home, "/srv/shop/.pm2");
}

}  // namespace
}  // namespace strayd
