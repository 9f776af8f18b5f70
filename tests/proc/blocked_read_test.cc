// Files whose read does not come back: a FIFO nobody writes to stands for a
// process whose mmap lock is held.
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/proc/procfs.h"
#include "strayd/sys/fd.h"
#include "strayd/sys/os.h"

#include "support/proc_tree.h"

namespace strayd {
namespace {

using namespace std::chrono_literals;
using test::fake_id;
using test::ProcTree;
using Arguments = std::vector<std::string>;

// Long enough for a healthy read on a busy machine.
constexpr std::chrono::milliseconds kTimeout{300};

const Observed<Arguments> kBlocked = std::unexpected(Unread::Blocked);

std::vector<ProcId> everything(const Snapshot& snapshot) {
  std::vector<ProcId> ids;
  for (const Process& process : snapshot.processes) ids.push_back(process.id);
  return ids;
}

Procfs open(const ProcTree& tree) {
  Result<Procfs> procfs =
      Procfs::open({.root = tree.root(), .read_timeout = kTimeout});
  EXPECT_TRUE(procfs);
  return *std::move(procfs);
}

void add_many(const ProcTree& tree, pid_t from, pid_t to) {
  for (pid_t pid = from; pid < to; ++pid) {
    tree.add({.pid = pid, .argv = {"node", std::to_string(pid)}});
  }
}

std::string list_of_children() {
  const std::string task = "/proc/self/task/" + std::to_string(::getpid());
  return read_file(task + "/children", 65536).value_or(std::string{});
}

std::size_t children() {
  std::size_t count = 0;
  for (const char c : list_of_children()) count += c == ' ' ? 1U : 0U;
  return count;
}

// Of a test whose only child is the reader.
pid_t reader() {
  const std::string list = list_of_children();
  return list.empty() ? -1 : std::stoi(list);
}

bool pin(pid_t thread, std::size_t cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return ::sched_setaffinity(thread, sizeof set, &set) == 0;
}

// Takes a CPU for itself, but for the twentieth of each second that Linux keeps
// for all others.
class Hog {
 public:
  explicit Hog(std::size_t cpu)
      : thread_([this, cpu] {
          const sched_param highest{.sched_priority = 1};
          works_ =
              pin(0, cpu) && ::pthread_setschedparam(
                                 ::pthread_self(), SCHED_FIFO, &highest) == 0;
          started_ = true;
          while (works_ && !stop_) {
          }
        }) {
    while (!started_) std::this_thread::yield();
  }
  ~Hog() { stop_ = true; }
  Hog(const Hog&) = delete;
  Hog& operator=(const Hog&) = delete;
  bool works() const { return works_; }

 private:
  std::atomic<bool> started_{false};
  std::atomic<bool> works_{false};
  std::atomic<bool> stop_{false};
  std::jthread thread_;  // the last: it uses what is above
};

std::size_t open_files() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, {}));
}

TEST(BlockedRead, marks_the_process_and_reads_all_others) {
  const ProcTree tree{{.pid = 1}};
  add_many(tree, 100, 300);
  ASSERT_TRUE(tree.block(177, "cmdline"));
  Procfs procfs = open(tree);
  const Result<Snapshot> snapshot = procfs.snapshot({});
  ASSERT_TRUE(snapshot);
  ASSERT_EQ(snapshot->processes.size(), 201U);
  for (const Process& process : snapshot->processes) {
    if (process.id.pid < 100) continue;
    const Arguments expected{"node", std::to_string(process.id.pid)};
    EXPECT_EQ(process.argv, process.id.pid == 177 ? kBlocked : expected)
        << process.id.pid;
  }
  EXPECT_EQ(snapshot->vanished, 0U);
}

TEST(BlockedRead, takes_one_timeout_and_not_more) {
  const ProcTree tree{{.pid = 1}};
  ASSERT_TRUE(tree.block(1, "cmdline"));
  Procfs procfs = open(tree);
  const std::chrono::nanoseconds before = steady_time();
  ASSERT_TRUE(procfs.snapshot({}));
  const std::chrono::nanoseconds took = steady_time() - before;
  EXPECT_GE(took, kTimeout);
  EXPECT_LT(took, 4 * kTimeout);
}

TEST(BlockedRead, is_not_asked_again_for_a_while) {
  const ProcTree tree{{.pid = 1}, {.pid = 30}};
  ASSERT_TRUE(tree.block(30, "cmdline"));
  Procfs procfs = open(tree);
  ASSERT_TRUE(procfs.snapshot({}));
  const std::chrono::nanoseconds before = steady_time();
  for (int i = 0; i < 3; ++i) {
    const Result<Snapshot> snapshot = procfs.snapshot(everything);
    ASSERT_TRUE(snapshot);
    EXPECT_EQ(snapshot->processes.at(1).argv, kBlocked);
    const Result<Process> process = procfs.read(fake_id(30));
    ASSERT_TRUE(process);
    EXPECT_EQ(process->argv, kBlocked);
  }
  EXPECT_LT(steady_time() - before, kTimeout);
}

TEST(BlockedRead, is_of_that_process_and_not_of_its_pid) {
  const ProcTree tree{{.pid = 30}};
  ASSERT_TRUE(tree.block(30, "cmdline"));
  Procfs procfs = open(tree);
  ASSERT_TRUE(procfs.snapshot({}));
  tree.add({.pid = 30, .start_ticks = 200, .argv = {"new"}});
  const Result<Snapshot> snapshot = procfs.snapshot({});
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->processes.at(0).argv, Arguments{"new"});
}

TEST(BlockedRead, of_an_environment_leaves_the_command_line) {
  const ProcTree tree{{.pid = 30, .argv = {"node"}},
                      {.pid = 31, .environment = {"pm_id=1"}}};
  ASSERT_TRUE(tree.block(30, "environ"));
  Procfs procfs = open(tree);
  const Result<Snapshot> snapshot = procfs.snapshot(everything);
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->processes.at(0).argv, Arguments{"node"});
  EXPECT_EQ(snapshot->processes.at(0).environment,
            Observed<Environment>{std::unexpected(Unread::Blocked)});
  EXPECT_EQ(snapshot->processes.at(1).environment,
            (Environment{{"pm_id", "1"}}));
  EXPECT_EQ(snapshot->unreadable, 1U);
}

TEST(BlockedRead, by_many_does_not_hold_up_a_pass_for_each) {
  const ProcTree tree{{.pid = 1}};
  add_many(tree, 100, 130);
  for (pid_t pid = 100; pid < 130; ++pid) {
    ASSERT_TRUE(tree.block(pid, "cmdline"));
  }
  Result<Procfs> procfs =
      Procfs::open({.root = tree.root(), .read_timeout = 20ms});
  ASSERT_TRUE(procfs);
  const std::chrono::nanoseconds before = steady_time();
  const Result<Snapshot> snapshot = procfs->snapshot({});
  EXPECT_LT(steady_time() - before, 5s);
  ASSERT_TRUE(snapshot);
  for (const Process& process : snapshot->processes) {
    if (process.id.pid < 100) continue;
    EXPECT_EQ(process.argv, kBlocked) << process.id.pid;
  }
}

TEST(BlockedRead, leaves_no_process_and_no_descriptor_behind) {
  const std::size_t files_before = open_files();
  const std::size_t children_before = children();
  {
    const ProcTree tree{{.pid = 30}, {.pid = 31}};
    ASSERT_TRUE(tree.block(30, "cmdline"));
    ASSERT_TRUE(tree.block(31, "cmdline"));
    Procfs procfs = open(tree);
    ASSERT_TRUE(procfs.snapshot({}));
    ASSERT_TRUE(procfs.snapshot({}));
    EXPECT_LE(children(), children_before + 1);
  }
  EXPECT_EQ(open_files(), files_before);
  EXPECT_EQ(children(), children_before);
}

TEST(Reader, holds_none_of_the_parents_descriptors) {
  const UniqueFd mine{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  const ProcTree tree{{.pid = 30, .argv = {"node"}}};
  Procfs procfs = open(tree);
  ASSERT_TRUE(procfs.snapshot({}));
  const std::string fds = "/proc/" + std::to_string(reader()) + "/fd";
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{fds}, {}), 2);
}

TEST(Reader, is_replaced_when_it_dies) {
  const ProcTree tree{{.pid = 30, .argv = {"node"}}};
  Procfs procfs = open(tree);
  ASSERT_TRUE(procfs.snapshot({}));
  ASSERT_EQ(::kill(reader(), SIGKILL), 0);
  const Result<Snapshot> snapshot = procfs.snapshot({});
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->processes.at(0).argv, Arguments{"node"});
}

TEST(Reader, that_gets_no_cpu_is_not_taken_for_one_that_is_blocked) {
  const ProcTree tree{{.pid = 30, .argv = {"node"}}};
  Result<Procfs> procfs =
      Procfs::open({.root = tree.root(), .read_timeout = 100ms});
  ASSERT_TRUE(procfs);
  ASSERT_TRUE(procfs->snapshot({}));
  if (!pin(reader(), 0) || !pin(0, 1)) GTEST_SKIP() << "no two CPUs";
  const Hog hog{0};
  if (!hog.works()) GTEST_SKIP() << "no right to take a CPU";
  std::chrono::nanoseconds longest{};
  for (int i = 0; i < 10 && longest < 600ms; ++i) {
    const std::chrono::nanoseconds before = steady_time();
    const Result<Snapshot> snapshot = procfs->snapshot({});
    longest = std::max(longest, steady_time() - before);
    ASSERT_TRUE(snapshot);
    EXPECT_EQ(snapshot->processes.at(0).argv, Arguments{"node"});
  }
  EXPECT_GE(longest, 600ms) << "it always got a CPU at once";
}

TEST(Exhaustion, of_descriptors_throws_the_snapshot_away) {
  const ProcTree tree{{.pid = 1}, {.pid = 30}};
  Procfs procfs = open(tree);
  ASSERT_TRUE(procfs.snapshot({}));

  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const UniqueFd lowest{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  rlimit none = before;
  // One is left: for the list of the root, but not for what is read after it.
  none.rlim_cur = static_cast<rlim_t>(lowest.get());
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const Result<Snapshot> snapshot = procfs.snapshot({});
  ::setrlimit(RLIMIT_NOFILE, &before);

  ASSERT_FALSE(snapshot);
  EXPECT_EQ(snapshot.error().fault, Fault::Exhausted);
}

}  // namespace
}  // namespace strayd
