// What a snapshot makes of each file, on trees that a test can break at will.
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/proc/procfs.h"

#include "support/proc_tree.h"

namespace strayd {
namespace {

using namespace std::chrono_literals;
using test::fake_id;
using test::ProcTree;
using Arguments = std::vector<std::string>;

std::vector<ProcId> everything(const Snapshot& snapshot) {
  std::vector<ProcId> ids;
  for (const Process& process : snapshot.processes) ids.push_back(process.id);
  return ids;
}

Snapshot snapshot_of(const ProcTree& tree) {
  Result<Procfs> procfs = Procfs::open({.root = tree.root()});
  EXPECT_TRUE(procfs);
  Result<Snapshot> snapshot = procfs->snapshot(everything);
  EXPECT_TRUE(snapshot);
  return *std::move(snapshot);
}

std::uint64_t page_size() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

template <typename T>
Observed<T> unread(Unread why) {
  return std::unexpected(why);
}

constexpr auto kFailed = Unread::Failed;

TEST(Snapshot, holds_every_fact_of_a_process) {
  const ProcTree tree{{.pid = 40,
                       .parent = 7,
                       .start_ticks = 250,
                       .comm = "a) (b",
                       .group = 39,
                       .session = 38,
                       .tty = 34816,
                       .threads = 11,
                       .user_ticks = 300,
                       .system_ticks = 45,
                       .resident_pages = 7,
                       .uid = 1000,
                       .pid_namespace_depth = 2,
                       .tracer = 6,
                       .argv_at = 140721,
                       .ignores_hangup = true,
                       .argv = {"node", "", "a.js"},
                       .environment = {"pm_id=3", "SECRET=x"},
                       .exe = "/usr/bin/node (deleted)",
                       .cwd = "/srv/app",
                       .cgroup = "0::/system.slice/x.service\n"}};
  const Snapshot snapshot = snapshot_of(tree);
  ASSERT_EQ(snapshot.processes.size(), 1U);
  const Process& seen = snapshot.processes.front();
  EXPECT_EQ(seen.id, fake_id(40, 250));
  EXPECT_EQ(seen.parent, 7);
  EXPECT_EQ(seen.group, 39);
  EXPECT_EQ(seen.session, 38);
  EXPECT_EQ(seen.tty, 34816);
  EXPECT_EQ(seen.threads, 11);
  EXPECT_EQ(seen.started, 2500ms);
  EXPECT_EQ(seen.cpu, 3450ms);
  EXPECT_EQ(seen.resident_bytes, 7U * page_size());
  EXPECT_EQ(seen.comm, "a) (b");
  EXPECT_EQ(seen.uid, uid_t{1000});
  EXPECT_EQ(seen.pid_namespace_depth, 2);
  EXPECT_EQ(seen.tracer, pid_t{6});
  EXPECT_EQ(seen.argv_at, 140721U);
  EXPECT_EQ(seen.ignores_hangup, true);
  EXPECT_EQ(seen.argv, (Arguments{"node", "", "a.js"}));
  EXPECT_EQ(seen.exe, "/usr/bin/node");
  EXPECT_EQ(seen.cwd, "/srv/app");
  EXPECT_EQ(seen.cgroup, "/system.slice/x.service");
  EXPECT_EQ(seen.environment, (Environment{{"pm_id", "3"}}));
  EXPECT_EQ(snapshot.unreadable, 0U);
  EXPECT_EQ(snapshot.vanished, 0U);
}

TEST(Snapshot, is_ascending_by_pid) {
  const ProcTree tree{{.pid = 100}, {.pid = 9}, {.pid = 20}};
  EXPECT_THAT(everything(snapshot_of(tree)),
              testing::ElementsAre(fake_id(9), fake_id(20), fake_id(100)));
}

TEST(Snapshot, reads_details_only_of_the_chosen) {
  const ProcTree tree{{.pid = 1}, {.pid = 2, .parent = 1}, {.pid = 30}};
  Result<Procfs> procfs = Procfs::open({.root = tree.root()});
  ASSERT_TRUE(procfs);
  const Result<Snapshot> snapshot = procfs->snapshot([](const Snapshot& seen) {
    // What the choice is made by is there.
    EXPECT_EQ(seen.processes.size(), 3U);
    EXPECT_TRUE(seen.processes[2].argv);
    EXPECT_TRUE(seen.processes[2].uid);
    return std::vector<ProcId>{
        fake_id(30), fake_id(30), fake_id(1, 99), fake_id(555, 1)};
  });
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->processes[2].exe, "/usr/bin/node");
  EXPECT_EQ(snapshot->processes[2].environment, Environment{});
  EXPECT_EQ(snapshot->processes[0].exe, not_asked<std::string>());
  EXPECT_EQ(snapshot->processes[0].exe_file, not_asked<FileId>());
  EXPECT_EQ(snapshot->processes[0].cwd, not_asked<std::string>());
  EXPECT_EQ(snapshot->processes[0].cgroup, not_asked<std::string>());
  EXPECT_EQ(snapshot->processes[0].environment, not_asked<Environment>());
}

TEST(Snapshot, leaves_out_a_process_that_has_exited) {
  const ProcTree tree{{.pid = 1}, {.pid = 30}};
  tree.remove(30, "stat");
  const Snapshot snapshot = snapshot_of(tree);
  EXPECT_EQ(snapshot.processes.size(), 1U);
  EXPECT_EQ(snapshot.vanished, 1U);
}

TEST(Snapshot,
     leaves_out_a_process_that_is_another_before_its_details_are_read) {
  const ProcTree tree{{.pid = 1}, {.pid = 30}};
  Result<Procfs> procfs = Procfs::open({.root = tree.root()});
  ASSERT_TRUE(procfs);
  const Result<Snapshot> snapshot = procfs->snapshot([&](const Snapshot& seen) {
    tree.add({.pid = 30, .start_ticks = 101});
    return everything(seen);
  });
  ASSERT_TRUE(snapshot);
  EXPECT_THAT(everything(*snapshot), testing::ElementsAre(fake_id(1)));
  EXPECT_EQ(snapshot->vanished, 1U);
}

TEST(Snapshot, keeps_a_process_with_a_missing_file_while_its_stat_is_there) {
  const ProcTree tree{{.pid = 30, .exe = "", .cwd = ""}};
  for (const char* file : {"status", "cmdline", "environ", "cgroup"}) {
    tree.remove(30, file);
  }
  const Snapshot snapshot = snapshot_of(tree);
  ASSERT_EQ(snapshot.processes.size(), 1U);
  const Process& seen = snapshot.processes.front();
  EXPECT_EQ(seen.uid, unread<uid_t>(kFailed));
  EXPECT_EQ(seen.pid_namespace_depth, unread<int>(kFailed));
  EXPECT_EQ(seen.tracer, unread<pid_t>(kFailed));
  EXPECT_EQ(seen.ignores_hangup, unread<bool>(kFailed));
  EXPECT_EQ(seen.argv, unread<Arguments>(kFailed));
  EXPECT_EQ(seen.exe, unread<std::string>(kFailed));
  EXPECT_EQ(seen.exe_file, unread<FileId>(kFailed));
  EXPECT_EQ(seen.cwd, unread<std::string>(kFailed));
  EXPECT_EQ(seen.cgroup, unread<std::string>(kFailed));
  EXPECT_EQ(seen.environment, unread<Environment>(kFailed));
  EXPECT_EQ(snapshot.unreadable, 1U);
}

TEST(Snapshot, tells_an_empty_command_line_from_one_that_was_not_read) {
  const ProcTree tree{{.pid = 30}};
  const Snapshot snapshot = snapshot_of(tree);
  EXPECT_EQ(snapshot.processes.at(0).argv, Arguments{});
  EXPECT_EQ(snapshot.processes.at(0).environment, Environment{});
}

TEST(Snapshot, tells_an_address_that_is_kept_from_us_from_no_memory) {
  const ProcTree tree{{.pid = 30}, {.pid = 31, .state = 'Z'}};
  const Snapshot snapshot = snapshot_of(tree);
  EXPECT_EQ(snapshot.processes.at(0).argv_at,
            unread<std::uint64_t>(Unread::Denied));
  EXPECT_EQ(snapshot.processes.at(1).argv_at, unread<std::uint64_t>(kFailed));
}

TEST(Snapshot, knows_a_program_by_its_file_whatever_the_path) {
  const test::TempDir dir;
  std::ofstream(dir / "one") << "x";
  std::ofstream(dir / "two") << "x";
  std::filesystem::create_hard_link(dir / "one", dir / "also-one");
  const ProcTree tree{{.pid = 30, .exe = dir / "one"},
                      {.pid = 31, .exe = dir / "also-one"},
                      {.pid = 32, .exe = dir / "two"}};
  const Snapshot snapshot = snapshot_of(tree);
  const auto& seen = snapshot.processes;
  ASSERT_TRUE(seen.at(0).exe_file && seen.at(2).exe_file);
  EXPECT_EQ(seen.at(0).exe_file, seen.at(1).exe_file);
  EXPECT_NE(seen.at(0).exe_file, seen.at(2).exe_file);
  struct stat found{};
  ASSERT_EQ(::stat((dir / "one").c_str(), &found), 0);
  EXPECT_EQ(seen.at(0).exe_file,
            (FileId{.device = found.st_dev, .inode = found.st_ino}));
}

TEST(Snapshot, asks_a_kernel_thread_for_no_memory) {
  const ProcTree tree{
      {.pid = 12, .comm = "kworker/0:1", .flags = 0x00200000, .exe = ""}};
  ASSERT_TRUE(tree.block(12, "cmdline"));
  ASSERT_TRUE(tree.block(12, "environ"));
  const Snapshot snapshot = snapshot_of(tree);
  EXPECT_EQ(snapshot.processes.at(0).argv, Arguments{});
  EXPECT_EQ(snapshot.processes.at(0).exe, not_asked<std::string>());
  EXPECT_EQ(snapshot.processes.at(0).environment, not_asked<Environment>());
}

TEST(Snapshot, keeps_a_zombie) {
  const ProcTree tree{{.pid = 30, .state = 'Z', .exe = ""}};
  const Snapshot snapshot = snapshot_of(tree);
  ASSERT_EQ(snapshot.processes.size(), 1U);
  EXPECT_EQ(snapshot.processes[0].argv, Arguments{});
  EXPECT_EQ(snapshot.processes[0].exe, unread<std::string>(kFailed));
  EXPECT_EQ(snapshot.processes[0].environment, unread<Environment>(kFailed));
  EXPECT_EQ(snapshot.vanished, 0U);
  EXPECT_EQ(snapshot.unreadable, 0U) << "there is no more to read";
}

TEST(Snapshot, believes_no_empty_files_of_a_leader_that_left_its_threads) {
  const ProcTree tree{{.pid = 30, .state = 'Z', .threads = 2, .exe = ""}};
  const Snapshot snapshot = snapshot_of(tree);
  EXPECT_EQ(snapshot.processes.at(0).argv, unread<Arguments>(kFailed));
  EXPECT_EQ(snapshot.processes.at(0).environment, unread<Environment>(kFailed));
}

TEST(Snapshot, believes_no_empty_environment_of_a_process_that_is_exiting) {
  const ProcTree tree{{.pid = 30, .argv = {"node"}}};
  Result<Procfs> procfs = Procfs::open({.root = tree.root()});
  ASSERT_TRUE(procfs);
  const Result<Snapshot> snapshot = procfs->snapshot([&](const Snapshot& seen) {
    tree.add({.pid = 30, .flags = 0x00400004, .argv = {"node"}});
    return everything(seen);
  });
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->processes.at(0).argv, Arguments{"node"});
  EXPECT_EQ(snapshot->processes.at(0).environment,
            unread<Environment>(kFailed));
}

TEST(Snapshot, marks_a_command_line_over_the_limit_and_keeps_one_at_it) {
  const ProcTree tree{{.pid = 30, .argv = {std::string(99, 'a')}},
                      {.pid = 31, .argv = {std::string(100, 'a')}}};
  Result<Procfs> procfs =
      Procfs::open({.root = tree.root(), .argv_limit = 100});
  ASSERT_TRUE(procfs);
  const Result<Snapshot> snapshot = procfs->snapshot({});
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->processes[0].argv, Arguments{std::string(99, 'a')});
  EXPECT_EQ(snapshot->processes[1].argv, unread<Arguments>(Unread::TooLong));
  EXPECT_EQ(snapshot->unreadable, 1U);
}

TEST(Snapshot, marks_an_environment_over_the_limit) {
  const ProcTree tree{{.pid = 30, .environment = {std::string(100, 'a')}}};
  Result<Procfs> procfs =
      Procfs::open({.root = tree.root(), .environ_limit = 100});
  ASSERT_TRUE(procfs);
  const Result<Snapshot> snapshot = procfs->snapshot(everything);
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->processes.at(0).environment,
            unread<Environment>(Unread::TooLong));
}

TEST(Snapshot, counts_what_could_not_be_read_whole_and_nothing_else) {
  const ProcTree tree{
      {.pid = 12, .comm = "kworker/0:1", .flags = 0x00200000, .exe = ""},
      {.pid = 30, .argv = {"node"}},
      {.pid = 31, .argv = {"node"}},
      {.pid = 32, .flags = 0x00400004, .argv = {"node"}, .exe = ""}};
  tree.write(30, "environ", std::string("gunicorn: worker\0\0", 18));
  EXPECT_EQ(snapshot_of(tree).unreadable, 1U);
}

TEST(Snapshot, counts_a_leader_that_left_its_threads_as_unreadable) {
  const ProcTree tree{{.pid = 30, .state = 'Z', .threads = 2, .exe = ""}};
  EXPECT_EQ(snapshot_of(tree).unreadable, 1U);
}

TEST(Snapshot, counts_a_stat_that_is_no_stat_as_unreadable) {
  const ProcTree tree{{.pid = 1}, {.pid = 30}, {.pid = 31}};
  tree.write(30, "stat", "30 (node");
  tree.write(
      31, "stat", "1 (other) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0 \n");
  const Snapshot snapshot = snapshot_of(tree);
  EXPECT_THAT(everything(snapshot), testing::ElementsAre(fake_id(1)));
  EXPECT_EQ(snapshot.unreadable, 2U);
}

TEST(Snapshot, of_a_fixture_is_dated_by_its_files) {
  const ProcTree tree{{.pid = 1}};
  tree.write("uptime", "1234.56 99.00\n");
  tree.write("stat", "cpu 1 2 3\nbtime 1795381773\nprocesses 5\n");
  tree.write("sys/kernel/random/boot_id", "cafe-1\n");
  const Snapshot snapshot = snapshot_of(tree);
  EXPECT_EQ(snapshot.taken, 1234s + 560ms);
  EXPECT_EQ(snapshot.boot_epoch_ms, 1795381773000);
  EXPECT_EQ(snapshot.boot_id, "cafe-1");
  EXPECT_EQ(snapshot.self, ProcId{});
}

TEST(Snapshot, of_a_fixture_without_a_date_is_an_hour_after_the_youngest) {
  const ProcTree tree{{.pid = 1}, {.pid = 3, .start_ticks = 500}};
  const Snapshot snapshot = snapshot_of(tree);
  EXPECT_EQ(snapshot.taken, 1h + 5s);
  EXPECT_EQ(snapshot.boot_id, "unknown");
}

TEST(Snapshot, bears_a_start_time_beyond_all_bounds) {
  const ProcTree tree{{.pid = 1, .start_ticks = 18446744073709551615ULL}};
  const Snapshot snapshot = snapshot_of(tree);
  EXPECT_EQ(snapshot.processes.at(0).started, BootTime::max());
  EXPECT_EQ(snapshot.taken, BootTime::max());
}

TEST(Snapshot, bears_times_and_sizes_beyond_all_bounds) {
  const std::uint64_t most = 18446744073709551615ULL;
  const ProcTree tree{{.pid = 1,
                       .user_ticks = most,
                       .system_ticks = most,
                       .resident_pages = most}};
  const Snapshot snapshot = snapshot_of(tree);
  EXPECT_EQ(snapshot.processes.at(0).cpu, std::chrono::nanoseconds::max());
  EXPECT_EQ(snapshot.processes.at(0).resident_bytes, most);
}

TEST(Procfs, refuses_a_root_without_processes) {
  const test::TempDir dir;
  EXPECT_FALSE(Procfs::open({.root = dir.path()}));
  const Result<Procfs> missing = Procfs::open({.root = dir / "none"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().fault, Fault::NotFound);
}

TEST(Procfs, is_not_live_on_a_fixture) {
  const ProcTree tree{{.pid = 1}};
  const Result<Procfs> procfs = Procfs::open({.root = tree.root()});
  ASSERT_TRUE(procfs);
  EXPECT_FALSE(procfs->is_live());
}

TEST(Read, gives_one_process_with_all_details) {
  const ProcTree tree{{.pid = 30,
                       .argv = {"node"},
                       .environment = {"pm_id=1"},
                       .cgroup = "0::/x\n"}};
  Result<Procfs> procfs = Procfs::open({.root = tree.root()});
  ASSERT_TRUE(procfs);
  const Result<Process> process = procfs->read(fake_id(30));
  ASSERT_TRUE(process);
  EXPECT_EQ(process->argv, Arguments{"node"});
  EXPECT_EQ(process->exe, "/usr/bin/node");
  EXPECT_EQ(process->cgroup, "/x");
  EXPECT_EQ(process->environment, (Environment{{"pm_id", "1"}}));
}

TEST(Read, does_not_find_another_process_under_the_same_pid) {
  const ProcTree tree{{.pid = 30}};
  Result<Procfs> procfs = Procfs::open({.root = tree.root()});
  ASSERT_TRUE(procfs);
  for (const ProcId& id : {fake_id(30, 101), fake_id(31)}) {
    const Result<Process> process = procfs->read(id);
    ASSERT_FALSE(process);
    EXPECT_EQ(process.error().fault, Fault::NotFound);
  }
}

}  // namespace
}  // namespace strayd
