// The ledger as its user sees it: one strayd, one file, nothing fails.
#include "strayd/report/audit.h"

#include <sys/stat.h>

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/audit_support.h"

namespace strayd::test {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::SizeIs;

TEST(Audit, writes_the_intent_before_it_returns) {
  const RamDir dir;
  Audit audit = open_or_die({.file = dir / "audit.jsonl"});
  const Condemned one(100);
  ASSERT_TRUE(intend(audit, one.intent()));

  const auto lines = lines_of(dir / "audit.jsonl");
  ASSERT_THAT(lines, SizeIs(1));
  const nlohmann::json& line = lines.front();
  EXPECT_EQ(line["event"], "intent");
  EXPECT_EQ(line["seq"], 1);
  EXPECT_EQ(line["boot_id"], kBoot);
  EXPECT_EQ(line["writer"]["pid"], ::getpid());
  EXPECT_GT(line["writer"]["start_ticks"], 0);
  EXPECT_EQ(line["reap"], "reap");
  EXPECT_EQ(line["step"], "terminate");
  EXPECT_EQ(line["pid"], 100);
  EXPECT_EQ(line["start_ticks"], 4711);
  EXPECT_EQ(line["tree"], 100);
  EXPECT_EQ(line["rule"], "tsx-server");
  EXPECT_EQ(line["kind"], "leftover");
  EXPECT_EQ(line["app"], "api");
  EXPECT_EQ(line["pm2_home"], "/root/.pm2");
  EXPECT_EQ(line["why"], "superseded");
  EXPECT_EQ(line["reason"], "a newer one is listed");
  EXPECT_EQ(line["program"], "node");
  EXPECT_EQ(line["script"], "server.ts");
  EXPECT_EQ(line["grace_seconds"], 10.0);
  EXPECT_EQ(line["uid"], 1000);
  EXPECT_EQ(line["ppid"], 1);
  EXPECT_GT(line["age_seconds"], 0);
  EXPECT_THAT(line["ts"].get<std::string>(),
              MatchesRegex("20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:"
                           "[0-9]{2}\\.[0-9]{3}Z"));
}

TEST(Audit, says_null_for_a_uid_it_could_not_read) {
  const RamDir dir;
  Audit audit = open_or_die({.file = dir / "audit.jsonl"});
  Condemned one(100);
  one.process.uid = std::unexpected(Unread::Denied);
  ASSERT_TRUE(intend(audit, one.intent()));
  EXPECT_TRUE(lines_of(dir / "audit.jsonl").front()["uid"].is_null());
}

TEST(Audit, takes_an_intent_without_evidence) {
  const RamDir dir;
  Audit audit = open_or_die({.file = dir / "audit.jsonl"});
  ASSERT_TRUE(intend(
      audit,
      {.reap = "r", .id = {.pid = 9, .start_ticks = 1}, .step = Step::Thaw}));
  const Result<std::vector<Unresolved>> left = audit.unresolved();
  ASSERT_TRUE(left);
  ASSERT_THAT(*left, SizeIs(1));
  EXPECT_EQ(left->front().last_step, Step::Thaw);
}

TEST(Audit, writes_what_became_of_it) {
  const RamDir dir;
  Audit audit = open_or_die({.file = dir / "audit.jsonl"});
  Reaped reaped = Condemned(100).reaped(Outcome::Failed);
  reaped.failure = FailureWhy::Survived;
  ASSERT_TRUE(audit.outcome("reap", reaped));

  const nlohmann::json line = lines_of(dir / "audit.jsonl").front();
  EXPECT_EQ(line["event"], "outcome");
  EXPECT_EQ(line["reap"], "reap");
  EXPECT_EQ(line["pid"], 100);
  EXPECT_EQ(line["outcome"], "failed");
  EXPECT_EQ(line["failure"], "survived");
  EXPECT_EQ(line["detail"], "it exited");
  EXPECT_EQ(line["seconds"], 1.5);
}

TEST(Audit, counts_on_after_a_restart) {
  const RamDir dir;
  for (int start = 0; start < 3; ++start) {
    Audit audit = open_or_die({.file = dir / "audit.jsonl"});
    ASSERT_TRUE(audit.note("start", "strayd starts"));
    ASSERT_TRUE(audit.note("stop", "strayd stops"));
  }
  std::uint64_t expected = 0;
  for (const nlohmann::json& line : lines_of(dir / "audit.jsonl")) {
    EXPECT_EQ(line["seq"], ++expected);
  }
  EXPECT_EQ(expected, 6);
}

TEST(Audit, writes_nothing_for_no_intents) {
  const RamDir dir;
  Audit audit = open_or_die({.file = dir / "audit.jsonl"});
  EXPECT_TRUE(audit.intend({}));
  EXPECT_EQ(content_of(dir / "audit.jsonl"), "");
}

TEST(Audit, lets_only_its_user_in) {
  const RamDir dir;
  const Audit audit = open_or_die({.file = dir / "a/b/audit.jsonl"});
  struct stat found{};
  ASSERT_EQ(::stat((dir / "a/b").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0700U);
  ASSERT_EQ(::stat((dir / "a/b/audit.jsonl").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0137U, 0U);
}

TEST(Audit, says_which_file_could_not_be_opened_and_why) {
  const RamDir dir;
  append_to(dir / "file", "");
  const Result<Audit> audit =
      Audit::open({.file = dir / "file/audit.jsonl"}, kBoot);
  ASSERT_FALSE(audit);
  EXPECT_THAT(audit.error().what, HasSubstr(dir / "file"));
  EXPECT_THAT(audit.error().what, HasSubstr("Not a directory"));
}

TEST(Audit, follows_no_symlink_and_hangs_on_no_fifo) {
  const RamDir dir;
  append_to(dir / "precious", "");
  std::filesystem::create_symlink(dir / "precious", dir / "link");
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  EXPECT_FALSE(Audit::open({.file = dir / "link"}, kBoot));
  EXPECT_FALSE(Audit::open({.file = dir / "fifo"}, kBoot));
}

// ---- what foreign bytes may not do ----

TEST(AuditLine, shows_no_argument_and_no_environment) {
  const RamDir dir;
  Audit audit = open_or_die({.file = dir / "audit.jsonl"});
  Condemned one(100);
  one.process.argv = std::vector<std::string>{"node",
                                              "--token=hunter2",
                                              "/srv/secret-dir/server.ts",
                                              "--key",
                                              "s3cr3t"};
  one.process.environment = Environment{{"name", "env1ronment"}};
  ASSERT_TRUE(intend(audit, one.intent()));
  const std::string text = content_of(dir / "audit.jsonl");
  for (const char* secret :
       {"hunter2", "s3cr3t", "secret-dir", "env1ronment"}) {
    EXPECT_THAT(text, Not(HasSubstr(secret)));
  }
}

TEST(AuditLine, stays_one_line_of_ascii_whatever_a_process_calls_itself) {
  const RamDir dir;
  Audit audit = open_or_die({.file = dir / "audit.jsonl"});
  std::string evil =
      "\"}\n{\"event\":\"outcome\",\"pid\":100}\n\x1B[2J\xFF\xC3";
  for (int byte = 0; byte < 256; ++byte) evil += static_cast<char>(byte);
  Condemned one(100);
  one.process.comm = evil;
  one.process.exe = std::unexpected(Unread::Denied);
  one.order.app = one.order.home = one.order.reason.text = evil;
  one.reap = evil;
  ASSERT_TRUE(intend(audit, one.intent()));

  const std::string text = content_of(dir / "audit.jsonl");
  EXPECT_THAT(lines_of(dir / "audit.jsonl"), SizeIs(1));
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
  for (const char byte : text) {
    EXPECT_TRUE(byte == '\n' || (byte >= ' ' && byte <= '~')) << int{byte};
  }
}

TEST(AuditLine, is_bounded_and_shows_where_it_was_cut) {
  const RamDir dir;
  Audit audit = open_or_die({.file = dir / "audit.jsonl"});
  for (const char byte : {'a', '"', '\\', '\n', '\x01', '\xFF'}) {
    const std::string huge(100'000, byte);
    Condemned one(100, huge);
    one.process.comm = huge;
    one.process.exe = "/" + huge;
    one.process.argv = std::vector<std::string>{"node", huge + ".ts"};
    one.order.rule = one.order.app = one.order.home = huge;
    one.order.reason.text = huge;
    Reaped reaped = one.reaped();
    reaped.detail = huge;
    ASSERT_TRUE(intend(audit, one.intent()));
    ASSERT_TRUE(audit.outcome(huge, reaped));
    ASSERT_TRUE(audit.note(huge, huge));
  }
  std::istringstream text(content_of(dir / "audit.jsonl"));
  int lines = 0;
  for (std::string line; std::getline(text, line); ++lines) {
    EXPECT_LE(line.size(), 4096U);
    EXPECT_THAT(line, HasSubstr("\\u2026\""));
  }
  EXPECT_EQ(lines, 18);
}

TEST(AuditLine, matches_an_outcome_with_its_intent_though_both_were_cut) {
  const RamDir dir;
  Audit audit = open_or_die({.file = dir / "audit.jsonl"});
  const Condemned one(100, std::string(1000, '\xFE'));
  ASSERT_TRUE(intend(audit, one.intent()));
  const Result<std::vector<Unresolved>> left = audit.unresolved();
  ASSERT_TRUE(left);
  ASSERT_THAT(*left, SizeIs(1));
  ASSERT_TRUE(audit.resolved(left->front(), "gone"));
  EXPECT_THAT(*audit.unresolved(), SizeIs(0));
}

}  // namespace
}  // namespace strayd::test
