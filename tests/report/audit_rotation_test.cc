// The ledger's files as they are rotated, by one and by two.
#include <sys/stat.h>

#include <array>
#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/report/audit.h"

#include "report/audit_support.h"

namespace strayd::test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t kEveryGroup = 1;  // rotate_bytes: each group rotates

void write_notes(Audit& audit, int count) {
  for (int i = 0; i < count; ++i) {
    ASSERT_TRUE(audit.note("note", std::to_string(i)));
  }
}

TEST(AuditRotation, keeps_so_many_files_and_the_newest_lines) {
  const RamDir dir;
  const AuditOptions options{
      .file = dir / "a", .rotate_bytes = kEveryGroup, .keep = 3};
  Audit audit = open_or_die(options);
  write_notes(audit, 10);
  EXPECT_FALSE(std::filesystem::exists(dir / "a.4"));
  std::vector<int> kept;
  for (const nlohmann::json& line : all_lines_of(dir / "a", 3)) {
    kept.push_back(std::stoi(line["text"].get<std::string>()));
  }
  EXPECT_THAT(kept, testing::ElementsAre(6, 7, 8, 9));
}

TEST(AuditRotation, happens_when_the_next_group_would_be_too_much) {
  const RamDir dir;
  Audit audit = open_or_die({.file = dir / "a", .rotate_bytes = 1000});
  while (!std::filesystem::exists(dir / "a.1")) {
    ASSERT_TRUE(audit.note("note", "text"));
  }
  EXPECT_LE(std::filesystem::file_size(dir / "a.1"), 1000U);
  EXPECT_GE(std::filesystem::file_size(dir / "a.1"), 700U);
  EXPECT_THAT(lines_of(dir / "a"), SizeIs(1));
}

TEST(AuditRotation, leaves_no_space_set_aside_behind_an_old_file) {
  const RamDir dir;
  Audit audit =
      open_or_die({.file = dir / "a", .rotate_bytes = kEveryGroup, .keep = 1});
  write_notes(audit, 2);
  struct stat old{};
  struct stat current{};
  ASSERT_EQ(::stat((dir / "a.1").c_str(), &old), 0);
  ASSERT_EQ(::stat((dir / "a").c_str(), &current), 0);
  EXPECT_LT(old.st_blocks * 512, 65536);
  EXPECT_GE(current.st_blocks * 512, 1024 * 1024);
}

TEST(AuditRotation, finds_what_is_open_in_every_file) {
  const RamDir dir;
  Audit audit =
      open_or_die({.file = dir / "a", .rotate_bytes = kEveryGroup, .keep = 9});
  for (pid_t pid = 100; pid < 108; ++pid) {
    ASSERT_TRUE(intend(audit, Condemned(pid).intent()));
  }
  ASSERT_TRUE(audit.outcome("reap", Condemned(100).reaped()));
  const Result<std::vector<Unresolved>> left = audit.unresolved();
  ASSERT_TRUE(left);
  ASSERT_THAT(*left, SizeIs(7));
  for (std::size_t i = 0; i < left->size(); ++i) {
    EXPECT_EQ((*left)[i].id.pid, static_cast<pid_t>(101 + i));
  }
}

TEST(AuditRotation, never_drops_a_promise_that_is_open) {
  const RamDir dir;
  Audit audit =
      open_or_die({.file = dir / "a", .rotate_bytes = kEveryGroup, .keep = 1});
  const Condemned open(100);
  ASSERT_TRUE(intend(audit, open.intent(Step::Terminate)));
  ASSERT_TRUE(intend(audit, open.intent(Step::Kill)));
  for (pid_t pid = 200; pid < 220; ++pid) {
    const Condemned other(pid);
    ASSERT_TRUE(intend(audit, other.intent()));
    ASSERT_TRUE(audit.outcome("reap", other.reaped()));
  }
  const Result<std::vector<Unresolved>> left = audit.unresolved();
  ASSERT_TRUE(left);
  ASSERT_THAT(*left, SizeIs(1));
  EXPECT_EQ(left->front().id, open.process.id);
  EXPECT_EQ(left->front().last_step, Step::Kill);

  ASSERT_TRUE(audit.outcome("reap", open.reaped()));
  write_notes(audit, 3);
  EXPECT_THAT(*audit.unresolved(), IsEmpty());
  EXPECT_THAT(all_lines_of(dir / "a", 1), SizeIs(2)) << "its copies went too";
}

TEST(AuditRotation, keeps_the_last_step_where_a_copy_of_an_older_one_is_newer) {
  const RamDir dir;
  Audit audit =
      open_or_die({.file = dir / "a", .rotate_bytes = kEveryGroup, .keep = 3});
  const Condemned open(100);
  ASSERT_TRUE(intend(audit, open.intent(Step::Terminate)));
  write_notes(audit, 2);
  ASSERT_TRUE(intend(audit, open.intent(Step::Kill)));
  for (int i = 0; i < 12; ++i) {
    write_notes(audit, 1);
    ASSERT_THAT(*audit.unresolved(), SizeIs(1));
    EXPECT_EQ(audit.unresolved()->front().last_step, Step::Kill);
  }
}

TEST(AuditRotation, is_never_caused_by_an_outcome) {
  const RamDir dir;
  Audit audit = open_or_die({.file = dir / "a", .rotate_bytes = kEveryGroup});
  ASSERT_TRUE(intend(audit, Condemned(100).intent()));
  ASSERT_TRUE(audit.outcome("reap", Condemned(100).reaped()));
  EXPECT_FALSE(std::filesystem::exists(dir / "a.1"));
}

TEST(AuditRotation, counts_on) {
  const RamDir dir;
  const AuditOptions options{
      .file = dir / "a", .rotate_bytes = kEveryGroup, .keep = 2};
  {
    write_notes(*std::make_unique<Audit>(open_or_die(options)), 5);
  }
  // As if it was ended between the renames.
  std::filesystem::remove(dir / "a");
  Audit audit = open_or_die(options);
  write_notes(audit, 1);
  EXPECT_EQ(lines_of(dir / "a").front()["seq"], 5);
}

TEST(AuditRotation, fills_a_gap_and_drops_nothing_for_it) {
  const RamDir dir;
  Audit audit =
      open_or_die({.file = dir / "a", .rotate_bytes = kEveryGroup, .keep = 3});
  write_notes(audit, 4);  // a.3 … a
  std::filesystem::remove(dir / "a.2");
  write_notes(audit, 1);
  std::vector<int> kept;
  for (const nlohmann::json& line : all_lines_of(dir / "a", 3)) {
    kept.push_back(std::stoi(line["text"].get<std::string>()));
  }
  EXPECT_THAT(kept, testing::ElementsAre(0, 2, 3, 0));
}

TEST(AuditRotation, is_followed_by_another_writer) {
  const RamDir dir;
  const AuditOptions small{.file = dir / "a", .rotate_bytes = kEveryGroup};
  Audit one = open_or_die({.file = dir / "a"});
  Audit other = open_or_die(small);
  write_notes(one, 1);
  write_notes(other, 1);  // rotates
  write_notes(one, 1);
  EXPECT_THAT(lines_of(dir / "a.1"), SizeIs(1));
  EXPECT_THAT(lines_of(dir / "a"), SizeIs(2));
  EXPECT_EQ(lines_of(dir / "a").back()["seq"], 3);
}

TEST(AuditRotation, goes_on_in_a_new_file_where_somebody_took_it_away) {
  const RamDir dir;
  Audit audit = open_or_die({.file = dir / "a"});
  write_notes(audit, 1);
  std::filesystem::rename(dir / "a", dir / "taken");
  std::filesystem::remove(dir / "a.lock");
  write_notes(audit, 1);
  EXPECT_EQ(lines_of(dir / "a").front()["seq"], 2);
}

TEST(AuditRotation, failing_promises_nothing_and_still_accounts) {
  const RamDir dir;
  Audit audit = open_or_die({.file = dir / "a", .rotate_bytes = kEveryGroup});
  ASSERT_TRUE(intend(audit, Condemned(100).intent()));
  std::filesystem::create_directories(dir / "a.next/in the way");
  EXPECT_FALSE(intend(audit, Condemned(200).intent()));
  EXPECT_TRUE(audit.outcome("reap", Condemned(100).reaped()));
  EXPECT_THAT(*audit.unresolved(), IsEmpty());
}

// ---- two at once ----

constexpr int kGroups = 40;

void append_and_rotate(const AuditOptions& options, pid_t first) {
  Audit audit = open_or_die(options);
  for (pid_t pid = first; pid < first + kGroups; ++pid) {
    const Condemned one(pid);
    const std::array both{one.intent(Step::Terminate), one.intent(Step::Kill)};
    EXPECT_TRUE(audit.intend(both));
    EXPECT_TRUE(audit.outcome("reap", one.reaped()));
  }
}

TEST(AuditRotation, loses_no_line_where_two_processes_write_and_rotate) {
  const RamDir dir;
  const AuditOptions options{
      .file = dir / "a", .rotate_bytes = 4096, .keep = 100};
  std::array<int, 2> gate{};
  ASSERT_EQ(::pipe(gate.data()), 0);
  std::vector<pid_t> writers;
  for (const pid_t first : {1000, 2000}) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(gate[1]);
      char byte = 0;
      while (::read(gate[0], &byte, 1) > 0) continue;  // until both are there
      append_and_rotate(options, first);
      ::_exit(testing::Test::HasFailure() ? 1 : 0);
    }
    writers.push_back(child);
  }
  ::close(gate[0]);
  ::close(gate[1]);
  for (const pid_t writer : writers) {
    int status = -1;
    ::waitpid(writer, &status, 0);
    EXPECT_EQ(status, 0);
  }

  std::map<pid_t, int> seen;
  std::uint64_t before = 0;
  for (const nlohmann::json& line : all_lines_of(dir / "a", 100)) {
    const auto seq = line["seq"].get<std::uint64_t>();
    EXPECT_EQ(seq, before + 1) << "in the order of the files";
    before = seq;
    ++seen[line["pid"].get<pid_t>()];
  }
  EXPECT_EQ(before, 2U * kGroups * 3U);
  for (const pid_t first : {1000, 2000}) {
    for (pid_t pid = first; pid < first + kGroups; ++pid) {
      EXPECT_EQ(seen[pid], 3);
    }
  }
  EXPECT_TRUE(std::filesystem::exists(dir / "a.9"));
  const Audit audit = open_or_die(options);
  EXPECT_THAT(*audit.unresolved(), IsEmpty());
  EXPECT_EQ(audit.damaged_lines(), 0U);
}

}  // namespace
}  // namespace strayd::test
