#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/report/render.h"

#include "support/sample_report.h"

namespace strayd {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kNothing = "\nNo orphaned processes found\n";

TEST(ScanText, says_in_a_line_of_its_own_that_there_is_nothing) {
  EXPECT_THAT(scan_text(sample::quiet_report()), HasSubstr(kNothing));
  EXPECT_THAT(scan_text(sample::quiet_report(), Detail::Full),
              HasSubstr(kNothing));
}

TEST(ScanText, says_it_of_nothing_that_is_in_question) {
  for (const Standing standing : {Standing::Held,
                                  Standing::Pending,
                                  Standing::Leftover,
                                  Standing::Stray}) {
    Report report = sample::quiet_report();
    report.verdicts.push_back(sample::verdict(500, standing, Why::Unreadable));
    EXPECT_THAT(scan_text(report), Not(HasSubstr("No orphaned")))
        << to_string(standing);
  }
}

TEST(ScanText, a_scan_that_failed_or_was_not_yet_made_found_nothing_out) {
  Report report = sample::quiet_report();
  report.failure = Error{.fault = Fault::Denied, .what = "open /proc: refused"};
  EXPECT_THAT(scan_text(report), Not(HasSubstr("No orphaned")));
  EXPECT_THAT(scan_text(report), HasSubstr("open /proc: refused"));
  EXPECT_THAT(scan_text(Report{}), Not(HasSubstr("No orphaned")));
}

TEST(ScanText, gives_no_all_clear_where_it_did_not_see_all) {
  Report report = sample::quiet_report();
  report.unseen = {{.fact = "pid", .detail = "hidepid=invisible"},
                   {.fact = "stat", .processes = 3},
                   {.fact = "exe", .processes = 1},
                   {.fact = "cmdline", .why = Unread::Blocked, .processes = 2}};
  const std::string text = scan_text(report);
  EXPECT_THAT(text, Not(HasSubstr("No orphaned processes found")));
  EXPECT_THAT(text, HasSubstr("\nNo all-clear: "));
  EXPECT_THAT(text,
              HasSubstr("Not seen: the processes of other users, nobody knows "
                        "how many (hidepid=invisible); strayd lacks "
                        "CAP_SYS_PTRACE here.\n"));
  EXPECT_THAT(text,
              HasSubstr("Not seen: 3 processes of which nothing can be read; "
                        "strayd lacks CAP_SYS_PTRACE here.\n"));
  EXPECT_THAT(text,
              HasSubstr("Not seen: whether a rule means 1 process, for want of "
                        "exe; strayd lacks CAP_SYS_PTRACE here.\n"));
  EXPECT_THAT(text,
              HasSubstr("Not seen: whether a rule means 2 processes, for want "
                        "of cmdline; the read did not come back in time.\n"));
}

TEST(ScanText, begins_with_what_was_looked_at) {
  const std::string text = scan_text(sample::rich_report());
  EXPECT_THAT(text, testing::StartsWith("Looked at 213 processes in 12ms."));
  EXPECT_THAT(text, HasSubstr("PM2 in /root/.pm2 answers (daemon 100)"));
  EXPECT_THAT(text,
              HasSubstr("PM2 in /srv/b/.pm2 is silent: no answer in 2 s"));
  EXPECT_THAT(text, HasSubstr("Blind (ptrace): CAP_SYS_PTRACE is missing"));
  EXPECT_THAT(text, HasSubstr("The breaker is open since 2025-01-31 10:00:00"));
}

TEST(ScanText, shows_each_orphan_with_its_evidence) {
  EXPECT_THAT(scan_text(sample::rich_report()),
              ContainsRegex("4711 +3h 10m +1000 +node +server.ts +leftover "
                            "+shop +PM2 has launched its app anew"));
}

TEST(ScanText, counts_the_managed_ones_unless_all_are_asked_for) {
  const std::string brief = scan_text(sample::rich_report());
  EXPECT_THAT(brief, Not(ContainsRegex("\n112 ")));
  EXPECT_THAT(brief,
              HasSubstr("Left alone: 1 managed (1 of shop), 1 protected."));
  EXPECT_THAT(scan_text(sample::rich_report(), Detail::Full),
              ContainsRegex("\n112 .*managed"));
}

TEST(ScanText, names_the_command_that_ends_what_was_left) {
  Report report = sample::rich_report();
  report.mode = Mode::Observe;
  for (WithheldTree& tree : report.withheld) tree.why = Withheld::Observing;
  const std::string text = scan_text(report);
  EXPECT_THAT(text, HasSubstr("`strayd scan --reap`"));
  EXPECT_THAT(text, HasSubstr("\"mode\": \"enforce\""));
}

TEST(ScanText, says_of_each_tree_why_it_was_left) {
  const std::string text = scan_text(sample::rich_report());
  EXPECT_THAT(text, HasSubstr("Not ended (4700, 4950): the breaker is open."));
  EXPECT_THAT(text, Not(HasSubstr("Not ended (4800)")));
}

TEST(ScanText, says_which_evidence_is_missing) {
  const std::string text = scan_text(sample::rich_report());
  EXPECT_THAT(text, HasSubstr("Held (4800; pm2_silent): "));
  EXPECT_THAT(text, HasSubstr(std::string(remedy(Why::Pm2Silent))));
  EXPECT_THAT(text, HasSubstr("Pending (4900; unconfirmed): "));
}

TEST(ScanText, says_what_became_of_each) {
  const std::string text = scan_text(sample::rich_report());
  EXPECT_THAT(text,
              HasSubstr("4600 node server.ts (leftover of shop): exited 410ms "
                        "after SIGTERM.\n"));
  EXPECT_THAT(text,
              HasSubstr("4610 node server.ts (leftover of shop): spared at the "
                        "last look: changed (it runs another program now).\n"));
}

TEST(ScanText, says_what_came_of_earlier_kills) {
  const std::string text = scan_text(sample::rich_report());
  EXPECT_THAT(text,
              HasSubstr("\nHarm: feed does not listen on port 3000 any more"));
  EXPECT_THAT(text,
              HasSubstr("\n4950 came back twice after strayd had ended it. To "
                        "end it for good, stop what starts it; its parent is "
                        "dash respawn.sh (pid 4940).\n"));
  const std::string quiet = scan_text(sample::quiet_report());
  EXPECT_THAT(quiet, Not(HasSubstr("Harm")));
  EXPECT_THAT(quiet, Not(HasSubstr("came back")));
}

TEST(ScanText, the_breaker_is_told_in_one_line) {
  EXPECT_EQ(breaker_text({}), "the breaker is closed");
  EXPECT_EQ(breaker_text(
                {.open = true, .why = "a\nb", .since_unix_ms = sample::kNoon}),
            "the breaker is open since 2025-01-31 12:00:00 UTC: a\\nb");
}

TEST(ScanText, foreign_bytes_make_no_line_and_no_terminal_sequence) {
  Report report = sample::rich_report();
  const std::string hostile = "x\nNo orphaned processes found\n\x1B[2J\xFF";
  for (Verdict& verdict : report.verdicts) {
    verdict.app = hostile;
    verdict.reason.text = hostile;
  }
  for (auto& [id, shown] : report.shown) shown.program = hostile;
  report.pm2.front().home = hostile;
  report.reaped.front().app = hostile;
  report.breaker.why = hostile;
  report.harms.front().text = hostile;
  report.apps.front().app = report.conflicts.front().app.app = hostile;
  report.apps.front().remotes = {{.remote = hostile, .connections = 1}};
  for (const Detail detail : {Detail::Brief, Detail::Full}) {
    const std::string text = scan_text(report, detail);
    EXPECT_THAT(text, Not(HasSubstr("\nNo orphaned processes found\n")));
    EXPECT_THAT(text, Not(HasSubstr("\x1B")));
    EXPECT_EQ(text, valid_utf8(text));
  }
}

TEST(ScanText, names_who_keeps_an_app_off_its_port) {
  EXPECT_THAT(scan_text(sample::rich_report()),
              HasSubstr("\nIn the way: port 3000 of shop is held by node "
                        "server.ts (pid 4711), which is leftover; "));
  EXPECT_THAT(scan_text(sample::quiet_report()), Not(HasSubstr("In the way")));
}

TEST(ScanText, shows_what_serves_each_app_and_why_it_restarted) {
  const std::string text = scan_text(sample::rich_report());
  EXPECT_THAT(text, ContainsRegex("\nAPP +SLOT +STATUS +SERVES +PORTS"));
  EXPECT_THAT(text,
              ContainsRegex("\nshop .* 3000 \\(orphan\\) +exchange "
                            "\\(orphan\\) 1s; .* 2 operator, 3 exit_code\n"));
  EXPECT_THAT(text, ContainsRegex("\nfeed +0 +online +nothing "));
}

TEST(ScanText, a_very_long_name_does_not_stretch_the_table) {
  Report report = sample::quiet_report();
  report.verdicts.push_back(
      sample::verdict(500, Standing::Stray, Why::NoOwner));
  report.verdicts.back().app = std::string(100'000, 'a');
  report.shown[sample::id(500)] =
      sample::shown(std::string(100'000, '\xC3'), std::chrono::hours{1});
  EXPECT_LT(scan_text(report).size(), 3000U);
}

}  // namespace
}  // namespace strayd
