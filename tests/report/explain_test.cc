#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/report/render.h"

#include "support/sample_report.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

Process process(pid_t pid, pid_t parent, const std::string& comm) {
  Process made{.id = sample::id(pid),
               .parent = parent,
               .session = 4600,
               .state = 'S',
               .started = seconds{pid},
               .comm = comm};
  made.uid = 1000;
  made.exe = "/usr/bin/" + comm;
  made.argv = {comm};
  return made;
}

// node below sh below pid 1; its session's leader is gone.
Snapshot leftover_snapshot() {
  Process node = process(4711, 4700, "node");
  node.argv = {"node", "--import", "loader.mjs", "server.ts", "--key=hunter2"};
  node.cgroup = "/user.slice";
  node.environment = Environment{{"pm_id", "0"},
                                 {"unique_id", "u"},
                                 {"PM2_HOME", "/root/.pm2"},
                                 {"name", "shop"},
                                 {"pm_uptime", "1738324800000"},
                                 {"username", "hunter2"}};
  Process daemon = process(100, 1, "node");
  Process init = process(1, 0, "systemd");
  init.session = 1;
  return {.taken = seconds{16'111},
          .processes = {init, daemon, process(4700, 1, "sh"), node}};
}

TEST(Explain, walks_up_to_pid_1) {
  EXPECT_THAT(
      explain_text(leftover_snapshot(), sample::rich_report(), {}, 4711),
      ContainsRegex("\n +4711  node server.ts.*\n +4700  sh.*\n +1  systemd"));
}

TEST(Explain, shows_the_evidence_of_each_step) {
  const std::string text =
      explain_text(leftover_snapshot(), sample::rich_report(), {}, 4711);
  EXPECT_THAT(text, HasSubstr("leftover (candidate)"));
  EXPECT_THAT(text, HasSubstr("leftover (wrapper)"));
  EXPECT_THAT(text,
              HasSubstr("PM2 cookie of shop (pm_id 0, launched "
                        "2025-01-31 12:00:00 UTC, /root/.pm2)"));
  EXPECT_THAT(text, HasSubstr("session 4600 (its leader is gone)"));
  EXPECT_THAT(text, HasSubstr("cgroup /user.slice"));
}

TEST(Explain, names_the_daemon_that_answers) {
  EXPECT_THAT(explain_text(leftover_snapshot(), sample::rich_report(), {}, 100),
              HasSubstr("answers as the PM2 of /root/.pm2"));
}

TEST(Explain, ends_with_verdict_reason_and_what_would_change_it) {
  const std::string text =
      explain_text(leftover_snapshot(), sample::rich_report(), {}, 4711);
  EXPECT_THAT(text, HasSubstr("Verdict:      leftover\n"));
  EXPECT_THAT(text, HasSubstr("Reason:       PM2 has launched its app anew; "));
  EXPECT_THAT(text, HasSubstr("(superseded)\n"));
  EXPECT_THAT(text, HasSubstr("Rule:         it matches the rule tsx-server"));
  EXPECT_THAT(text, HasSubstr("Not ended:    the breaker is open."));
  EXPECT_THAT(text,
              HasSubstr("To change it: " +
                        std::string(remedy(Why::Superseded)) + "\n"));
}

TEST(Explain, says_of_a_process_without_a_rule_that_it_is_never_touched) {
  EXPECT_THAT(explain_text(leftover_snapshot(), sample::rich_report(), {}, 100),
              HasSubstr("No rule matches process 100, so strayd never touches "
                        "it.\n"));
}

TEST(Explain, a_failed_scan_has_no_verdict) {
  Report report = sample::rich_report();
  report.failure = Error{.fault = Fault::Io, .what = "torn"};
  const std::string text = explain_text(leftover_snapshot(), report, {}, 4711);
  EXPECT_THAT(text, HasSubstr("No verdict: the scan failed: torn\n"));
  EXPECT_THAT(text, Not(HasSubstr("never touches")));
}

TEST(Explain, a_pid_that_is_not_there_is_said_to_be_so) {
  EXPECT_EQ(explain_text(leftover_snapshot(), sample::rich_report(), {}, 9),
            "There is no process 9 among the 4 that were seen.\n");
}

TEST(Explain, a_heir_of_a_judged_pid_does_not_inherit_its_verdict) {
  Snapshot snapshot = leftover_snapshot();
  snapshot.processes.back().id.start_ticks += 1;
  EXPECT_THAT(explain_text(snapshot, sample::rich_report(), {}, 4711),
              HasSubstr("No rule matches process 4711"));
}

TEST(Explain, names_the_port_that_it_keeps_an_app_off) {
  for (const pid_t pid : {4711, 4700}) {
    EXPECT_THAT(
        explain_text(leftover_snapshot(), sample::rich_report(), {}, pid),
        HasSubstr("In the way:   port 3000 of shop is held by node "
                  "server.ts (pid 4711), which is leftover"));
  }
}

TEST(Explain, shows_where_a_chain_breaks) {
  Snapshot snapshot = leftover_snapshot();
  snapshot.processes[2].parent = 4000;
  EXPECT_THAT(explain_text(snapshot, sample::rich_report(), {}, 4711),
              HasSubstr("the chain breaks here: "));
}

TEST(Explain, tells_no_argument_and_no_value_of_the_environment) {
  EXPECT_THAT(
      explain_text(leftover_snapshot(), sample::rich_report(), {}, 4711),
      Not(HasSubstr("hunter2")));
}

TEST(Explain, foreign_bytes_stay_in_their_line) {
  Snapshot snapshot = leftover_snapshot();
  Process& node = snapshot.processes.back();
  const std::string hostile = "x\nVerdict:      managed\n\x1B[2J\xFF";
  node.comm = hostile;
  node.exe = "/" + hostile;
  node.argv = {hostile + ".ts"};
  node.cgroup = hostile;
  (*node.environment)["name"] = hostile;
  (*node.environment)["PM2_HOME"] = "/" + hostile;
  Report report = sample::rich_report();
  for (Verdict& verdict : report.verdicts) {
    verdict.reason.text = hostile;
    verdict.app = hostile;
  }
  const std::string text = explain_text(snapshot, report, {}, 4711);
  EXPECT_THAT(text, Not(HasSubstr("\nVerdict:      managed")));
  EXPECT_THAT(text, Not(HasSubstr("\x1B")));
  EXPECT_EQ(text, valid_utf8(text));
}

// --- the origin

Origin origin_of_leftover() {
  return {.owner = Origin::Owner::Launch,
          .launch = {.instance = {.home = "/root/.pm2", .unique_id = "u"},
                     .pm_uptime_ms = 1'700'000'000'000},
          .name = "api",
          .since = seconds{10},
          .until = seconds{70},
          .parting = Parting::Left};
}

TEST(Origin, tells_below_what_it_was_seen_until_when_and_how_they_parted) {
  const Snapshot snapshot = leftover_snapshot();
  Memory memory;
  const Origin origin = origin_of_leftover();
  memory.origins[snapshot.processes.back().id] = origin;
  memory.launches[origin.launch] = {.app = "api", .slot = 2};
  const std::string text = explain_text(snapshot,
                                        sample::rich_report(),
                                        memory,
                                        snapshot.processes.back().id.pid);
  EXPECT_THAT(text,
              HasSubstr("\nOrigin:       seen below api #2, launch of "
                        "2023-11-14 22:13:20 UTC, until "));
  EXPECT_THAT(text, HasSubstr(" UTC; left\n"));
}

TEST(Origin, that_is_lost_is_not_told_as_none) {
  Memory memory;
  const auto text = [&] {
    return explain_text(
        leftover_snapshot(), sample::rich_report(), memory, 4711);
  };
  EXPECT_THAT(text(), HasSubstr("\nOrigin:       none that is known\n"));
  memory.forgotten = BootTime::max();
  EXPECT_THAT(text(), HasSubstr("\nOrigin:       lost: "));
  memory.forgotten.reset();
  memory.origins[leftover_snapshot().processes.back().id] = {
      .owner = Origin::Owner::Forgotten};
  EXPECT_THAT(text(), HasSubstr("\nOrigin:       lost: "));
}

}  // namespace
}  // namespace strayd
