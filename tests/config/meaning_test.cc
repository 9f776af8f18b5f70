#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/config/config.h"
#include "strayd/core/policy.h"

#include "config/text.h"

namespace strayd {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(Meaning, of_mode_and_scan_is_taken_over) {
  const Policy policy = parsed(R"({
    "mode": "enforce",
    "scan": {"interval": "500ms", "min_age": "2m", "confirmations": 7,
             "settle": "30s"}})")
                            .policy;
  EXPECT_EQ(policy.mode, Mode::Enforce);
  EXPECT_EQ(policy.interval, 500ms);
  EXPECT_EQ(policy.min_age, 2min);
  EXPECT_EQ(policy.confirmations, 7);
  EXPECT_EQ(policy.settle, 30s);
}

TEST(Meaning, of_how_changes_are_found_is_taken_over) {
  EXPECT_EQ(parsed(R"({"scan": {"rotation": 9}})").rotation, 9);
  EXPECT_EQ(parsed(R"({"scan": {"source": "bpf"}})").source, ScanSource::Bpf);
  EXPECT_EQ(parsed(default_config_text()).source, Config{}.source);
  EXPECT_EQ(parsed(default_config_text()).rotation, Config{}.rotation);
}

TEST(Meaning, of_settle_sets_how_long_a_lost_pm2_holds_its_strays) {
  EXPECT_EQ(parsed(R"({"scan": {"settle": "30s"}})").policy.loss_hold, 5min);
}

TEST(Meaning, of_a_rule_is_taken_over) {
  const Policy policy = parsed(R"({"rules": [
    {"name": "api", "pattern": "api\\.js$", "exe": "node", "user": 1000,
     "cwd": "/srv/api", "reap": "leftover", "grace": "1m"}]})")
                            .policy;
  ASSERT_EQ(policy.rules.size(), 1U);
  const Rule& rule = policy.rules.front();
  EXPECT_EQ(rule.name, "api");
  ASSERT_TRUE(rule.match.pattern);
  EXPECT_TRUE(rule.match.pattern->matches("node src/api.js"));
  EXPECT_FALSE(rule.match.pattern->matches("node src/api.json"));
  EXPECT_EQ(rule.match.exe, "node");
  EXPECT_EQ(rule.match.uid, 1000U);
  EXPECT_EQ(rule.match.cwd, "/srv/api");
  EXPECT_FALSE(rule.match.tty);
  EXPECT_EQ(rule.reap, ReapScope::Leftover);
  EXPECT_EQ(rule.grace, 1min);
}

TEST(Meaning, of_rules_keeps_their_order) {
  const Policy policy = parsed(R"({"rules": [
    {"name": "b", "pattern": "x", "exe": "node"},
    {"name": "a", "pattern": "y", "exe": "node"}]})")
                            .policy;
  ASSERT_EQ(policy.rules.size(), 2U);
  EXPECT_EQ(policy.rules[0].name, "b");
  EXPECT_EQ(policy.rules[1].name, "a");
}

TEST(Meaning, of_no_rules_is_no_rules) {
  EXPECT_TRUE(parsed(R"({"rules": []})").policy.rules.empty());
}

std::optional<uid_t> uid_of(std::string_view user) {
  const std::string text =
      R"({"protect": [{"name": "p", "user": )" + std::string(user) + "}]}";
  return parsed(text).policy.protect.at(0).match.uid;
}

TEST(Meaning, of_a_user_is_the_uid_of_that_name) {
  EXPECT_EQ(uid_of(R"("root")"), 0U);
  EXPECT_EQ(uid_of(R"("daemon")"), 1U);
}

TEST(Meaning, of_a_user_may_be_a_number_without_a_name) {
  EXPECT_EQ(uid_of("123456"), 123456U);
  EXPECT_EQ(uid_of(R"("123456")"), 123456U);
}

TEST(Meaning, of_a_protect_rule_is_taken_over) {
  const Policy policy = parsed(R"({"protect": [
    {"name": "shell", "tty": true},
    {"name": "cron", "tty": false, "cwd": "/srv/jobs/"}]})")
                            .policy;
  ASSERT_EQ(policy.protect.size(), 2U);
  EXPECT_EQ(policy.protect[0].name, "shell");
  EXPECT_EQ(policy.protect[0].match.tty, true);
  EXPECT_EQ(policy.protect[1].match.tty, false);
  EXPECT_EQ(policy.protect[1].match.cwd, "/srv/jobs");
}

TEST(Meaning, of_programs_is_taken_over) {
  const Policy policy = parsed(R"({
    "supervisors": [
      {"name": "foreman", "exe": "ruby", "pattern": "foreman start",
       "user": 1000, "cwd": "/srv/jobs/"}, {"name": "b", "exe": "kept"}],
    "carriers": [{"name": "a", "exe": "concurrently"}]})")
                            .policy;
  ASSERT_EQ(policy.supervisors.size(), 2U);
  const ProgramRule& foreman = policy.supervisors.front();
  EXPECT_EQ(foreman.name, "foreman");
  ASSERT_TRUE(foreman.match.pattern);
  EXPECT_TRUE(foreman.match.pattern->matches("ruby bin/foreman start"));
  EXPECT_EQ(foreman.match.exe, "ruby");
  EXPECT_EQ(foreman.match.uid, 1000U);
  EXPECT_EQ(foreman.match.cwd, "/srv/jobs");
  ASSERT_EQ(policy.carriers.size(), 1U);
  EXPECT_EQ(policy.carriers.front().match.exe, "concurrently");
}

TEST(Meaning, of_pidfiles_is_these_directories) {
  EXPECT_THAT(
      parsed(R"({"pidfiles": ["/var/lib/x/", "/srv//p"]})").policy.pidfiles,
      ElementsAre("/var/lib/x", "/srv/p"));
}

TEST(Meaning, of_homes_that_are_listed_is_these_alone) {
  const Pm2Config pm2 =
      parsed(R"({"pm2": {"homes": ["/root/.pm2/", "/b//c/./d"],
                         "timeout": "1s"}})")
          .pm2;
  EXPECT_FALSE(pm2.automatic);
  EXPECT_THAT(pm2.homes, ElementsAre("/root/.pm2", "/b/c/d"));
  EXPECT_EQ(pm2.timeout, 1s);
}

TEST(Meaning, of_auto_among_homes_is_those_found_and_these) {
  const Pm2Config pm2 = parsed(R"({"pm2": {"homes": ["auto", "/srv/p"]}})").pm2;
  EXPECT_TRUE(pm2.automatic);
  EXPECT_THAT(pm2.homes, ElementsAre("/srv/p"));
}

TEST(Meaning, of_events_is_taken_over) {
  EXPECT_FALSE(parsed(R"({"pm2": {"events": false}})").pm2.events);
  EXPECT_TRUE(parsed(R"({"pm2": {"events": true}})").pm2.events);
  EXPECT_TRUE(parsed(R"({"pm2": {}})").pm2.events);
  EXPECT_FALSE(parsed(R"({"scan": {"events": false}})").events);
  EXPECT_TRUE(parsed(R"({"scan": {}})").events);
}

TEST(Meaning, of_limits_is_taken_over) {
  const Limits limits =
      parsed(R"({"limits": {"kills_per_scan": 1, "kills_per_hour": 2}})")
          .policy.limits;
  EXPECT_EQ(limits.kills_per_scan, 1U);
  EXPECT_EQ(limits.kills_per_hour, 2U);
}

TEST(Meaning, of_a_remote_is_taken_over) {
  const std::vector<RemoteConfig> remotes = parsed(R"({"remotes": [
    {"name": "exchange", "hosts": ["a.example", "192.0.2.1"],
     "ports": [443, 8443]}, {"name": "any", "hosts": ["::1"]}]})")
                                                .remotes;
  ASSERT_EQ(remotes.size(), 2U);
  EXPECT_EQ(remotes[0].name, "exchange");
  EXPECT_THAT(remotes[0].hosts, ElementsAre("a.example", "192.0.2.1"));
  EXPECT_THAT(remotes[0].ports, ElementsAre(443, 8443));
  EXPECT_TRUE(remotes[1].ports.empty());
}

TEST(Meaning, of_files_and_web_is_taken_over) {
  const Config config = parsed(R"({
    "audit": {"file": "/l/a.jsonl", "rotate_bytes": 65536, "keep": 2},
    "state": {"dir": "/s"},
    "web": {"listen": "0.0.0.0:1", "telemetry_path": "/m",
            "config_file": "/w.yml"}})");
  EXPECT_EQ(config.audit.file, "/l/a.jsonl");
  EXPECT_EQ(config.audit.rotate_bytes, 65536U);
  EXPECT_EQ(config.audit.keep, 2);
  EXPECT_EQ(config.state_dir, "/s");
  EXPECT_EQ(config.web.listen, "0.0.0.0:1");
  EXPECT_EQ(config.telemetry_path, "/m");
  EXPECT_EQ(config.web.config_file, "/w.yml");
}

}  // namespace
}  // namespace strayd
