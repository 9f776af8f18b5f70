// Real processes of every odd kind, seen through the real /proc.
#include <fcntl.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/proc/procfs.h"
#include "strayd/sys/os.h"

#include "support/child.h"
#include "support/temp_dir.h"

namespace strayd {
namespace {

using namespace std::chrono_literals;
using test::Child;
using Arguments = std::vector<std::string>;

class Live : public testing::Test {
 protected:
  // With details, of that process alone.
  std::optional<Process> see(pid_t pid) {
    const Result<Snapshot> snapshot = procfs_->snapshot([&](const auto& seen) {
      std::vector<ProcId> ids;
      for (const Process& process : seen.processes) {
        if (process.id.pid == pid) ids.push_back(process.id);
      }
      return ids;
    });
    EXPECT_TRUE(snapshot) << snapshot.error().what;
    for (const Process& process : snapshot->processes) {
      if (process.id.pid == pid) return process;
    }
    return std::nullopt;
  }
  Process must_see(pid_t pid) {
    const std::optional<Process> seen = see(pid);
    EXPECT_TRUE(seen);
    return seen.value_or(Process{});
  }

  Result<Procfs> procfs_ = Procfs::open({});
};

// Stays until it is ended: nobody writes into its standard input.
Child waiting(Arguments argv, Arguments environment = {}) {
  return Child{[&](int) {
    std::array<int, 2> silent{};
    if (::pipe(silent.data()) != 0) ::_exit(126);
    ::dup2(silent[0], STDIN_FILENO);
    std::vector<char*> arguments;
    for (std::string& one : argv) arguments.push_back(one.data());
    arguments.push_back(nullptr);
    std::vector<char*> variables;
    for (std::string& one : environment) variables.push_back(one.data());
    variables.push_back(nullptr);
    ::execve("/bin/sh", arguments.data(), variables.data());
    ::_exit(127);
  }};
}

const Arguments kReadForever{"sh", "-c", "read line"};

Arguments with(Arguments argv, const std::string& more) {
  argv.push_back(more);
  return argv;
}

TEST_F(Live, is_live_on_proc) {
  ASSERT_TRUE(procfs_);
  EXPECT_TRUE(procfs_->is_live());
  const Result<Snapshot> snapshot = procfs_->snapshot({});
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->self.pid, ::getpid());
  EXPECT_GT(snapshot->self.start_ticks, 0U);
  EXPECT_EQ(snapshot->boot_id.size(), 36U);
}

TEST_F(Live, is_taken_before_the_first_process) {
  const BootTime before = boot_time();
  const std::int64_t epoch = unix_ms() - before / 1ms;
  const Result<Snapshot> snapshot = procfs_->snapshot({});
  ASSERT_TRUE(snapshot);
  EXPECT_GE(snapshot->taken, before);
  EXPECT_LE(snapshot->taken, boot_time());
  EXPECT_NEAR(static_cast<double>(snapshot->boot_epoch_ms - epoch), 0, 1000);
}

// Start times are told from it: one that trembles makes each of them look new.
TEST_F(Live, tells_the_same_boot_each_time) {
  std::set<std::int64_t> epochs;
  for (int i = 0; i < 30; ++i) {
    const Result<Snapshot> snapshot = procfs_->snapshot({});
    ASSERT_TRUE(snapshot);
    epochs.insert(snapshot->boot_epoch_ms);
  }
  EXPECT_EQ(epochs.size(), 1U);
}

TEST_F(Live, holds_a_process_with_its_parent_and_start) {
  const BootTime before = boot_time();
  const Child child = waiting(kReadForever, {"pm_id=7", "SECRET=x"});
  const Process seen = must_see(child.pid());
  EXPECT_EQ(seen.parent, ::getpid());
  EXPECT_GE(seen.started, before - 20ms);
  EXPECT_LE(seen.started, boot_time());
  EXPECT_EQ(seen.uid, ::getuid());
  EXPECT_EQ(seen.pid_namespace_depth, 1);
  EXPECT_EQ(seen.tracer, pid_t{0});
  EXPECT_EQ(seen.argv, kReadForever);
  EXPECT_EQ(seen.exe, std::filesystem::canonical("/bin/sh").string());
  EXPECT_EQ(seen.cwd, std::filesystem::current_path().string());
  EXPECT_TRUE(seen.cgroup);
  EXPECT_EQ(seen.environment, (Environment{{"pm_id", "7"}}));
}

// Memory that is touched, and time that is spent.
Child busy(std::size_t bytes) {
  return Child{[bytes](int ready) {
    const std::string memory(bytes, 'x');
    while (std::clock() < CLOCKS_PER_SEC / 20) {
    }
    if (memory.back() != 'x') ::_exit(125);
    Child::stay(ready);
  }};
}

TEST_F(Live, says_what_time_and_memory_a_process_has_used) {
  const Child child = busy(std::size_t{32} * 1024 * 1024);
  const Process seen = must_see(child.pid());
  EXPECT_GE(seen.cpu, 40ms) << "two ticks of USER_HZ may be missing";
  EXPECT_LE(seen.cpu, boot_time() - seen.started + 20ms);
  EXPECT_GE(seen.resident_bytes, 32U * 1024 * 1024);
  EXPECT_LT(seen.resident_bytes, 1024U * 1024 * 1024);
}

TEST_F(Live, keeps_apart_a_name_from_the_fields_after_it) {
  for (const char* const name :
       {") S 1 1 1 (", "x) R 2 (", "a\nb\n", ")", ""}) {
    const Child child{[&](int ready) {
      ::prctl(PR_SET_NAME, name);
      Child::stay(ready);
    }};
    const Process seen = must_see(child.pid());
    EXPECT_EQ(seen.comm, name);
    EXPECT_EQ(seen.parent, ::getpid());
    EXPECT_EQ(seen.uid, ::getuid());
  }
}

TEST_F(Live, bounds_two_megabytes_of_arguments) {
  Arguments argv = kReadForever;
  for (int i = 0; i < 18; ++i) argv.emplace_back(110'000, 'x');
  const Child child = waiting(argv);
  const Process seen = must_see(child.pid());
  EXPECT_EQ(seen.argv, Observed<Arguments>{std::unexpected(Unread::TooLong)});
}

TEST_F(Live, takes_a_process_without_arguments) {
  // The kernel gives it one empty argument instead (Linux 5.18).
  const Child child{[](int ready) {
    ::close(ready);
    std::array<int, 2> silent{};
    if (::pipe(silent.data()) != 0) ::_exit(126);
    ::dup2(silent[0], STDIN_FILENO);
    std::array<char*, 1> none{nullptr};
    ::execve("/bin/cat", none.data(), none.data());
    ::_exit(127);
  }};
  EXPECT_TRUE(test::eventually([&] {
    return must_see(child.pid()).exe ==
           std::filesystem::canonical("/bin/cat").string();
  }));
  const Process seen = must_see(child.pid());
  EXPECT_EQ(seen.argv, Arguments{});
  EXPECT_EQ(seen.environment, Environment{});
}

TEST_F(Live, keeps_bytes_that_are_no_text) {
  const Arguments argv = with(kReadForever, "\xff\xfe\x1b[2J\n");
  const Child child = waiting(argv);
  EXPECT_EQ(must_see(child.pid()).argv, argv);
}

TEST_F(Live, names_a_deleted_executable_and_directory) {
  const test::TempDir dir;
  const std::string program = dir / "server";
  std::filesystem::copy_file("/bin/cat", program);
  std::filesystem::create_directory(dir / "cwd");
  const Child child{[&](int) {
    std::array<int, 2> silent{};
    if (::pipe(silent.data()) != 0 || ::chdir((dir / "cwd").c_str()) != 0) {
      ::_exit(126);
    }
    ::dup2(silent[0], STDIN_FILENO);
    ::execl(program.c_str(), "cat", nullptr);
    ::_exit(127);
  }};
  std::filesystem::remove(program);
  std::filesystem::remove(dir / "cwd");
  const Process seen = must_see(child.pid());
  EXPECT_EQ(seen.exe, program);
  EXPECT_EQ(seen.cwd, dir / "cwd");
}

TEST_F(Live, keeps_a_zombie) {
  const Child child{[](int) {
    ::_exit(0);
  }};
  child.become_zombie();
  const Process seen = must_see(child.pid());
  EXPECT_TRUE(is_dead(seen));
  EXPECT_EQ(seen.argv, Arguments{});
  EXPECT_EQ(seen.exe, Observed<std::string>{std::unexpected(Unread::Failed)});
}

void* stay_in_thread(void* /*nothing*/) {
  for (;;) ::pause();
}

TEST_F(Live, says_that_a_zombie_leader_with_a_thread_could_not_be_read) {
  const Child child{[](int ready) {
    ::close(ready);
    pthread_t thread{};
    ::pthread_create(&thread, nullptr, stay_in_thread, nullptr);
    ::syscall(SYS_exit, 0);  // of this thread alone
  }};
  EXPECT_TRUE(
      test::eventually([&] { return must_see(child.pid()).state == 'Z'; }));
  const Process seen = must_see(child.pid());
  EXPECT_FALSE(is_dead(seen));
  EXPECT_EQ(seen.argv, Observed<Arguments>{std::unexpected(Unread::Failed)});
  EXPECT_EQ(seen.environment,
            Observed<Environment>{std::unexpected(Unread::Failed)});
}

void* exec_in_thread(void* /*nothing*/) {
  ::execl("/bin/sh", "sh", "-c", "read line", nullptr);
  ::_exit(127);
}

TEST_F(Live, keeps_the_identity_of_a_process_whose_thread_executes) {
  std::array<int, 2> go{};
  ASSERT_EQ(::pipe2(go.data(), O_CLOEXEC), 0);
  const UniqueFd reader{go[0]};
  const UniqueFd writer{go[1]};
  const Child child{[&](int ready) {
    std::array<int, 2> silent{};
    if (::pipe(silent.data()) != 0) ::_exit(126);
    ::dup2(silent[0], STDIN_FILENO);
    ::close(ready);
    char byte = 0;
    if (::read(reader.get(), &byte, 1) != 1) ::_exit(125);
    pthread_t thread{};
    ::pthread_create(&thread, nullptr, exec_in_thread, nullptr);
    for (;;) ::pause();
  }};
  const Process before = must_see(child.pid());
  ASSERT_EQ(::write(writer.get(), "x", 1), 1);
  EXPECT_TRUE(test::eventually(
      [&] { return must_see(child.pid()).argv == kReadForever; }));
  EXPECT_EQ(must_see(child.pid()).id, before.id);
}

// As nohup(1) does it.
TEST_F(Live, says_who_ignores_a_hangup) {
  const Child plain(Child::stay);
  const Child nohup{[](int ready) {
    ::signal(SIGHUP, SIG_IGN);
    Child::stay(ready);
  }};
  EXPECT_EQ(must_see(plain.pid()).ignores_hangup, false);
  EXPECT_EQ(must_see(nohup.pid()).ignores_hangup, true);
}

TEST_F(Live, says_into_which_files_an_output_leads) {
  const test::TempDir dir;
  const Child child{[&](int ready) {
    const int file = ::open((dir / "log").c_str(), O_WRONLY | O_CREAT, 0600);
    ::dup2(file, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
    Child::stay(ready);
  }};
  struct stat log{};
  ASSERT_EQ(::stat((dir / "log").c_str(), &log), 0);
  const FileId file{.device = log.st_dev, .inode = log.st_ino};
  const Process process = must_see(child.pid());
  EXPECT_EQ(process.has_own_output, true);
  EXPECT_THAT(process.output_files, testing::ElementsAre(file, file));
}

TEST_F(Live, says_who_has_awaited_a_child) {
  const Child plain(Child::stay);
  const Child waited{[](int ready) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    ::waitpid(child, nullptr, 0);
    Child::stay(ready);
  }};
  EXPECT_FALSE(must_see(plain.pid()).has_awaited_children);
  EXPECT_TRUE(must_see(waited.pid()).has_awaited_children);
}

TEST_F(Live, knows_the_file_of_a_program_that_was_moved) {
  const test::TempDir dir;
  std::filesystem::copy_file("/bin/cat", dir / "server");
  const Child child{[&](int) {
    std::array<int, 2> silent{};
    if (::pipe(silent.data()) != 0) ::_exit(126);
    ::dup2(silent[0], STDIN_FILENO);
    ::execl((dir / "server").c_str(), "cat", nullptr);
    ::_exit(127);
  }};
  const Process before = must_see(child.pid());
  ASSERT_TRUE(before.exe_file);
  std::filesystem::rename(dir / "server", dir / "old");
  const Process after = must_see(child.pid());
  EXPECT_EQ(after.exe, dir / "old");
  EXPECT_EQ(after.exe_file, before.exe_file);
}

// Writes over its own arguments, or executes its own program anew.
TEST_F(Live, sees_an_exec_in_where_the_arguments_lie_and_not_a_new_title) {
  std::array<int, 2> go{};
  ASSERT_EQ(::pipe2(go.data(), O_CLOEXEC), 0);
  const UniqueFd reader{go[0]};
  const UniqueFd writer{go[1]};
  const Child child{[&](int) {
    ::dup2(reader.get(), STDIN_FILENO);
    ::execl("/bin/sh", "sh", "-c", "read go; exec sh -c 'read line'", nullptr);
    ::_exit(127);
  }};
  const Process before = must_see(child.pid());
  ASSERT_TRUE(before.argv_at);
  const std::string memory = "/proc/" + std::to_string(child.pid()) + "/mem";
  const UniqueFd fd{::open(memory.c_str(), O_WRONLY | O_CLOEXEC)};
  ASSERT_EQ(
      ::pwrite(fd.get(), "xy", 2, static_cast<off_t>(before.argv_at.value())),
      2);
  const Process titled = must_see(child.pid());
  EXPECT_EQ(titled.argv.value().front(), "xy");
  EXPECT_EQ(titled.argv_at, before.argv_at);
  ASSERT_EQ(::write(writer.get(), "\n", 1), 1);
  EXPECT_TRUE(test::eventually(
      [&] { return must_see(child.pid()).argv == kReadForever; }));
  const Process executed = must_see(child.pid());
  EXPECT_EQ(executed.exe_file, before.exe_file);
  EXPECT_NE(executed.argv_at.value(), before.argv_at.value());
}

TEST_F(Live, reads_one_process_and_says_when_it_is_gone) {
  ProcId id;
  {
    const Child child = waiting(kReadForever);
    id = must_see(child.pid()).id;
    const Result<Process> process = procfs_->read(id);
    ASSERT_TRUE(process);
    EXPECT_EQ(process->argv, kReadForever);
  }
  const Result<Process> gone = procfs_->read(id);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().fault, Fault::NotFound);
}

TEST_F(Live, holds_kernel_threads_as_such) {
  const Result<Snapshot> snapshot = procfs_->snapshot([](const auto& seen) {
    std::vector<ProcId> ids;
    for (const Process& process : seen.processes) {
      if (is_kernel_thread(process)) ids.push_back(process.id);
    }
    return ids;
  });
  ASSERT_TRUE(snapshot);
  std::size_t threads = 0;
  for (const Process& process : snapshot->processes) {
    if (!is_kernel_thread(process)) continue;
    ++threads;
    EXPECT_EQ(process.argv, Arguments{}) << process.comm;
    EXPECT_EQ(process.exe, not_asked<std::string>()) << process.comm;
    EXPECT_TRUE(process.cgroup) << process.comm;
  }
  if (threads == 0) GTEST_SKIP() << "this pid namespace has none";
}

// One process that lives for ever starts others that end at once.
void fork_for_ever() {
  for (;;) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(0);
    ::waitpid(pid, nullptr, 0);
  }
}

TEST_F(Live, stands_a_storm_of_processes_that_vanish) {
  const Child witness = waiting(kReadForever);
  const Child storm{[](int ready) {
    ::close(ready);
    fork_for_ever();
  }};
  std::size_t vanished = 0;
  for (int i = 0; i < 50; ++i) {
    const Result<Snapshot> snapshot = procfs_->snapshot([&](const auto& seen) {
      std::vector<ProcId> ids;
      for (const Process& process : seen.processes) {
        if (process.parent == storm.pid()) ids.push_back(process.id);
      }
      return ids;
    });
    ASSERT_TRUE(snapshot) << snapshot.error().what;
    const auto found = std::ranges::find(
        snapshot->processes, witness.pid(), [](const Process& process) {
          return process.id.pid;
        });
    ASSERT_NE(found, snapshot->processes.end());
    EXPECT_EQ(found->argv, kReadForever);
    vanished += snapshot->vanished;
  }
  RecordProperty("vanished", static_cast<int>(vanished));
}

}  // namespace
}  // namespace strayd
