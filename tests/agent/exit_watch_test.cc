// Processes that end, watched by one who is not their parent's waiter.
#include "strayd/agent/exit_watch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/proc/procfs.h"

#include "support/temp_dir.h"

namespace strayd {
namespace {

using How = ExitStatus::How;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

// A child that ends when it is told to, and is reaped when it is told to.
class Worker {
 public:
  explicit Worker(const std::function<void()>& end) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    go_ = UniqueFd(ends[1]);
    const UniqueFd wait(ends[0]);
    pid_ = ::fork();
    if (pid_ != 0) return;
    go_ = UniqueFd{};
    char ignored = 0;
    static_cast<void>(::read(wait.get(), &ignored, 1));
    end();
    ::_exit(99);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    if (pid_ > 0) end_and_reap();
  }

  pid_t pid() const { return pid_; }
  void end() {
    go();
    siginfo_t ignored{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &ignored, WEXITED | WNOWAIT);
  }
  void end_and_reap() {
    go();
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
  }

 private:
  // Not by closing: others that were forked since have the same descriptor.
  void go() {
    if (std::exchange(told_, true)) return;
    EXPECT_EQ(::write(go_.get(), "!", 1), 1);
  }

  pid_t pid_ = -1;
  bool told_ = false;
  UniqueFd go_{};
};

void exit_3() {
  ::_exit(3);
}
void die_by_sigkill() {
  ::raise(SIGKILL);
}

constexpr auto kLaunch = [](std::int64_t pm_uptime_ms) {
  return LaunchKey{.instance = {.home = "/srv/.pm2", .unique_id = "u-1"},
                   .pm_uptime_ms = pm_uptime_ms};
};

class Exits : public testing::Test {
 protected:
  Exits() { host_has(0); }

  ProcId id_of(const Worker& worker) {
    const Result<Snapshot> seen = procfs_->snapshot(
        [](const Snapshot&) -> std::vector<ProcId> { return {}; });
    EXPECT_TRUE(seen) << seen.error().what;
    for (const Process& process : seen->processes) {
      if (process.id.pid == worker.pid()) return process.id;
    }
    ADD_FAILURE() << "the worker is not there";
    return {};
  }
  AppProcess of(const Worker& worker, bool serves = false) {
    return {.launch = kLaunch(1), .id = id_of(worker), .serves = serves};
  }
  void hold(const std::vector<AppProcess>& wanted) { watch_.hold(wanted); }
  std::vector<Death> ended() { return watch_.ended(now_ += seconds{10}); }

  void host_has(int oom_kills) const {
    std::ofstream(dir_ / "vmstat") << "oom_kill " << oom_kills << '\n';
  }
  ExitWatch watch_of(std::size_t most) {
    return {[this](const ProcId& id) { return procfs_->read(id); },
            OomKills({.cgroup = dir_ / "none", .vmstat = dir_ / "vmstat"}),
            most};
  }

  // PIDFD_INFO_EXIT came with 6.15.
  static bool kernel_tells() {
    utsname name{};
    ::uname(&name);
    const std::string release = name.release;
    std::size_t dot = 0;
    const int major = std::stoi(release, &dot);
    const int minor = std::stoi(release.substr(dot + 1));
    return major > 6 || (major == 6 && minor >= 15);
  }
  static ExitStatus told(How how, int value) {
    return kernel_tells() ? ExitStatus{.how = how, .value = value}
                          : ExitStatus{.how = How::Unknown};
  }

  const test::TempDir dir_{};
  BootTime now_{};
  Result<Procfs> procfs_ = Procfs::open({});
  ExitWatch watch_ = watch_of(100);
};

TEST_F(Exits, of_what_lives_are_none) {
  const Worker worker(exit_3);
  hold({of(worker)});
  EXPECT_EQ(watch_.held(), 1U);
  EXPECT_THAT(ended(), IsEmpty());
}

TEST_F(Exits, are_told_with_the_launch_and_the_process) {
  Worker worker(exit_3);
  const AppProcess process = of(worker, true);
  hold({process});
  worker.end_and_reap();
  EXPECT_THAT(ended(),
              ElementsAre(Death{.launch = process.launch,
                                .id = process.id,
                                .served = true,
                                .status = told(How::Exited, 3)}));
}

TEST_F(Exits, by_a_signal_are_told_as_such) {
  Worker worker(die_by_sigkill);
  hold({of(worker)});
  worker.end_and_reap();
  const std::vector<Death> deaths = ended();
  ASSERT_EQ(deaths.size(), 1U);
  EXPECT_EQ(deaths.front().status, told(How::Signalled, SIGKILL));
}

TEST_F(Exits, are_told_once) {
  Worker worker(exit_3);
  hold({of(worker)});
  worker.end_and_reap();
  EXPECT_EQ(ended().size(), 1U);
  EXPECT_THAT(ended(), IsEmpty());
  EXPECT_EQ(watch_.held(), 0U);
}

TEST_F(Exits, of_a_zombie_are_told_once_its_parent_took_note) {
  if (!kernel_tells()) GTEST_SKIP() << "the kernel is older than 6.15";
  Worker worker(exit_3);
  const AppProcess process = of(worker);
  hold({process});
  worker.end();
  EXPECT_THAT(ended(), IsEmpty());
  hold({process});
  worker.end_and_reap();
  EXPECT_EQ(ended().size(), 1U);
}

TEST_F(Exits, of_what_is_no_longer_wanted_are_not_told) {
  Worker worker(exit_3);
  hold({of(worker)});
  hold({});
  EXPECT_EQ(watch_.held(), 0U);
  worker.end_and_reap();
  EXPECT_THAT(ended(), IsEmpty());
}

TEST_F(Exits, of_a_pid_that_is_anothers_by_now_are_not_told) {
  Worker worker(exit_3);
  AppProcess before = of(worker);
  --before.id.start_ticks;
  hold({before});
  EXPECT_EQ(watch_.held(), 0U);
  worker.end_and_reap();
  EXPECT_THAT(ended(), IsEmpty());
}

TEST_F(Exits, of_what_is_gone_are_not_told) {
  Worker worker(exit_3);
  const AppProcess process = of(worker);
  worker.end_and_reap();
  hold({process});
  EXPECT_THAT(ended(), IsEmpty());
}

TEST_F(Exits, of_more_than_there_is_room_for_are_not_told) {
  watch_ = watch_of(1);
  const Worker first(exit_3);
  const Worker second(exit_3);
  hold({of(first), of(second)});
  EXPECT_EQ(watch_.held(), 1U);
}

TEST_F(Exits, while_memory_lacked_say_so) {
  Worker worker(die_by_sigkill);
  hold({of(worker)});
  EXPECT_THAT(ended(), IsEmpty());
  EXPECT_FALSE(watch_.oom());
  host_has(1);
  worker.end_and_reap();
  const std::vector<Death> deaths = ended();
  ASSERT_EQ(deaths.size(), 1U);
  EXPECT_TRUE(deaths.front().oom);
  EXPECT_TRUE(watch_.oom());
}

TEST(MostPidfds, leave_the_most_of_the_descriptors_to_the_rest) {
  EXPECT_GT(most_pidfds(), 0U);
  EXPECT_LE(most_pidfds(), 4096U);
}

// ---- which processes ----

Process process(pid_t pid) {
  return {.id = {.pid = pid, .start_ticks = static_cast<std::uint64_t>(pid)}};
}

InstanceReport instance(pid_t pid, std::optional<pid_t> server) {
  InstanceReport made{.pm2 = {.name = "api",
                              .pm_id = 0,
                              .pid = pid,
                              .unique_id = "u-1",
                              .pm_uptime_ms = 7},
                      .start_unix_ms = 8,
                      .backend = Backend{}};
  if (server) made.backend->id = process(*server).id;
  return made;
}

std::vector<AppProcess> processes_of(const InstanceReport& seen) {
  const Snapshot snapshot{.processes = {process(10), process(14)}};
  const std::vector<AppReport> apps{
      {.home = "/srv/.pm2", .app = "api", .instances = {seen}}};
  return app_processes(apps, snapshot);
}

constexpr auto kApi = [] {
  return LaunchKey{
      .instance = {.home = "/srv/.pm2", .unique_id = "u-1", .pm_id = 0},
      .pm_uptime_ms = 7};
};

TEST(AppProcesses, are_pm2s_child_and_the_server_at_the_end_of_its_chain) {
  EXPECT_THAT(
      processes_of(instance(10, 14)),
      ElementsAre(
          AppProcess{.launch = kApi(), .id = process(10).id},
          AppProcess{.launch = kApi(), .id = process(14).id, .serves = true}));
}

TEST(AppProcesses, are_one_where_pm2s_child_serves) {
  EXPECT_THAT(processes_of(instance(10, 10)),
              ElementsAre(AppProcess{.launch = kApi(), .id = process(10).id}));
}

TEST(AppProcesses, are_none_where_the_listed_pid_is_not_valid) {
  InstanceReport stale = instance(10, std::nullopt);
  stale.start_unix_ms.reset();
  EXPECT_THAT(processes_of(stale), IsEmpty());
}

}  // namespace
}  // namespace strayd
