// Supervisors, cookies, wrappers and patterns, known by what processes show.
#include "strayd/core/supervisor.h"

#include <gtest/gtest.h>

#include "strayd/core/cookie.h"
#include "strayd/core/fit.h"
#include "strayd/core/judge.h"

namespace strayd {
namespace {

Process with_argv(std::vector<std::string> argv, std::string comm = "x") {
  Process process;
  process.id = {.pid = 10, .start_ticks = 1};
  process.comm = std::move(comm);
  process.argv = std::move(argv);
  return process;
}

TEST(Supervisor, a_god_daemon_names_its_home_in_its_title) {
  EXPECT_EQ(
      god_daemon_home(with_argv({"PM2 v7.0.4: God Daemon (/srv/a (b)/.pm2)"})),
      "/srv/a (b)/.pm2");
}

TEST(Supervisor, a_title_that_only_mentions_pm2_is_no_god_daemon) {
  EXPECT_FALSE(god_daemon_home(with_argv({"vim", "PM2 v7: God Daemon (/x)"})));
  EXPECT_FALSE(god_daemon_home(with_argv({"PM2 v7.0.4: God Daemon ()"})));
  EXPECT_FALSE(god_daemon_home(with_argv({"PM2 v7.0.4: God Daemon (rel)"})));
}

TEST(Supervisor, a_relative_home_begins_where_the_god_daemon_works) {
  Process daemon = with_argv({"PM2 v7.0.4: God Daemon (./a/.pm2)"});
  EXPECT_EQ(god_daemon_home(daemon), std::nullopt);
  EXPECT_EQ(supervisor_kind(daemon), SupervisorKind::Pm2Daemon);
  daemon.cwd = "/srv/app";
  EXPECT_EQ(god_daemon_home(daemon), "/srv/app/a/.pm2");
  daemon.cwd = std::unexpected(Unread::Denied);
  EXPECT_EQ(god_daemon_home(daemon), std::nullopt);
}

TEST(Supervisor, a_relative_home_of_a_runtime_begins_where_it_works) {
  Process runtime = with_argv({"node", "/usr/bin/pm2-runtime", "x.js"});
  runtime.environment = Environment{{"PM2_HOME", ".pm2"}, {"HOME", "/root"}};
  EXPECT_EQ(pm2_home_of(runtime), std::nullopt);
  runtime.cwd = "/srv/app";
  EXPECT_EQ(pm2_home_of(runtime), "/srv/app/.pm2");
  (*runtime.environment)["PM2_HOME"] = "";
  EXPECT_EQ(pm2_home_of(runtime), "/root/.pm2");
}

TEST(Supervisor, a_god_daemon_without_readable_argv_is_known_by_its_comm) {
  Process process = with_argv({}, "PM2 v6.0.14: Go");
  process.argv = std::unexpected(Unread::Denied);
  EXPECT_EQ(supervisor_kind(process), SupervisorKind::Pm2Daemon);
}

TEST(Supervisor, pm2_without_a_daemon_is_a_runtime) {
  EXPECT_EQ(supervisor_kind(with_argv(
                {"node", "/usr/bin/pm2", "start", "x.js", "--no-daemon"})),
            SupervisorKind::Pm2Runtime);
  EXPECT_FALSE(supervisor_kind(with_argv({"node", "/usr/bin/pm2", "list"})));
}

TEST(Supervisor, of_openrc_is_known_by_the_name_that_the_kernel_cuts) {
  EXPECT_EQ(supervisor_kind(with_argv({"supervise-daemon"}, "supervise-daemo")),
            SupervisorKind::Other);
}

TEST(Cookie, spells_its_home_as_homes_are_spelled) {
  const CookieReading reading = read_cookie({{"PM2_HOME", "/srv//a/./.pm2/"},
                                             {"pm_id", "3"},
                                             {"unique_id", "u"},
                                             {"pm_uptime", "17"}});
  const auto* cookie = std::get_if<Cookie>(&reading);
  ASSERT_NE(cookie, nullptr);
  EXPECT_EQ(cookie->home, "/srv/a/.pm2");
}

TEST(Cookie, a_whole_cookie_is_read) {
  const CookieReading reading = read_cookie({{"PM2_HOME", "/srv/.pm2/"},
                                             {"pm_id", "3"},
                                             {"unique_id", "u"},
                                             {"name", "api"},
                                             {"pm_cwd", "/srv/api"},
                                             {"pm_exec_path", "/bin/npm"},
                                             {"pm_uptime", "17"}});
  const auto* cookie = std::get_if<Cookie>(&reading);
  ASSERT_NE(cookie, nullptr);
  EXPECT_EQ(cookie->home, "/srv/.pm2");
  EXPECT_EQ(cookie->pm_cwd, "/srv/api");
  EXPECT_EQ(cookie->pm_exec_path, "/bin/npm");
  EXPECT_EQ(cookie->pm_id, 3);
  EXPECT_EQ(cookie->pm_uptime_ms, 17);
}

TEST(Cookie, a_number_that_is_none_breaks_it) {
  const CookieReading reading = read_cookie({{"PM2_HOME", "/srv/.pm2"},
                                             {"pm_id", "3x"},
                                             {"unique_id", "u"},
                                             {"pm_uptime", "17"}});
  EXPECT_TRUE(std::holds_alternative<BrokenCookie>(reading));
}

TEST(Cookie, a_name_of_an_apps_own_making_is_no_cookie) {
  EXPECT_TRUE(std::holds_alternative<NoCookie>(
      read_cookie({{"name", "x"}, {"unique_id", "mine"}})));
}

TEST(Wrapper, shells_with_a_command_and_package_runners_only_carry) {
  EXPECT_TRUE(is_wrapper(with_argv({"/bin/sh", "-c", "tsx x.ts"})));
  EXPECT_TRUE(is_wrapper(with_argv({"npm run dev"})));
  EXPECT_TRUE(is_wrapper(with_argv({"node", "/usr/bin/npx", "tsx"})));
  EXPECT_FALSE(is_wrapper(with_argv({"-bash"})));
  EXPECT_FALSE(is_wrapper(with_argv({"bash", "run.sh"})));
  EXPECT_FALSE(is_wrapper(with_argv({"node", "server.js"})));
}

TEST(Carrier, a_runner_carries_its_server) {
  EXPECT_TRUE(is_carrier(with_argv({"node", "/x/.bin/tsx", "watch", "s.ts"})));
  EXPECT_TRUE(is_carrier(with_argv({"node", "/x/tsx/dist/cli.mjs", "s.ts"})));
  EXPECT_FALSE(
      is_carrier(with_argv({"node", "--import", "/x/tsx/loader.mjs", "s.ts"})));
}

TEST(Pattern, bytes_that_are_no_text_and_newlines_hide_no_match) {
  const Pattern pattern = *Pattern::compile("tsx.*server\\.ts");
  EXPECT_TRUE(pattern.matches("tsx \xff\n server.ts"));
  EXPECT_FALSE(pattern.matches("tsx server-ts"));
}

TEST(Pattern, what_re2_refuses_is_an_error_with_its_reason) {
  const auto compiled = Pattern::compile("(?=x)");
  ASSERT_FALSE(compiled);
  EXPECT_FALSE(compiled.error().what.empty());
}

TEST(Match, every_condition_must_hold) {
  Process process = with_argv({"node", "server.ts"});
  process.exe = "/usr/bin/node";
  process.uid = 1000;
  process.cwd = "/srv/app/sub";
  Match match{.pattern = *Pattern::compile("server"),
              .exe = "node",
              .uid = 1000,
              .cwd = "/srv/app",
              .tty = false};
  EXPECT_EQ(fit(match, process, {}), Fit::Yes);
  match.cwd = "/srv/ap";
  EXPECT_EQ(fit(match, process, {}), Fit::No);
}

}  // namespace
}  // namespace strayd
