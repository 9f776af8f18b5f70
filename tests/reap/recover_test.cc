// A new strayd takes over what an ended one had promised.
#include "strayd/reap/recover.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "puppet.h"
#include "support/pid_namespace.h"
#include "world.h"

namespace strayd::test {
namespace {

constexpr const char* kBoot = "this-boot";

Recovered recover_one(const ProcId& id, Step step, const char* boot = kBoot) {
  const LeftOver left{
      .reap = "1-2-3", .id = id, .boot_id = boot, .last_step = step};
  const std::vector<Recovered> all = recover({&left, 1}, kBoot);
  EXPECT_EQ(all.size(), 1U);
  return all.front();
}

pid_t start_stopped() {
  const pid_t pid = start_sleeper();
  EXPECT_EQ(::kill(pid, SIGSTOP), 0);
  EXPECT_TRUE(eventually([&] { return state_of(pid) == 'T'; }));
  return pid;
}

TEST(Recover, lets_the_frozen_go_on_and_ends_nobody) {
  in_pid_namespace([] {
    World world;
    for (const Step step : {Step::Freeze, Step::Kill}) {
      const pid_t pid = start_stopped();
      const Recovered recovered = recover_one(world.id(pid), step);
      EXPECT_EQ(recovered.finding, Finding::Thawed);
      EXPECT_EQ(recovered.left.reap, "1-2-3");
      EXPECT_TRUE(is_running(pid));
      EXPECT_NE(state_of(pid), 'T');
    }
  });
}

TEST(Recover, leaves_what_somebody_else_stopped) {
  in_pid_namespace([] {
    World world;
    const pid_t pid = start_stopped();
    EXPECT_EQ(recover_one(world.id(pid), Step::Terminate).finding,
              Finding::StillAlive);
    EXPECT_EQ(state_of(pid), 'T');
  });
}

TEST(Recover, says_alive_of_what_lives) {
  in_pid_namespace([] {
    World world;
    const pid_t pid = start_sleeper();
    EXPECT_EQ(recover_one(world.id(pid), Step::Freeze).finding,
              Finding::StillAlive);
    EXPECT_TRUE(is_running(pid));
  });
}

// Run without CAP_KILL after a crash with it.
TEST(Recover, says_of_whom_it_may_not_let_go_on_and_why) {
  in_pid_namespace([] {
    World world;
    const pid_t pid = start_stopped();
    const ProcId id = world.id(pid);
    // A SIGCONT within a session is everybody's.
    ASSERT_NE(::setsid(), -1);
    ASSERT_EQ(::setresuid(65534, 65534, 0), 0);
    const Recovered recovered = recover_one(id, Step::Freeze);
    ASSERT_EQ(::setresuid(0, 0, 0), 0);
    EXPECT_EQ(recovered.finding, Finding::StillAlive);
    EXPECT_NE(recovered.detail, "");
    EXPECT_EQ(state_of(pid), 'T');
  });
}

TEST(Recover, does_not_call_gone_what_it_could_not_look_at) {
  in_pid_namespace([] {
    World world;
    const pid_t pid = start_stopped();
    const ProcId id = world.id(pid);
    rlimit files{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
    const int next = ::dup(0);  // the one that a pidfd takes
    ::close(next);
    const rlimit few{.rlim_cur = static_cast<rlim_t>(next) + 1,
                     .rlim_max = files.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    const Recovered recovered = recover_one(id, Step::Freeze);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
    EXPECT_EQ(recovered.finding, Finding::StillAlive);
    EXPECT_NE(recovered.detail, "");
  });
}

TEST(Recover, says_exited_of_zombies_and_of_what_is_gone) {
  in_pid_namespace([] {
    World world;
    const pid_t pid = start_sleeper();
    const ProcId id = world.id(pid);
    ASSERT_EQ(::kill(pid, SIGKILL), 0);
    ASSERT_TRUE(eventually([&] { return state_of(pid) == 'Z'; }));
    EXPECT_EQ(recover_one(id, Step::Kill).finding, Finding::Exited);
    ASSERT_EQ(::waitpid(pid, nullptr, 0), pid);
    EXPECT_EQ(recover_one(id, Step::Kill).finding, Finding::Exited);
  });
}

TEST(Recover, does_not_touch_another_process_under_the_same_pid) {
  in_pid_namespace([] {
    World world;
    const pid_t pid = start_stopped();
    ProcId id = world.id(pid);
    --id.start_ticks;
    EXPECT_EQ(recover_one(id, Step::Freeze).finding, Finding::Exited);
    EXPECT_EQ(state_of(pid), 'T');
  });
}

TEST(Recover, does_not_touch_a_process_of_another_boot) {
  in_pid_namespace([] {
    World world;
    const pid_t pid = start_stopped();
    EXPECT_EQ(recover_one(world.id(pid), Step::Freeze, "last-boot").finding,
              Finding::Exited);
    EXPECT_EQ(state_of(pid), 'T');
  });
}

}  // namespace
}  // namespace strayd::test
