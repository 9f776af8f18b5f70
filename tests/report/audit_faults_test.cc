// The ledger when the disk is full, the disk fails, or strayd is ended.
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <functional>
#include <new>
#include <random>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/report/audit.h"
#include "strayd/sys/fd.h"

#include "report/audit_support.h"
#include "support/own_disk.h"

namespace strayd::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// ---- a full disk ----

class AuditFullDisk : public testing::Test {
 protected:
  void SetUp() override {
    const std::string why = why_no_own_disk();
    if (!why.empty()) GTEST_SKIP() << "no disk of its own: " << why;
  }
  // With that directory as a small disk, in a process of its own.
  static void on_own_disk(const std::string& directory,
                          const std::function<void()>& body) {
    EXPECT_TRUE(holds_in_child([&] {
      const std::string why = mount_own_disk(directory);
      ASSERT_EQ(why, "");
      body();
    }));
  }
};

TEST_F(AuditFullDisk, is_never_a_disk_of_the_host) {
  const RamDir dir;
  EXPECT_NE(why_not_own(dir.path()), "");
}

TEST_F(AuditFullDisk, promises_nothing_but_accounts_for_what_was_promised) {
  const RamDir dir;
  on_own_disk(dir.path(), [&] {
    Audit audit = open_or_die({.file = dir / "a"});
    const Condemned promised(100);
    ASSERT_TRUE(intend(audit, promised.intent()));
    fill(dir.path());

    // Some fit into what is set aside beyond the reserve.
    std::string before = content_of(dir / "a");
    Result<void> refused = intend(audit, promised.intent());
    for (int i = 0; i < 200 && refused; ++i) {
      before = content_of(dir / "a");
      refused = intend(audit, promised.intent());
    }
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::Exhausted);
    EXPECT_THAT(refused.error().what, HasSubstr(dir / "a"));
    EXPECT_EQ(content_of(dir / "a"), before);
    int notes = 0;
    while (notes < 1000 && audit.note("note", "this can wait")) ++notes;
    EXPECT_LT(notes, 1000) << "they ate the reserve";

    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(audit.outcome("reap", promised.reaped())) << i;
    }
    EXPECT_THAT(*audit.unresolved(), IsEmpty());
    std::filesystem::remove(dir / "ballast");
    EXPECT_TRUE(intend(audit, Condemned(200).intent()));
  });
}

TEST_F(AuditFullDisk, keeps_its_reserve_where_it_is_time_to_rotate) {
  const RamDir dir;
  on_own_disk(dir.path(), [&] {
    Audit audit = open_or_die({.file = dir / "a", .rotate_bytes = 1});
    ASSERT_TRUE(intend(audit, Condemned(100).intent()));
    fill(dir.path());
    EXPECT_FALSE(intend(audit, Condemned(200).intent()));
    EXPECT_FALSE(std::filesystem::exists(dir / "a.1"));
    EXPECT_TRUE(audit.outcome("reap", Condemned(100).reaped()));
  });
}

TEST_F(AuditFullDisk, lets_a_ledger_be_opened_that_can_promise_nothing) {
  const RamDir dir;
  on_own_disk(dir.path(), [&] {
    fill(dir.path());
    Result<Audit> audit = Audit::open({.file = dir / "a"}, kBoot);
    ASSERT_TRUE(audit);
    EXPECT_FALSE(intend(*audit, Condemned(200).intent()));
  });
}

TEST(AuditFaults, takes_back_what_was_written_in_part) {
  const RamDir dir;
  EXPECT_TRUE(holds_in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    Audit audit = open_or_die({.file = dir / "a"});
    ASSERT_TRUE(intend(audit, Condemned(100).intent()));
    const std::string before = content_of(dir / "a");
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
    const rlim_t most = limit.rlim_cur;
    limit.rlim_cur = before.size() + 900;  // room for one line and a bit
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    const Condemned one(200);
    const Condemned two(300);
    const std::array both{one.intent(), two.intent()};
    EXPECT_FALSE(audit.intend(both));
    EXPECT_EQ(content_of(dir / "a"), before);

    limit.rlim_cur = most;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    EXPECT_TRUE(audit.intend(both));
    EXPECT_THAT(*audit.unresolved(), SizeIs(3));
    EXPECT_EQ(audit.damaged_lines(), 0U);
  }));
}

// ---- a disk that fails ----

void let_fail(const char* call) {
  scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
  ASSERT_EQ(
      ::seccomp_rule_add(
          filter, SCMP_ACT_ERRNO(EIO), ::seccomp_syscall_resolve_name(call), 0),
      0);
  ASSERT_EQ(::seccomp_load(filter), 0);
}

TEST(AuditFaults, promises_nothing_that_could_not_be_synced) {
  const RamDir dir;
  EXPECT_TRUE(holds_in_child([&] {
    Audit audit = open_or_die({.file = dir / "a"});
    ASSERT_TRUE(intend(audit, Condemned(100).intent()));
    let_fail("fdatasync");
    const Result<void> refused = intend(audit, Condemned(200).intent());
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().what, HasSubstr("Input/output error"));
    EXPECT_THAT(*audit.unresolved(), SizeIs(1)) << "it was taken back";
    // It says so, and is there all the same.
    EXPECT_FALSE(audit.outcome("reap", Condemned(100).reaped()));
    EXPECT_THAT(*audit.unresolved(), IsEmpty());
  }));
}

TEST(AuditFaults, works_where_no_space_can_be_set_aside) {
  const RamDir dir;
  EXPECT_TRUE(holds_in_child([&] {
    scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
    ASSERT_EQ(::seccomp_rule_add(
                  filter, SCMP_ACT_ERRNO(EOPNOTSUPP), SCMP_SYS(fallocate), 0),
              0);
    ASSERT_EQ(::seccomp_load(filter), 0);
    Audit audit = open_or_die({.file = dir / "a"});
    EXPECT_TRUE(intend(audit, Condemned(100).intent()));
  }));
}

TEST(AuditFaults, waits_for_no_lock_for_ever) {
  const RamDir dir;
  Audit audit = open_or_die(
      {.file = dir / "a", .patience = std::chrono::milliseconds{50}});
  const UniqueFd taken{::open((dir / "a.lock").c_str(), O_RDONLY | O_CLOEXEC)};
  ASSERT_EQ(::flock(taken.get(), LOCK_EX), 0);
  const Result<void> refused = intend(audit, Condemned(100).intent());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::TimedOut);
}

// ---- ended at any moment ----

constexpr int kRounds = 200;

// What a child did after a durable intent, in memory that outlives it.
struct Markers {
  std::array<std::atomic<int>, kRounds> signalled{};
};

std::string reap_of(int round, int i) {
  return std::to_string(round) + '-' + std::to_string(i);
}

// Says one byte before and after each step.
[[noreturn]] void reap_for_ever(const AuditOptions& options,
                                int round,
                                Markers& markers,
                                const UniqueFd& progress) {
  const auto step_done = [&](bool good) {
    if (!good || ::write(progress.get(), "s", 1) != 1) ::_exit(1);
  };
  step_done(true);
  Audit audit = open_or_die(options);
  for (int i = 0;; ++i) {
    const Condemned one(100 + i, reap_of(round, i));
    step_done(intend(audit, one.intent()).has_value());
    markers.signalled.at(static_cast<std::size_t>(round)) = i + 1;
    step_done(audit.outcome(one.reap, one.reaped()).has_value());
  }
}

struct Moment {
  int steps = 1;  // that the child has done
  std::chrono::microseconds later{};
};

// Lets a child reap for so long, then ends it.
void one_round(const AuditOptions& options,
               int round,
               const Moment& moment,
               Markers& markers) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const UniqueFd ours{pipe[0]};
  const pid_t child = ::fork();
  if (child == 0) {
    reap_for_ever(options, round, markers, UniqueFd{pipe[1]});
  }
  ::close(pipe[1]);
  char byte = 0;
  for (int step = 0; step < moment.steps; ++step) {
    ASSERT_EQ(::read(ours.get(), &byte, 1), 1) << "it failed in " << round;
  }
  const timespec later{.tv_sec = 0, .tv_nsec = moment.later.count() * 1000};
  ::ppoll(nullptr, 0, &later, nullptr);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "it failed in round " << round;
}

TEST(AuditCrash, loses_no_promise_whenever_strayd_is_ended) {
  const RamDir dir;
  const AuditOptions options{
      .file = dir / "a", .rotate_bytes = 16384, .keep = 100};
  void* memory = ::mmap(nullptr,
                        sizeof(Markers),
                        PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS,
                        -1,
                        0);
  ASSERT_NE(memory, MAP_FAILED);
  Markers& markers = *new (memory) Markers{};
  std::mt19937 random(4711);
  std::uniform_int_distribution<int> steps(1, 9);
  std::uniform_int_distribution<int> later(0, 300);
  for (int round = 0; round < kRounds; ++round) {
    one_round(options,
              round,
              {.steps = steps(random),
               .later = std::chrono::microseconds{later(random)}},
              markers);
  }

  std::set<std::string> intents;
  std::set<std::string> open;
  std::set<std::uint64_t> seqs;
  for (const nlohmann::json& line : all_lines_of(dir / "a", 100)) {
    const auto reap = line["reap"].get<std::string>();
    if (line["event"] == "intent") intents.insert(reap);
    if (line["event"] == "intent") open.insert(reap);
    if (line["event"] == "outcome") open.erase(reap);
    EXPECT_TRUE(seqs.insert(line["seq"].get<std::uint64_t>()).second);
  }
  int signalled = 0;
  for (int round = 0; round < kRounds; ++round) {
    const int done = markers.signalled.at(static_cast<std::size_t>(round));
    signalled += done;
    for (int i = 0; i < done; ++i) {
      EXPECT_TRUE(intents.contains(reap_of(round, i))) << round << ' ' << i;
    }
  }
  EXPECT_GT(signalled, kRounds / 4) << "the children came to nothing";
  EXPECT_FALSE(open.empty()) << "nobody was ended between the two";

  Audit audit = open_or_die(options);
  const Result<std::vector<Unresolved>> left = audit.unresolved();
  ASSERT_TRUE(left);
  std::set<std::string> found;
  for (const Unresolved& one : *left) {
    found.insert(one.reap);
    EXPECT_TRUE(audit.resolved(one, "gone"));
  }
  EXPECT_EQ(found, open);
  EXPECT_THAT(*audit.unresolved(), IsEmpty());
  ::munmap(memory, sizeof(Markers));
}

}  // namespace
}  // namespace strayd::test
