#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "strayd/config/config.h"
#include "strayd/core/policy.h"
#include "strayd/core/result.h"

#include "config/text.h"

namespace strayd {
namespace {

TEST(Default, text_means_what_leaving_everything_out_means) {
  EXPECT_EQ(parsed(default_config_text()), parsed("{}"));
}

TEST(Default, has_the_policy_that_the_core_has_by_itself) {
  const Policy policy = parsed(default_config_text()).policy;
  const Policy own;
  EXPECT_EQ(policy.mode, own.mode);
  EXPECT_EQ(policy.interval, own.interval);
  EXPECT_EQ(policy.min_age, own.min_age);
  EXPECT_EQ(policy.confirmations, own.confirmations);
  EXPECT_EQ(policy.settle, own.settle);
  EXPECT_EQ(policy.loss_hold, own.loss_hold);
  EXPECT_EQ(policy.limits.kills_per_scan, own.limits.kills_per_scan);
  EXPECT_EQ(policy.limits.kills_per_hour, own.limits.kills_per_hour);
  EXPECT_TRUE(policy.protect.empty());
  EXPECT_TRUE(policy.supervisors.empty());
  EXPECT_TRUE(policy.carriers.empty());
  EXPECT_TRUE(policy.pidfiles.empty());
}

TEST(Default, has_the_options_that_the_rooms_have_by_themselves) {
  const Config config = parsed(default_config_text());
  EXPECT_TRUE(config.pm2.automatic);
  EXPECT_TRUE(config.pm2.homes.empty());
  EXPECT_EQ(config.pm2.timeout, Pm2Config{}.timeout);
  EXPECT_EQ(config.pm2.events, Pm2Config{}.events);
  EXPECT_EQ(config.events, Config{}.events);
  EXPECT_TRUE(config.remotes.empty());
  EXPECT_EQ(config.audit.rotate_bytes, AuditOptions{}.rotate_bytes);
  EXPECT_EQ(config.audit.keep, AuditOptions{}.keep);
  EXPECT_EQ(config.web.listen, WebOptions{}.listen);
  EXPECT_TRUE(config.web.config_file.empty());
  EXPECT_EQ(config.telemetry_path, Config{}.telemetry_path);
}

TEST(Default, observes) {
  EXPECT_EQ(parsed(default_config_text()).policy.mode, Mode::Observe);
}

std::string pattern_text(const Rule& rule) {
  return rule.match.pattern ? rule.match.pattern->text() : "none";
}

TEST(Default, has_the_one_rule_of_a_tsx_server_under_node) {
  const Policy policy = parsed(default_config_text()).policy;
  ASSERT_EQ(policy.rules.size(), 1U);
  const Rule& rule = policy.rules.front();
  EXPECT_EQ(rule.name, "tsx-server");
  EXPECT_EQ(pattern_text(rule), "tsx.*server\\.ts");
  EXPECT_EQ(rule.match.exe, "node");
  EXPECT_FALSE(rule.match.uid);
  EXPECT_FALSE(rule.match.cwd);
  EXPECT_EQ(rule.reap, ReapScope::All);
  EXPECT_EQ(rule.grace, std::chrono::seconds{10});
}

TEST(Default, holds_where_a_file_speaks_of_other_things) {
  const Config config = parsed(R"({"scan": {"interval": "1s"}})");
  EXPECT_EQ(config.policy.interval, std::chrono::seconds{1});
  EXPECT_EQ(config.policy.min_age, Policy{}.min_age);
  EXPECT_EQ(config.policy.rules.size(), 1U);
}

TEST(Default, config_is_the_text_with_paths) {
  const Result<Config> config = default_config();
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->policy, parsed(default_config_text()).policy);
  EXPECT_FALSE(config->state_dir.empty());
  EXPECT_EQ(config->audit.file, config->state_dir + "/audit.jsonl");
}

TEST(Default, audit_file_lies_in_the_state_directory_that_is_given) {
  EXPECT_EQ(parsed(R"({"state": {"dir": "/srv/x"}})").audit.file,
            "/srv/x/audit.jsonl");
}

TEST(Default, schema_is_json_that_forbids_unknown_keys) {
  const nlohmann::json schema = nlohmann::json::parse(config_schema_text());
  EXPECT_EQ(schema["additionalProperties"], false);
  EXPECT_TRUE(schema["properties"].contains("scan"));
}

// In a process of its own, which may have another user and environment.
template <typename Prepare>
bool state_dir_is(const std::string& expected, const Prepare& prepare) {
  const pid_t child = ::fork();
  if (child == 0) {
    prepare();
    const Result<Config> config = parse_config("{}", "t");
    ::_exit(config && config->state_dir == expected ? 0 : 1);
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && status == 0;
}

// The child has one thread.
void set(const char* name, const char* value) {
  ::setenv(name, value, 1);  // NOLINT(concurrency-mt-unsafe)
}

void become_nobody() {
  if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) ::_exit(2);
}

TEST(StateDir, of_root_is_the_systems) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  EXPECT_TRUE(
      state_dir_is("/var/lib/strayd", [] { set("XDG_STATE_HOME", "/x"); }));
}

TEST(StateDir, of_a_user_is_below_xdg_state_home) {
  EXPECT_TRUE(state_dir_is("/x/strayd", [] {
    become_nobody();
    set("XDG_STATE_HOME", "/x");
  }));
}

TEST(StateDir, ignores_a_relative_xdg_state_home) {
  EXPECT_TRUE(state_dir_is("/home/u/.local/state/strayd", [] {
    become_nobody();
    set("XDG_STATE_HOME", "x");
    set("HOME", "/home/u");
  }));
}

TEST(StateDir, comes_from_the_user_database_where_the_environment_is_bare) {
  EXPECT_TRUE(state_dir_is("/nonexistent/.local/state/strayd", [] {
    become_nobody();
    ::clearenv();  // NOLINT(concurrency-mt-unsafe)
  })) << "the home of uid 65534 is /nonexistent on Debian";
}

}  // namespace
}  // namespace strayd
