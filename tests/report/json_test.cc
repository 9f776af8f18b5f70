#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "strayd/report/render.h"

#include "support/sample_report.h"

namespace strayd {
namespace {

using nlohmann::ordered_json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> keys(const ordered_json& object) {
  std::vector<std::string> names;
  for (const auto& [key, value] : object.items()) names.push_back(key);
  return names;
}

std::vector<std::string> first_keys(const ordered_json& object,
                                    std::size_t count) {
  std::vector<std::string> names = keys(object);
  names.resize(std::min(count, names.size()));
  return names;
}

const ordered_json& candidate(const ordered_json& scan, pid_t pid) {
  for (const ordered_json& each : scan["candidates"]) {
    if (each["pid"] == pid) return each;
  }
  throw std::runtime_error("no such candidate");
}

TEST(ScanJson, has_the_keys_of_the_contract_in_their_order) {
  const ordered_json scan =
      ordered_json::parse(scan_json(sample::rich_report()));
  EXPECT_THAT(first_keys(scan, 6),
              ElementsAre("version",
                          "mode",
                          "processes",
                          "supervisors",
                          "candidates",
                          "reaped"));
  EXPECT_EQ(scan["version"], 1);
  EXPECT_EQ(scan["mode"], "enforce");
  EXPECT_EQ(scan["processes"], 213);
  const ordered_json& home = scan["supervisors"][0];
  EXPECT_THAT(first_keys(home, 5),
              ElementsAre("kind", "home", "daemon_pid", "state", "apps"));
  EXPECT_THAT(keys(home["apps"][0]),
              ElementsAre("name", "pm_id", "pid", "status", "restarts"));
  EXPECT_THAT(
      first_keys(scan["candidates"][0], 7),
      ElementsAre(
          "pid", "start_ticks", "rule", "verdict", "reason", "app", "chain"));
  EXPECT_THAT(first_keys(scan["reaped"][0], 5),
              ElementsAre("pid", "start_ticks", "rule", "kind", "outcome"));
}

TEST(ScanJson, says_what_was_not_seen) {
  Report report = sample::quiet_report();
  EXPECT_TRUE(ordered_json::parse(scan_json(report))["unseen"].empty());
  report.unseen = {{.fact = "pid", .detail = "hidepid=2"},
                   {.fact = "exe", .processes = 2}};
  const ordered_json scan = ordered_json::parse(scan_json(report));
  ASSERT_EQ(scan["unseen"].size(), 2U);
  EXPECT_EQ(scan["unseen"][0]["fact"], "pid");
  EXPECT_TRUE(scan["unseen"][0]["processes"].is_null());
  EXPECT_EQ(scan["unseen"][1]["fact"], "exe");
  EXPECT_EQ(scan["unseen"][1]["processes"], 2);
  EXPECT_THAT(std::string(scan["unseen"][1]["why"]),
              testing::HasSubstr("CAP_SYS_PTRACE"));
}

TEST(ScanJson, tells_the_four_states_of_a_home_apart) {
  const ordered_json scan =
      ordered_json::parse(scan_json(sample::rich_report()));
  const ordered_json& homes = scan["supervisors"];
  ASSERT_EQ(homes.size(), 4U);
  EXPECT_EQ(homes[0]["state"], "answering");
  EXPECT_EQ(homes[0]["daemon_pid"], 100);
  EXPECT_EQ(homes[1]["state"], "silent");
  EXPECT_TRUE(homes[1]["daemon_pid"].is_null());
  EXPECT_TRUE(homes[1]["apps"].empty());
  EXPECT_EQ(homes[2]["state"], "dead");
  EXPECT_EQ(homes[3]["state"], "never_seen");
}

TEST(ScanJson, a_stopped_instance_has_no_pid) {
  const ordered_json scan =
      ordered_json::parse(scan_json(sample::rich_report()));
  const ordered_json& stopped = scan["supervisors"][0]["apps"][2];
  EXPECT_EQ(stopped["status"], "stopped");
  EXPECT_TRUE(stopped["pid"].is_null());
}

TEST(ScanJson, a_chain_goes_from_the_process_to_pid_1) {
  const ordered_json scan =
      ordered_json::parse(scan_json(sample::rich_report()));
  EXPECT_EQ(candidate(scan, 4711)["chain"], ordered_json({4711, 4700, 1}));
  EXPECT_EQ(candidate(scan, 4711)["verdict"], "leftover");
  EXPECT_EQ(candidate(scan, 4711)["app"], "shop");
  EXPECT_TRUE(candidate(scan, 4950)["app"].is_null());
  EXPECT_EQ(candidate(scan, 4950)["reason"], "the reason of it");
  EXPECT_EQ(candidate(scan, 4950)["why"], "no_owner");
}

TEST(ScanJson, a_pending_one_says_what_it_will_be) {
  const ordered_json scan =
      ordered_json::parse(scan_json(sample::rich_report()));
  EXPECT_EQ(candidate(scan, 4900)["verdict"], "pending");
  EXPECT_EQ(candidate(scan, 4900)["kind"], "stray");
  EXPECT_TRUE(candidate(scan, 4800)["kind"].is_null());
}

TEST(ScanJson, a_failed_scan_invents_no_number) {
  const Report report{
      .scan = 3, .failure = Error{.fault = Fault::Io, .what = "read /proc"}};
  const ordered_json scan = ordered_json::parse(scan_json(report));
  EXPECT_TRUE(scan["processes"].is_null());
  EXPECT_EQ(scan["error"], "read /proc");
  EXPECT_TRUE(ordered_json::parse(scan_json(Report{}))["processes"].is_null());
}

TEST(ScanJson, is_one_line_of_valid_utf8_whatever_a_process_calls_itself) {
  Report report = sample::rich_report();
  const std::string hostile("\xFF\n\"\x1B\0\xC3", 6);
  report.verdicts.front().app = hostile;
  report.verdicts.front().reason.text = hostile;
  report.shown.begin()->second.program = hostile;
  report.pm2.front().home = hostile;
  report.pm2.front().reply->instances.front().name = hostile;
  report.reaped.front().detail = hostile;
  report.blind[hostile] = hostile;
  report.apps.front().app = hostile;
  report.apps.front().remotes = {{.remote = hostile}};
  report.conflicts.front().app.app = hostile;
  report.rules.front() = hostile;
  report.harms.front().text = report.harms.front().app.app = hostile;
  report.returned.begin()->second.rule = hostile;
  for (const std::string& text : {scan_json(report), status_json(report)}) {
    EXPECT_TRUE(ordered_json::accept(text));
    EXPECT_EQ(text, valid_utf8(text));
    EXPECT_EQ(text.find('\n'), text.size() - 1);
    EXPECT_THAT(text, Not(HasSubstr("\x1B")));
  }
}

TEST(IdleRule, is_told_in_json_text_and_page) {
  Report report = sample::rich_report();
  report.idle_rules = {{.rule = "misspelt",
                        .nearest = ProcId{.pid = 60, .start_ticks = 7},
                        .failed = {{.key = "exe",
                                    .fit = Fit::No,
                                    .instead = "it is node, not nodejs"}}}};
  const std::string told =
      "Rule 'misspelt' means no process: 60 is nearest: its exe does not fit "
      "(it is node, not nodejs).";
  const ordered_json json = ordered_json::parse(status_json(report));
  EXPECT_EQ(json["idle_rules"][0]["rule"], "misspelt");
  EXPECT_EQ(json["idle_rules"][0]["nearest"], 60);
  EXPECT_EQ(json["idle_rules"][0]["failed"][0], "exe");
  EXPECT_EQ(json["idle_rules"][0]["why"], told);
  EXPECT_NE(scan_text(report).find("\n" + told + "\n"), std::string::npos);
  EXPECT_NE(status_page(report).find("means no process: 60 is nearest"),
            std::string::npos);
}

TEST(StatusJson, is_the_scan_with_what_a_page_needs_beside_it) {
  const Report report = sample::rich_report();
  const ordered_json scan = ordered_json::parse(scan_json(report));
  const ordered_json status = ordered_json::parse(status_json(report));
  for (const auto& [key, value] : scan.items()) {
    if (key == "beside_agent") continue;  // the agent is beside nobody
    EXPECT_EQ(status[key], value) << key;
  }
  EXPECT_EQ(status["scan"], 42);
  EXPECT_EQ(status["finished_unix_ms"], sample::kNoon);
  EXPECT_EQ(status["breaker"]["open"], true);
  EXPECT_EQ(status["blind"]["ptrace"], "CAP_SYS_PTRACE is missing");
  EXPECT_EQ(status["features"]["ptrace"], false);
  EXPECT_EQ(status["remarks"]["pm2_events"],
            "PM2 in /root/.pm2: the stream broke off");
  EXPECT_EQ(status["totals"]["killed"][0]["count"], 2);
  EXPECT_EQ(status["withheld"][0]["reason"], "breaker_open");
}

TEST(ScanJson, tells_what_came_of_earlier_kills) {
  const ordered_json scan =
      ordered_json::parse(scan_json(sample::rich_report()));
  EXPECT_EQ(scan["harms"],
            ordered_json::parse(
                R"([{"home":"/root/.pm2","app":"feed","what":"lost_listener",
               "tree":4500,"start_ticks":45000,"rule":"tsx-server",
               "text":"feed does not listen on port 3000 any more since strayd )"
                R"(ended the orphan tree of pid 4500",
               "found_unix_ms":1738317600000}])"));
  EXPECT_EQ(scan["returned"],
            ordered_json::parse(
                R"([{"pid":4950,"start_ticks":49500,"rule":"tsx-server",
                     "times":2,"parent":{"pid":4940,"start_ticks":49400,
                     "program":"dash","script":"respawn.sh"}}])"));
  const ordered_json status =
      ordered_json::parse(status_json(sample::rich_report()));
  EXPECT_EQ(status["totals"]["harmful"], 1);
  EXPECT_EQ(status["totals"]["followed_by_restart"], 4);
  EXPECT_EQ(status["totals"]["returned"],
            ordered_json::parse(R"([{"rule":"tsx-server","count":2}])"));
}

TEST(ScanJson, what_init_took_over_has_no_parent) {
  Report report = sample::rich_report();
  report.returned.begin()->second.parent.reset();
  const ordered_json scan = ordered_json::parse(scan_json(report));
  EXPECT_TRUE(scan["returned"][0]["parent"].is_null());
}

TEST(StatusJson, an_unknown_backend_is_null_and_a_missing_one_is_not_up) {
  const ordered_json status =
      ordered_json::parse(status_json(sample::rich_report()));
  const ordered_json& shop = status["apps"][0];
  const ordered_json& feed = status["apps"][1];
  EXPECT_EQ(shop["instances"][0]["backend"]["up"], true);
  EXPECT_EQ(shop["restarts_by_cause"]["exit_code"], 3);
  EXPECT_EQ(shop["restarts_by_cause"]["oom"], 0);
  EXPECT_EQ(feed["instances"][0]["backend"]["up"], false);
  EXPECT_TRUE(feed["instances"][0]["backend"]["pid"].is_null());
  EXPECT_TRUE(feed["instances"][1]["backend"].is_null());
}

TEST(StatusJson, says_what_an_app_uses_and_who_holds_its_sockets) {
  const ordered_json status =
      ordered_json::parse(status_json(sample::rich_report()));
  const ordered_json& shop = status["apps"][0];
  EXPECT_EQ(shop["instances"][0]["backend_restarts"], 5);
  EXPECT_EQ(shop["usage"],
            ordered_json({{"processes", 3},
                          {"zombies", 1},
                          {"cpu_seconds", 12.5},
                          {"resident_memory_bytes", 180'000'000}}));
  EXPECT_EQ(
      shop["ports"][1],
      ordered_json({{"port", 3000},
                    {"owner", "orphan"},
                    {"listeners", 2},
                    {"holder", {{"pid", 4711}, {"start_ticks", 47110}}}}));
  EXPECT_EQ(shop["remotes"][0],
            ordered_json({{"remote", "exchange"},
                          {"owner", "managed"},
                          {"connections", 1},
                          {"age_seconds", 50.0},
                          {"last_receive_seconds", 90.25}}));
}

TEST(StatusJson, says_what_it_does_not_know_of_an_app) {
  const ordered_json status =
      ordered_json::parse(status_json(sample::rich_report()));
  const ordered_json& feed = status["apps"][1];
  EXPECT_TRUE(feed["usage"].is_null());
  EXPECT_TRUE(feed["ports"].is_null());
  EXPECT_TRUE(feed["remotes"].is_null());
  EXPECT_TRUE(feed["instances"][0]["backend_restarts"].is_null());
}

TEST(StatusJson, names_the_orphan_that_keeps_an_app_off_its_port) {
  const ordered_json status =
      ordered_json::parse(status_json(sample::rich_report()));
  const ordered_json& conflict = status["port_conflicts"][0];
  EXPECT_EQ(conflict["app"], "shop");
  EXPECT_EQ(conflict["port"], 3000);
  EXPECT_EQ(conflict["owner"], "orphan");
  EXPECT_EQ(conflict["holder"]["pid"], 4711);
  EXPECT_EQ(conflict["tree"]["pid"], 4700);
  EXPECT_EQ(conflict["asked"], false);
  EXPECT_EQ(status["stray_remotes"][0]["connections"], 0);
}

}  // namespace
}  // namespace strayd
