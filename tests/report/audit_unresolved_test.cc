// What a strayd that was ended left behind.
#include <sys/wait.h>

#include <array>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/report/audit.h"
#include "strayd/sys/fd.h"

#include "report/audit_support.h"

namespace strayd::test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

TEST(Unresolved, is_an_intent_without_an_outcome) {
  const RamDir dir;
  Audit audit = open_or_die({.file = dir / "audit.jsonl"});
  const Condemned open(100);
  const Condemned done(200);
  const std::vector<Intent> both{open.intent(), done.intent()};
  ASSERT_TRUE(audit.intend(both));
  ASSERT_TRUE(audit.outcome("reap", done.reaped()));

  const Result<std::vector<Unresolved>> left = audit.unresolved();
  ASSERT_TRUE(left) << left.error().what;
  ASSERT_THAT(*left, SizeIs(1));
  const Unresolved& found = left->front();
  EXPECT_EQ(found.reap, "reap");
  EXPECT_EQ(found.id, open.process.id);
  EXPECT_EQ(found.boot_id, kBoot);
  EXPECT_EQ(found.last_step, Step::Terminate);
  EXPECT_EQ(found.rule, "tsx-server");
  EXPECT_EQ(found.app, "api");
  EXPECT_EQ(found.home, "/root/.pm2");
  EXPECT_EQ(found.kind, Standing::Leftover);
}

TEST(Unresolved, names_the_last_step) {
  const RamDir dir;
  Audit audit = open_or_die({.file = dir / "audit.jsonl"});
  const Condemned one(100);
  ASSERT_TRUE(intend(audit, one.intent(Step::Terminate)));
  ASSERT_TRUE(intend(audit, one.intent(Step::Freeze)));
  EXPECT_EQ(audit.unresolved()->front().last_step, Step::Freeze);
}

TEST(Unresolved, tells_another_reap_and_another_process_apart) {
  const RamDir dir;
  Audit audit = open_or_die({.file = dir / "audit.jsonl"});
  const Condemned one(100, "first");
  ASSERT_TRUE(intend(audit, one.intent()));
  ASSERT_TRUE(audit.outcome("second", one.reaped()));
  Reaped reused = one.reaped();
  ++reused.id.start_ticks;
  ASSERT_TRUE(audit.outcome("first", reused));
  EXPECT_THAT(*audit.unresolved(), SizeIs(1));
}

TEST(Unresolved, is_accounted_for_once) {
  const RamDir dir;
  {
    Audit before = open_or_die({.file = dir / "audit.jsonl"});
    ASSERT_TRUE(intend(before, Condemned(100).intent()));
  }
  // The next strayd runs in another boot.
  Result<Audit> after =
      Audit::open({.file = dir / "audit.jsonl"}, "other-boot");
  ASSERT_TRUE(after);
  const Result<std::vector<Unresolved>> left = after->unresolved();
  ASSERT_THAT(*left, SizeIs(1));
  EXPECT_EQ(left->front().boot_id, kBoot);
  ASSERT_TRUE(after->resolved(left->front(), "gone"));
  EXPECT_THAT(*after->unresolved(), IsEmpty());

  const nlohmann::json line = lines_of(dir / "audit.jsonl").back();
  EXPECT_EQ(line["event"], "recovered");
  EXPECT_EQ(line["outcome"], "gone");
  EXPECT_EQ(line["pid"], 100);
}

TEST(Unresolved, is_again_what_was_intended_after_its_outcome) {
  const RamDir dir;
  Audit audit = open_or_die({.file = dir / "audit.jsonl"});
  const Condemned one(100);
  ASSERT_TRUE(intend(audit, one.intent(Step::Freeze)));
  ASSERT_TRUE(audit.outcome("reap", one.reaped(Outcome::Failed)));
  EXPECT_THAT(*audit.unresolved(), IsEmpty());
  ASSERT_TRUE(intend(audit, one.intent(Step::Thaw)));
  EXPECT_THAT(*audit.unresolved(), SizeIs(1));
}

// Another strayd, in a process of its own, that promised to end pid 100.
class OtherStrayd {
 public:
  explicit OtherStrayd(const std::string& file) {
    std::array<int, 2> to_child{};
    std::array<int, 2> from_child{};
    if (::pipe(to_child.data()) != 0) std::abort();
    if (::pipe(from_child.data()) != 0) std::abort();
    child_ = ::fork();
    if (child_ == 0) {
      ::close(to_child[1]);
      Audit audit = open_or_die({.file = file});
      const bool promised = intend(audit, Condemned(100).intent()).has_value();
      char byte = promised ? 'y' : 'n';
      if (::write(from_child[1], &byte, 1) != 1) ::_exit(1);
      while (::read(to_child[0], &byte, 1) > 0) continue;  // until we let go
      ::_exit(0);
    }
    ::close(to_child[0]);
    ::close(from_child[1]);
    stay_ = UniqueFd{to_child[1]};
    const UniqueFd ready{from_child[0]};
    char byte = 'n';
    promised_ = ::read(ready.get(), &byte, 1) == 1 && byte == 'y';
  }
  ~OtherStrayd() {
    end();
    collect();
  }

  bool promised() const { return promised_; }

  // It exits and is a zombie.
  void end() {
    stay_ = UniqueFd{};
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(child_), &info, WEXITED | WNOWAIT);
  }
  void collect() const { ::waitpid(child_, nullptr, 0); }

 private:
  pid_t child_ = -1;
  bool promised_ = false;
  UniqueFd stay_{};
};

TEST(Unresolved, leaves_alone_what_another_living_strayd_promised) {
  const RamDir dir;
  OtherStrayd other(dir / "audit.jsonl");
  ASSERT_TRUE(other.promised());
  const Audit audit = open_or_die({.file = dir / "audit.jsonl"});
  EXPECT_THAT(*audit.unresolved(), IsEmpty());
  other.end();
  EXPECT_THAT(*audit.unresolved(), SizeIs(1)) << "its writer is a zombie";
  other.collect();
  EXPECT_THAT(*audit.unresolved(), SizeIs(1)) << "its writer is gone";
}

TEST(Unresolved, believes_no_writer_of_another_boot_alive) {
  const RamDir dir;
  const OtherStrayd other(dir / "audit.jsonl");
  ASSERT_TRUE(other.promised());
  const Result<Audit> audit =
      Audit::open({.file = dir / "audit.jsonl"}, "other-boot");
  ASSERT_TRUE(audit);
  EXPECT_THAT(*audit->unresolved(), SizeIs(1));
}

// ---- torn and damaged lines ----

TEST(AuditDamage, completes_a_torn_last_line_before_it_writes) {
  const RamDir dir;
  {
    ASSERT_TRUE(open_or_die({.file = dir / "audit.jsonl"}).note("a", "b"));
  }
  append_to(dir / "audit.jsonl", R"({"seq":2,"ts":"2024-)");
  Audit audit = open_or_die({.file = dir / "audit.jsonl"});
  EXPECT_TRUE(content_of(dir / "audit.jsonl").ends_with('\n'));
  ASSERT_TRUE(intend(audit, Condemned(100).intent()));
  EXPECT_THAT(lines_of(dir / "audit.jsonl"), SizeIs(2));
  EXPECT_THAT(*audit.unresolved(), SizeIs(1));
  EXPECT_EQ(audit.damaged_lines(), 1U);
}

TEST(AuditDamage, completes_a_line_that_another_tore_meanwhile) {
  const RamDir dir;
  Audit audit = open_or_die({.file = dir / "audit.jsonl"});
  append_to(dir / "audit.jsonl", R"({"seq":1,"ts)");
  ASSERT_TRUE(intend(audit, Condemned(100).intent()));
  EXPECT_THAT(*audit.unresolved(), SizeIs(1));
}

TEST(AuditDamage, skips_and_counts_lines_that_are_not_whole) {
  const RamDir dir;
  Audit audit = open_or_die({.file = dir / "audit.jsonl"});
  ASSERT_TRUE(intend(audit, Condemned(100).intent()));
  const std::string good = content_of(dir / "audit.jsonl");
  std::string flipped = good;
  flipped.replace(flipped.find("\"pid\":100"), 9, "\"pid\":101");
  append_to(dir / "audit.jsonl", flipped);
  append_to(dir / "audit.jsonl", "\n\n[]\nnull\n{}\n");
  append_to(dir / "audit.jsonl", std::string(300'000, '\0') + "\n");
  append_to(dir / "audit.jsonl", "\xFF\xFE{\"seq\":99}\n");
  const Result<std::vector<Unresolved>> left = audit.unresolved();
  ASSERT_TRUE(left);
  ASSERT_THAT(*left, SizeIs(1));
  EXPECT_EQ(left->front().id.pid, 100);
  EXPECT_EQ(audit.damaged_lines(), 6U);
}

TEST(AuditDamage, takes_no_number_from_a_damaged_line) {
  const RamDir dir;
  append_to(dir / "audit.jsonl",
            "{\"seq\":18446744073709551615,\"ts\":\"\"}\n");
  Audit audit = open_or_die({.file = dir / "audit.jsonl"});
  ASSERT_TRUE(audit.note("a", "b"));
  EXPECT_EQ(lines_of(dir / "audit.jsonl").back()["seq"], 1);
}

}  // namespace
}  // namespace strayd::test
