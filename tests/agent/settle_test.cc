// What a strayd that was ended in the middle of a reap left behind.
#include "strayd/agent/settle.h"

#include <csignal>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/core/forest.h"
#include "strayd/proc/procfs.h"

#include "report/audit_support.h"
#include "support/child.h"
#include "support/pid_namespace.h"

namespace strayd::test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using Lines = std::vector<nlohmann::json>;

Process process_of(pid_t pid) {
  Procfs procfs = Procfs::open({}).value();
  const Snapshot snapshot = procfs.snapshot(nullptr).value();
  const Process* found = Forest(snapshot).find(pid);
  return found == nullptr ? Process{} : *found;
}

char state_of(pid_t pid) {
  return process_of(pid).state;
}

class Ledger {
 public:
  const std::string& file() const { return file_; }

  // As by a strayd that is ended right after it.
  void promise(const ProcId& id, Step step) const {
    EXPECT_TRUE(holds_in_child([&] {
      Audit audit = open_or_die({.file = file_});
      Condemned one(id.pid);
      one.process.id = id;
      EXPECT_TRUE(intend(audit, one.intent(step)));
    }));
  }

  void settle(const std::string& boot_id = kBoot) const {
    Result<Audit> audit = Audit::open({.file = file_}, boot_id);
    ASSERT_TRUE(audit) << audit.error().what;
    settle_unresolved(*audit, boot_id);
    EXPECT_THAT(*audit->unresolved(), IsEmpty());
  }

  // What the ledger says of those that were found.
  Lines recovered() const {
    Lines found;
    for (nlohmann::json& line : lines_of(file_)) {
      if (line["event"] == "recovered") found.push_back(std::move(line));
    }
    return found;
  }

 private:
  RamDir dir_{};
  std::string file_ = dir_ / "audit.jsonl";
};

TEST(Settle, of_nothing_says_nothing) {
  const Ledger ledger;
  ledger.settle();
  EXPECT_THAT(lines_of(ledger.file()), IsEmpty());
}

TEST(Settle, accounts_for_what_has_ended) {
  const Ledger ledger;
  // Nobody's pid: no kernel gives one above 2^22.
  ledger.promise({.pid = (1 << 22) + 1, .start_ticks = 7}, Step::Kill);
  ledger.settle();
  ASSERT_THAT(ledger.recovered(), SizeIs(1));
  const nlohmann::json line = ledger.recovered().front();
  EXPECT_EQ(line["pid"], (1 << 22) + 1);
  EXPECT_EQ(line["start_ticks"], 7);
  EXPECT_EQ(line["reap"], "reap");
  EXPECT_EQ(line["outcome"], "exited");
}

TEST(Settle, ends_nobody_whatever_was_promised) {
  in_pid_namespace([] {
    const Ledger ledger;
    const Child child(Child::stay);
    ledger.promise(process_of(child.pid()).id, Step::Kill);
    ledger.settle();
    EXPECT_EQ(state_of(child.pid()), 'S');
    ASSERT_THAT(ledger.recovered(), SizeIs(1));
    EXPECT_EQ(ledger.recovered().front()["outcome"], "still_alive");
  });
}

TEST(Settle, lets_the_frozen_go_on) {
  in_pid_namespace([] {
    const Ledger ledger;
    const Child child(Child::stay);
    ::kill(child.pid(), SIGSTOP);
    ASSERT_TRUE(eventually([&] { return state_of(child.pid()) == 'T'; }));
    ledger.promise(process_of(child.pid()).id, Step::Freeze);
    ledger.settle();
    EXPECT_TRUE(eventually([&] { return state_of(child.pid()) == 'S'; }));
    ASSERT_THAT(ledger.recovered(), SizeIs(1));
    EXPECT_EQ(ledger.recovered().front()["outcome"], "thawed");
  });
}

// The same pid and start time in another boot is another process.
TEST(Settle, leaves_alone_who_only_looks_like_one_of_another_boot) {
  in_pid_namespace([] {
    const Ledger ledger;
    const Child child(Child::stay);
    ::kill(child.pid(), SIGSTOP);
    ASSERT_TRUE(eventually([&] { return state_of(child.pid()) == 'T'; }));
    ledger.promise(process_of(child.pid()).id, Step::Freeze);
    ledger.settle("the-next-boot");
    EXPECT_EQ(state_of(child.pid()), 'T');
    ASSERT_THAT(ledger.recovered(), SizeIs(1));
    EXPECT_EQ(ledger.recovered().front()["outcome"], "exited");
  });
}

TEST(Settle, is_done_once) {
  const Ledger ledger;
  ledger.promise({.pid = (1 << 22) + 1, .start_ticks = 7}, Step::Terminate);
  ledger.settle();
  ledger.settle();
  EXPECT_THAT(ledger.recovered(), SizeIs(1));
}

}  // namespace
}  // namespace strayd::test
