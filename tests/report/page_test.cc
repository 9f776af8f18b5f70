#include <algorithm>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/report/render.h"

#include "support/sample_report.h"

namespace strayd {
namespace {

using testing::HasSubstr;
using testing::Not;

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + part.size())) {
    ++found;
  }
  return found;
}

TEST(StatusPage, runs_no_script_and_loads_nothing) {
  const std::string page = status_page(sample::rich_report());
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<link")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, Not(HasSubstr("http://")));
  EXPECT_THAT(page, Not(HasSubstr("https://")));
  EXPECT_THAT(page, Not(HasSubstr("url(")));
}

TEST(StatusPage, names_who_ended_an_app) {
  const std::string page = status_page(sample::rich_report());
  EXPECT_THAT(page, HasSubstr("Who ended an app last"));
  EXPECT_THAT(page, HasSubstr("cleanup-old-pro &lt; sh &lt; cron"));
}

TEST(StatusPage, says_what_lacks_where_nobody_is_known_who_ended_it) {
  Report report = sample::rich_report();
  report.senders.clear();
  EXPECT_THAT(status_page(report), Not(HasSubstr("Who ended an app last")));
  report.ledger.apps.begin()->second.restarts[Cause::Signal] = 1;
  report.features["signal_senders"] = false;
  report.remarks["signal_senders"] = "lacks CAP_BPF";
  const std::string page = status_page(report);
  EXPECT_THAT(page, HasSubstr("Who ended an app last"));
  EXPECT_THAT(page,
              HasSubstr("lacks CAP_BPF; as a service see who-killed-it.conf"));
}

TEST(StatusPage, a_script_in_a_name_is_text) {
  const std::string hostile = "<script>alert('1')</script>&\"\x1B\xFF";
  Report report = sample::rich_report();
  for (Verdict& verdict : report.verdicts) {
    verdict.app = hostile;
    verdict.reason.text = hostile;
  }
  for (auto& [id, shown] : report.shown) {
    shown.program = hostile;
    shown.script = hostile;
  }
  for (AppReport& app : report.apps) app.app = app.home = hostile;
  for (Pm2View& view : report.pm2) view.home = hostile;
  report.pm2.back().reply.error().why = hostile;
  for (Reaped& reaped : report.reaped) {
    reaped.app = hostile;
    reaped.detail = hostile;
  }
  report.breaker.why = hostile;
  report.harms.front().text = report.harms.front().app.app = hostile;
  report.returned.begin()->second.rule = hostile;
  report.blind = {{hostile, hostile}};
  report.features = {{hostile, false}};
  report.failure = Error{.fault = Fault::Io, .what = hostile};
  const std::string page = status_page(report);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("alert('1')")));
  EXPECT_THAT(page, Not(HasSubstr("\x1B")));
  EXPECT_THAT(page,
              HasSubstr("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"
                        "&amp;&quot;"));
  EXPECT_EQ(page, valid_utf8(page));
}

TEST(StatusPage, shows_mode_breaker_and_what_is_blind) {
  const std::string page = status_page(sample::rich_report());
  EXPECT_THAT(page, HasSubstr("mode: enforce"));
  EXPECT_THAT(page, HasSubstr("breaker: open"));
  EXPECT_THAT(page, HasSubstr("4 orphan trees in one scan"));
  EXPECT_THAT(page, HasSubstr("CAP_SYS_PTRACE is missing"));
}

TEST(StatusPage, shows_harm_and_orphans_that_came_back) {
  const std::string page = status_page(sample::rich_report());
  EXPECT_THAT(page, HasSubstr("Harm that strayd did"));
  EXPECT_THAT(page, HasSubstr("feed does not listen on port 3000 any more"));
  EXPECT_THAT(page, HasSubstr("Orphans that came back"));
  EXPECT_THAT(page, HasSubstr("dash respawn.sh (pid 4940)"));
  EXPECT_THAT(page, HasSubstr(">twice<"));
  const std::string quiet = status_page(sample::quiet_report());
  EXPECT_THAT(quiet, Not(HasSubstr("<caption>Harm that strayd did")));
  EXPECT_THAT(quiet, Not(HasSubstr("<caption>Orphans that came back")));
}

TEST(StatusPage, an_online_app_that_nothing_serves_stands_out) {
  EXPECT_THAT(status_page(sample::rich_report()),
              HasSubstr("down: restart needed"));
  EXPECT_THAT(status_page(sample::quiet_report()),
              Not(HasSubstr("down: restart needed")));
}

TEST(StatusPage, orphans_come_before_what_is_managed) {
  const std::string page = status_page(sample::rich_report());
  EXPECT_LT(page.find(">stray<"), page.find(">held<"));
  EXPECT_LT(page.find(">held<"), page.find(">managed<"));
}

TEST(StatusPage, links_to_the_other_pages) {
  const std::string page = status_page(sample::quiet_report());
  for (const char* path :
       {"/metrics", "/api/v1/status", "/-/healthy", "/-/ready"}) {
    EXPECT_THAT(page, HasSubstr("<a href=\"" + std::string(path) + "\">"));
  }
  EXPECT_THAT(page, HasSubstr("<meta http-equiv=\"refresh\" content=\"10\">"));
}

TEST(StatusPage, every_tag_that_is_opened_is_closed) {
  const std::string page = status_page(sample::rich_report());
  for (const std::string tag : {"table",
                                "thead",
                                "tbody",
                                "tr",
                                "th",
                                "td",
                                "caption",
                                "span",
                                "main",
                                "header",
                                "nav",
                                "p",
                                "div",
                                "style",
                                "h1",
                                "small"}) {
    EXPECT_EQ(count(page, "<" + tag + ">") + count(page, "<" + tag + " "),
              count(page, "</" + tag + ">"))
        << tag;
  }
}

TEST(StatusPage, a_failed_scan_does_not_claim_that_all_is_well) {
  Report report;
  EXPECT_THAT(status_page(report), HasSubstr("No scan has finished yet."));
  EXPECT_THAT(status_page(report), HasSubstr("Not known: nothing was judged."));
  report.scan = 5;
  report.failure = Error{.fault = Fault::Io, .what = "read /proc/stat"};
  EXPECT_THAT(status_page(report), HasSubstr("read /proc/stat"));
  EXPECT_THAT(status_page(report), HasSubstr("Not known: nothing was judged."));
}

TEST(StatusPage, ten_thousand_candidates_make_no_page_of_megabytes) {
  Report report = sample::quiet_report();
  for (pid_t pid = 1000; pid < 11'000; ++pid) {
    report.verdicts.push_back(
        sample::verdict(pid, Standing::Stray, Why::NoOwner));
    report.verdicts.back().app = std::string(5000, 'a');
  }
  const std::string page = status_page(report);
  EXPECT_LT(page.size(), 1'000'000U);
  EXPECT_THAT(page, HasSubstr("9701 more are not shown here."));
}

}  // namespace
}  // namespace strayd
