// What of the reports goes into the ledger: what is new, and no more.
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/report/audit.h"

#include "report/audit_support.h"

namespace strayd::test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

Verdict verdict_on(pid_t pid, Standing standing, Why why) {
  const ProcId id{.pid = pid, .start_ticks = 7};
  return {.id = id,
          .standing = standing,
          .reason = {.why = why, .text = "because"},
          .rule = "tsx-server",
          .app = "api",
          .home = "/root/.pm2",
          .chain = {{.pid = 5, .start_ticks = 1}},
          .tree = id};
}

class AuditVerdicts : public testing::Test {
 protected:
  // The lines that a report brought.
  std::vector<nlohmann::json> lines_for(const Report& report) {
    const std::size_t before = lines_of(file_).size();
    EXPECT_TRUE(audit_.verdicts(report));
    std::vector<nlohmann::json> lines = lines_of(file_);
    lines.erase(lines.begin(),
                lines.begin() + static_cast<std::ptrdiff_t>(before));
    return lines;
  }

  RamDir dir_{};
  std::string file_ = dir_ / "audit.jsonl";
  Audit audit_ = open_or_die({.file = file_});
  const Verdict stray_ = verdict_on(100, Standing::Stray, Why::NoOwner);
};

TEST_F(AuditVerdicts, names_a_new_candidate_and_the_reason) {
  Report report{.verdicts = {stray_}};
  report.shown[stray_.id] = {.program = "node",
                             .script = "server.ts",
                             .uid = 1000,
                             .age = std::chrono::seconds{90}};
  const auto lines = lines_for(report);
  ASSERT_THAT(lines, SizeIs(1));
  const nlohmann::json& line = lines.front();
  EXPECT_EQ(line["event"], "verdict");
  EXPECT_EQ(line["pid"], 100);
  EXPECT_EQ(line["start_ticks"], 7);
  EXPECT_EQ(line["verdict"], "stray");
  EXPECT_EQ(line["why"], "no_owner");
  EXPECT_EQ(line["reason"], "because");
  EXPECT_EQ(line["rule"], "tsx-server");
  EXPECT_EQ(line["app"], "api");
  EXPECT_EQ(line["ppid"], 5);
  EXPECT_EQ(line["program"], "node");
  EXPECT_EQ(line["script"], "server.ts");
  EXPECT_EQ(line["uid"], 1000);
  EXPECT_EQ(line["age_seconds"], 90.0);
}

TEST_F(AuditVerdicts, names_the_parent_of_an_orphan_and_its_returns) {
  Verdict orphan = stray_;
  orphan.kind = Standing::Stray;
  const ProcId parent = orphan.chain.front();
  Report report{.verdicts = {orphan}};
  report.shown[parent] = {.program = "bash", .script = "respawn.sh"};
  nlohmann::json line = lines_for(report).front();
  EXPECT_EQ(line["parent"], "bash respawn.sh (pid 5)");
  EXPECT_EQ(line["returned"], 0);

  report.verdicts[0].reason.why = Why::Superseded;
  report.returned[orphan.tree] = {.rule = "tsx-server", .times = 3};
  EXPECT_EQ(lines_for(report).front()["returned"], 3);
}

TEST_F(AuditVerdicts, says_where_init_took_an_orphan_over) {
  Verdict orphan = stray_;
  orphan.kind = Standing::Stray;
  orphan.chain = {{.pid = 1}};
  EXPECT_EQ(lines_for({.verdicts = {orphan}}).front()["parent"],
            "init (it was reparented)");
}

TEST_F(AuditVerdicts, names_no_parent_of_what_is_no_orphan) {
  const auto line =
      lines_for(
          {.verdicts = {verdict_on(100, Standing::Managed, Why::ListedByPm2)}})
          .front();
  EXPECT_FALSE(line.contains("parent"));
  EXPECT_FALSE(line.contains("returned"));
}

TEST_F(AuditVerdicts, stays_below_the_longest_line_whatever_names_there_are) {
  for (const std::string piece :
       {"x", "\"", "\xFF", "\n", "\xF0\x9F\x90\xBC"}) {
    std::string name;
    while (name.size() < 10'000) name += piece;
    Verdict orphan = stray_;
    orphan.kind = Standing::Stray;
    orphan.rule = orphan.app = orphan.home = orphan.reason.text = name;
    Report report{.verdicts = {orphan}};
    report.shown[orphan.id] = report.shown[orphan.chain.front()] = {
        .program = name, .script = name, .uid = 4'294'967'294};
    report.returned[orphan.tree] = {.times = 2'147'483'647};
    lines_for({});
    ASSERT_THAT(lines_for(report), SizeIs(1));
    EXPECT_LE(lines_of(file_).back().size(), 4096U);
  }
}

TEST_F(AuditVerdicts, names_who_keeps_an_app_off_its_port_once) {
  Report report{.verdicts = {stray_}};
  lines_for(report);
  report.conflicts = {{.app = {.home = "/root/.pm2", .app = "api"},
                       .port = 3000,
                       .owner = Owner::Orphan,
                       .holder = stray_.id,
                       .tree = stray_.tree}};
  const auto lines = lines_for(report);
  ASSERT_THAT(lines, SizeIs(1));
  const nlohmann::json& line = lines.front();
  EXPECT_EQ(line["event"], "port_conflict");
  EXPECT_EQ(line["app"], "api");
  EXPECT_EQ(line["pm2_home"], "/root/.pm2");
  EXPECT_EQ(line["port"], 3000);
  EXPECT_EQ(line["owner"], "orphan");
  EXPECT_EQ(line["pid"], 100);
  EXPECT_EQ(line["start_ticks"], 7);
  EXPECT_EQ(line["tree"], 100);
  EXPECT_EQ(line["text"],
            "port 3000 of api is held by pid 100, which is stray");
  EXPECT_EQ(line["asked"], false);
  EXPECT_THAT(lines_for(report), IsEmpty());

  report.conflicts.front().asked = true;
  const nlohmann::json by_word = lines_for(report).front();
  EXPECT_EQ(by_word["asked"], true);
  EXPECT_EQ(by_word["text"],
            "port 3000, which api asks for by its own error, is held by pid "
            "100, which is stray");

  report.conflicts.front().holder.reset();
  EXPECT_TRUE(lines_for(report).front()["pid"].is_null());
}

TEST_F(AuditVerdicts, writes_nothing_on_an_idle_host) {
  const Report report{.verdicts = {stray_}};
  lines_for(report);
  for (int scan = 0; scan < 3; ++scan) {
    EXPECT_THAT(lines_for(report), IsEmpty());
  }
}

TEST_F(AuditVerdicts, writes_a_change_of_verdict_or_of_its_reason) {
  lines_for({.verdicts = {verdict_on(100, Standing::Pending, Why::TooYoung)}});
  EXPECT_THAT(lines_for({.verdicts = {verdict_on(
                             100, Standing::Pending, Why::Unconfirmed)}}),
              SizeIs(1));
  EXPECT_THAT(lines_for({.verdicts = {stray_}}), SizeIs(1));
}

TEST_F(AuditVerdicts, ignores_a_reason_that_is_only_worded_otherwise) {
  lines_for({.verdicts = {stray_}});
  Verdict reworded = stray_;
  reworded.reason.text = "for 61 s";
  EXPECT_THAT(lines_for({.verdicts = {reworded}}), IsEmpty());
}

TEST_F(AuditVerdicts, forgets_who_is_gone) {
  lines_for({.verdicts = {stray_}});
  lines_for({});
  EXPECT_THAT(lines_for({.verdicts = {stray_}}), SizeIs(1));
}

TEST_F(AuditVerdicts, learns_nothing_from_a_scan_that_failed) {
  const Breaker open{.open = true, .why = "harm", .since_unix_ms = 1};
  lines_for({.verdicts = {stray_}, .breaker = open});
  const Report failed{.failure = Error{.what = "torn"}};
  EXPECT_THAT(lines_for(failed), IsEmpty());
  EXPECT_THAT(lines_for({.verdicts = {stray_}, .breaker = open}), IsEmpty());
}

TEST_F(AuditVerdicts, leaves_out_the_other_members_of_a_tree) {
  Verdict child = verdict_on(101, Standing::Stray, Why::NoOwner);
  child.role = Role::Descendant;
  EXPECT_THAT(lines_for({.verdicts = {child}}), IsEmpty());
}

TEST_F(AuditVerdicts, says_when_the_breaker_opens_and_closes) {
  EXPECT_THAT(lines_for({}), IsEmpty());
  const Breaker open{
      .open = true, .why = "4 trees, 3 allowed", .since_unix_ms = 1'000};
  const auto opened = lines_for({.breaker = open});
  ASSERT_THAT(opened, SizeIs(1));
  EXPECT_EQ(opened.front()["event"], "breaker");
  EXPECT_EQ(opened.front()["breaker"], "open");
  EXPECT_EQ(opened.front()["reason"], "4 trees, 3 allowed");
  EXPECT_EQ(opened.front()["since"], "1970-01-01T00:00:01.000Z");
  EXPECT_THAT(lines_for({.breaker = open}), IsEmpty());
  const auto closed = lines_for({});
  ASSERT_THAT(closed, SizeIs(1));
  EXPECT_EQ(closed.front()["breaker"], "closed");
}

TEST_F(AuditVerdicts, says_why_a_tree_is_withheld_when_that_changes) {
  const auto withheld = [&](Withheld why) {
    return Report{
        .withheld = {{.root = stray_.id, .rule = "tsx-server", .why = why}}};
  };
  const auto first = lines_for(withheld(Withheld::Observing));
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_EQ(first.front()["event"], "withheld");
  EXPECT_EQ(first.front()["pid"], 100);
  EXPECT_EQ(first.front()["why"], "observing");
  EXPECT_THAT(lines_for(withheld(Withheld::Observing)), IsEmpty());
  EXPECT_THAT(lines_for(withheld(Withheld::OverBudget)), SizeIs(1));
}

TEST_F(AuditVerdicts, tells_a_crowd_in_parts_and_the_orphans_first) {
  Report report;
  for (pid_t pid = 1000; pid < 2200; ++pid) {
    report.verdicts.push_back(
        verdict_on(pid, Standing::Managed, Why::ListedByPm2));
  }
  report.verdicts.push_back(verdict_on(9000, Standing::Stray, Why::NoOwner));
  const auto first = lines_for(report);
  ASSERT_THAT(first, SizeIs(500));
  EXPECT_EQ(first.front()["pid"], 9000);
  EXPECT_THAT(lines_for(report), SizeIs(500));
  EXPECT_THAT(lines_for(report), SizeIs(201));
  EXPECT_THAT(lines_for(report), IsEmpty());
}

TEST_F(AuditVerdicts, tells_later_what_could_not_be_written) {
  std::filesystem::remove(file_);
  std::filesystem::create_directory(file_);
  EXPECT_FALSE(audit_.verdicts({.verdicts = {stray_}}));
  std::filesystem::remove(file_);
  EXPECT_THAT(lines_for({.verdicts = {stray_}}), SizeIs(1));
}

}  // namespace
}  // namespace strayd::test
