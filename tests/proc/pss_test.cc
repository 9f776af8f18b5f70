// The fair share of the memory, whose read may block or be late.
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/proc/parse.h"
#include "strayd/proc/procfs.h"
#include "strayd/sys/os.h"

#include "support/child.h"
#include "support/proc_tree.h"
#include "support/told.h"

namespace strayd {
namespace {

using namespace std::chrono_literals;
using test::Child;
using test::fake_id;
using test::ProcTree;
using Share = Observed<std::uint64_t>;
using Shares = std::map<ProcId, Share>;
using testing::ElementsAre;
using testing::Pair;

// Long enough for a healthy read on a busy machine.
constexpr std::chrono::milliseconds kTimeout{300};

const Share kBlocked = std::unexpected(Unread::Blocked);
const Share kFailed = std::unexpected(Unread::Failed);

std::string rollup(int kilobytes) {
  return "1-2 ---p 00000000 00:00 0 [rollup]\nRss: 9999 kB\nPss: " +
         std::to_string(kilobytes) + " kB\n";
}

Procfs open(const std::string& root) {
  Result<Procfs> procfs =
      Procfs::open({.root = root, .read_timeout = kTimeout});
  EXPECT_TRUE(procfs);
  return *std::move(procfs);
}

Shares shares_of(Procfs& procfs, const std::vector<ProcId>& ids) {
  Result<Shares> shares = procfs.pss(ids);
  EXPECT_TRUE(shares) << shares.error().what;
  return *std::move(shares);
}

TEST(Pss, is_that_of_each_asked_process) {
  const ProcTree tree{{.pid = 30}, {.pid = 31}, {.pid = 32}};
  for (const pid_t pid : {30, 31, 32}) {
    tree.write(pid, "smaps_rollup", rollup(pid));
  }
  Procfs procfs = open(tree.root());
  EXPECT_THAT(shares_of(procfs, {fake_id(32), fake_id(30)}),
              ElementsAre(Pair(fake_id(30), Share{30 * 1024}),
                          Pair(fake_id(32), Share{32 * 1024})));
}

TEST(Pss, leaves_out_a_process_that_is_gone_or_another) {
  const ProcTree tree{{.pid = 30}};
  tree.write(30, "smaps_rollup", rollup(1));
  Procfs procfs = open(tree.root());
  EXPECT_THAT(shares_of(procfs, {fake_id(30, 101), fake_id(31)}),
              ElementsAre());
}

TEST(Pss, is_not_zero_where_the_kernel_says_none) {
  const ProcTree tree{{.pid = 30}, {.pid = 31}};
  tree.write(31, "smaps_rollup", "");
  Procfs procfs = open(tree.root());
  EXPECT_THAT(
      shares_of(procfs, {fake_id(30), fake_id(31)}),
      ElementsAre(Pair(fake_id(30), kFailed), Pair(fake_id(31), kFailed)));
}

TEST(Pss, that_blocks_ends_the_call_and_not_the_next) {
  const ProcTree tree{{.pid = 30}, {.pid = 31}, {.pid = 32}};
  tree.write(30, "smaps_rollup", rollup(30));
  tree.write(32, "smaps_rollup", rollup(32));
  ASSERT_TRUE(tree.block(31, "smaps_rollup"));
  Procfs procfs = open(tree.root());
  const std::vector<ProcId> ids{fake_id(31), fake_id(30), fake_id(32)};
  EXPECT_THAT(shares_of(procfs, ids),
              ElementsAre(Pair(fake_id(30), kBlocked),
                          Pair(fake_id(31), kBlocked),
                          Pair(fake_id(32), kBlocked)));
  EXPECT_THAT(shares_of(procfs, ids),
              ElementsAre(Pair(fake_id(30), Share{30 * 1024}),
                          Pair(fake_id(31), kBlocked),
                          Pair(fake_id(32), Share{32 * 1024})));
}

TEST(Pss, that_blocks_leaves_command_line_and_environment) {
  const ProcTree tree{
      {.pid = 30, .argv = {"node"}, .environment = {"pm_id=1"}}};
  ASSERT_TRUE(tree.block(30, "smaps_rollup"));
  Procfs procfs = open(tree.root());
  EXPECT_EQ(shares_of(procfs, {fake_id(30)}).at(fake_id(30)), kBlocked);
  const Result<Process> process = procfs.read(fake_id(30));
  ASSERT_TRUE(process);
  EXPECT_EQ(process->argv, std::vector<std::string>{"node"});
  EXPECT_EQ(process->environment, (Environment{{"pm_id", "1"}}));
}

TEST(Pss, is_not_asked_of_a_process_whose_command_line_blocks) {
  const ProcTree tree{{.pid = 30}};
  tree.write(30, "smaps_rollup", rollup(30));
  ASSERT_TRUE(tree.block(30, "cmdline"));
  Procfs procfs = open(tree.root());
  ASSERT_TRUE(procfs.snapshot({}));
  EXPECT_EQ(shares_of(procfs, {fake_id(30)}).at(fake_id(30)), kBlocked);
}

// From here on: real processes.

ProcId id_of(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  const Result<std::string> text = read_file(path, 4096);
  const Result<ProcStat> stat = parse_stat(text.value_or(""));
  EXPECT_TRUE(stat);
  return stat ? stat->id : ProcId{};
}

TEST(LivePss, counts_what_a_process_has_for_itself) {
  constexpr std::size_t kBytes = std::size_t{32} * 1024 * 1024;
  const Child child{[&](int ready) {
    const std::string memory(kBytes, 'x');
    if (memory.back() != 'x') ::_exit(125);
    Child::stay(ready);
  }};
  const ProcId id = id_of(child.pid());
  Procfs procfs = open("/proc");
  const Share share = shares_of(procfs, {id}).at(id);
  ASSERT_TRUE(share);
  EXPECT_GE(*share, kBytes);
  EXPECT_LE(*share, procfs.read(id)->resident_bytes + (kBytes / 8));
}

TEST(LivePss, of_a_zombie_is_not_zero) {
  const Child child{[](int) {
    ::_exit(0);
  }};
  child.become_zombie();
  const ProcId id = id_of(child.pid());
  Procfs procfs = open("/proc");
  EXPECT_EQ(shares_of(procfs, {id}).at(id), kFailed);
}

TEST(LivePss, is_denied_to_another_user) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const ProcId id = id_of(::getpid());
  EXPECT_EQ(test::told_by([&] {
              return test::told_by_nobody({}, [&]() -> std::string {
                Procfs procfs = open("/proc");
                const Share share = shares_of(procfs, {id}).at(id);
                return share == Share{std::unexpected(Unread::Denied)}
                           ? "denied"
                           : "read";
              });
            }),
            "denied");
}

}  // namespace
}  // namespace strayd
