// A signal reaches the process that was judged, and no other.
#include <linux/sched.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "strayd/sys/os.h"

#include "../../src/reap/grip.h"
#include "puppet.h"
#include "support/pid_namespace.h"
#include "support/temp_dir.h"
#include "world.h"

namespace strayd::test {
namespace {

// A sleeping child that has this pid (clone3, Linux 5.5).
bool start_sleeper_as(pid_t pid) {
  pid_t wanted = pid;
  clone_args how{};
  how.exit_signal = SIGCHLD;
  how.set_tid = reinterpret_cast<std::uintptr_t>(&wanted);
  how.set_tid_size = 1;
  const long child = ::syscall(SYS_clone3, &how, sizeof how);
  if (child == 0) sleep_for_ever();
  return child == pid;
}

void end_child(pid_t pid) {
  ASSERT_EQ(::kill(pid, SIGKILL), 0);
  ASSERT_EQ(::waitpid(pid, nullptr, 0), pid);
}

Result<Grip> open_now(pid_t pid, World& world) {
  return Grip::open(world.id(pid), [](const ProcId&) { return true; });
}

// The innocent runs the same program with the same arguments and mostly was
// born in the same clock tick, so that nothing in /proc tells them apart.
TEST(Identity, a_reused_pid_is_never_signalled) {
  in_pid_namespace([] {
    World world;
    int same_tick = 0;
    for (int trial = 0; trial < 50; ++trial) {
      const pid_t pid = start_sleeper();
      const TreeOrder order = world.order(pid);
      world.hold(order);
      end_child(pid);
      ASSERT_TRUE(start_sleeper_as(pid));
      world.reaper.begin(order);
      EXPECT_EQ(world.outcome_of(order.root)->outcome, Outcome::Gone);
      EXPECT_EQ(world.reaper.awaited(), 0U);
      EXPECT_TRUE(is_running(pid));
      if (world.id(pid) == order.root) ++same_tick;
      end_child(pid);
      world.outcomes.clear();
    }
    RecordProperty("same_tick", same_tick);
  });
}

// The last read sees the innocent, and can't tell it from the suspect.
TEST(Identity, a_pid_reused_after_the_last_look_is_never_signalled) {
  in_pid_namespace([] {
    World world;
    for (int trial = 0; trial < 50; ++trial) {
      const pid_t pid = start_sleeper();
      const TreeOrder order = world.order(pid);
      world.hold(order);
      bool reused = false;
      // The first read after the snapshot of the last look.
      world.on_read = [&](const ProcId&) {
        if (std::exchange(reused, true)) return;
        end_child(pid);
        ASSERT_TRUE(start_sleeper_as(pid));
      };
      world.reaper.begin(order);
      EXPECT_TRUE(reused);
      EXPECT_EQ(world.outcome_of(order.root)->outcome, Outcome::Gone);
      EXPECT_TRUE(is_running(pid));
      world.on_read = [](const ProcId&) {
      };
      end_child(pid);
      world.outcomes.clear();
    }
  });
}

TEST(Identity, a_pid_reused_in_the_grace_is_never_killed) {
  in_pid_namespace([] {
    World world;
    const pid_t pid = start_term_ignorer();
    const TreeOrder order = world.order(pid, std::chrono::nanoseconds{1});
    world.hold(order);
    world.reaper.begin(order);
    end_child(pid);
    ASSERT_TRUE(start_sleeper_as(pid));
    world.run();
    EXPECT_EQ(world.outcome_of(order.root)->outcome, Outcome::Terminated);
    EXPECT_TRUE(is_running(pid));
  });
}

TEST(Identity, a_pid_reused_before_the_watch_is_not_taken_for_the_suspect) {
  in_pid_namespace([] {
    World world;
    const pid_t pid = start_sleeper();
    const TreeOrder order = world.order(pid);
    const Process seen = world.process(pid);
    const std::array members{&seen};
    end_child(pid);
    // Not in the same tick, or there would be no difference to find.
    ASSERT_TRUE(eventually([&] {
      const pid_t other = start_sleeper();
      const bool later = world.id(other).start_ticks > seen.id.start_ticks;
      end_child(other);
      return later;
    }));
    ASSERT_TRUE(start_sleeper_as(pid));
    world.reaper.hold(members);
    world.reaper.begin(order);
    EXPECT_TRUE(is_running(pid));
    EXPECT_EQ(world.outcome_of(order.root)->outcome, Outcome::Gone);
  });
}

TEST(Identity, a_program_that_was_changed_since_the_watch_began_is_refused) {
  in_pid_namespace([] {
    World world;
    const Puppet puppet;
    const TreeOrder order = world.order(puppet.pid());
    world.hold(order);
    puppet.order('x');
    ASSERT_TRUE(became_sleep(puppet.pid()));
    world.reap(order);
    const auto outcome = world.outcome_of(order.root);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->outcome, Outcome::Refused);
    EXPECT_EQ(outcome->failure, FailureWhy::Changed);
    EXPECT_TRUE(is_running(puppet.pid()));
  });
}

TEST(Identity, an_exec_between_the_last_look_and_the_signal_is_refused) {
  in_pid_namespace([] {
    World world;
    const Puppet puppet;
    const TreeOrder order = world.order(puppet.pid());
    world.hold(order);
    bool changed = false;
    // The first read after the snapshot of the last look.
    world.on_read = [&](const ProcId&) {
      if (changed) return;
      changed = true;
      puppet.order('x');
      EXPECT_TRUE(became_sleep(puppet.pid()));
    };
    world.reaper.begin(order);
    EXPECT_TRUE(changed);
    EXPECT_EQ(world.outcome_of(order.root)->failure, FailureWhy::Changed);
    EXPECT_TRUE(is_running(puppet.pid()));
  });
}

TEST(Identity, another_program_in_the_grace_is_not_killed) {
  in_pid_namespace([] {
    World world;
    const Puppet puppet;
    puppet.do_now('i');
    const TreeOrder order =
        world.order(puppet.pid(), std::chrono::nanoseconds{1});
    world.hold(order);
    world.reaper.begin(order);
    puppet.order('x');
    ASSERT_TRUE(became_sleep(puppet.pid()));
    world.run();
    const auto outcome = world.outcome_of(order.root);
    EXPECT_EQ(outcome->outcome, Outcome::Refused);
    EXPECT_EQ(outcome->failure, FailureWhy::Changed);
    EXPECT_TRUE(is_running(puppet.pid()));
    EXPECT_NE(state_of(puppet.pid()), 'T');
  });
}

TEST(Identity, a_process_that_changes_its_title_all_the_time_is_ended) {
  in_pid_namespace([] {
    World world;
    const Puppet puppet;
    const TreeOrder order = world.order(puppet.pid());
    world.hold(order);
    const Process held = world.process(puppet.pid());
    int looks = 0;
    world.on_snapshot = [&] {
      puppet.do_now('t');
    };
    world.on_read = [&](const ProcId&) {
      puppet.do_now('t');
      ++looks;
    };
    world.reaper.begin(order);
    EXPECT_GT(looks, 0);
    EXPECT_NE(world.process(puppet.pid()).argv, held.argv);
    world.run();
    EXPECT_EQ(world.outcome_of(order.root)->outcome, Outcome::Terminated);
  });
}

// A shell that reads a script from its file, and executes itself on it again
// whenever it is told to: in words and program it is always the same.
class SelfExecuting {
 public:
  SelfExecuting() {
    std::ofstream(script()) << "read go && exec /bin/sh " << script() << "\n";
    pid_ = start([this](const auto& ready) {
      ::dup2(go_.out.get(), STDIN_FILENO);
      ready();
      ::execl("/bin/sh", "/bin/sh", script().c_str(), nullptr);
      ::_exit(127);
    });
    EXPECT_TRUE(eventually([this] {
      const Result<std::string> words =
          read_file("/proc/" + std::to_string(pid_) + "/cmdline", 4096);
      return words && words->starts_with("/bin/sh");
    }));
  }

  pid_t pid() const { return pid_; }
  void execute_again(World& world) const {
    const Process before = world.process(pid_);
    say(go_.in, '\n');
    EXPECT_TRUE(eventually([&] {
      const Process now = world.process(pid_);
      return now.argv == before.argv && now.argv_at != before.argv_at;
    }));
  }

 private:
  std::string script() const { return dir_ / "again"; }

  TempDir dir_{};
  Pipe go_{};
  pid_t pid_ = 0;
};

TEST(Identity, an_exec_of_the_same_program_with_the_same_words_is_refused) {
  in_pid_namespace([] {
    World world;
    const SelfExecuting shell;
    const TreeOrder order = world.order(shell.pid());
    world.hold(order);
    shell.execute_again(world);
    world.reaper.begin(order);
    EXPECT_EQ(world.outcome_of(order.root)->failure, FailureWhy::Changed);
    EXPECT_TRUE(is_running(shell.pid()));
  });
}

TEST(Identity, the_watch_does_not_begin_behind_an_exec_with_the_same_words) {
  in_pid_namespace([] {
    World world;
    const SelfExecuting shell;
    const TreeOrder order = world.order(shell.pid());
    const Process seen = world.process(shell.pid());
    const std::array members{&seen};
    shell.execute_again(world);
    world.reaper.hold(members);
    world.reaper.begin(order);
    EXPECT_EQ(world.outcome_of(order.root)->failure, FailureWhy::Changed);
    EXPECT_TRUE(is_running(shell.pid()));
  });
}

TEST(Identity, after_a_refusal_it_is_seen_anew) {
  in_pid_namespace([] {
    World world;
    const Puppet puppet;
    const TreeOrder order = world.order(puppet.pid());
    world.hold(order);
    puppet.order('x');
    ASSERT_TRUE(became_sleep(puppet.pid()));
    world.reap(order);
    EXPECT_EQ(world.outcome_of(order.root)->failure, FailureWhy::Changed);
    world.outcomes.clear();
    world.reap(order);
    EXPECT_EQ(world.outcome_of(order.root)->outcome, Outcome::Terminated);
  });
}

TEST(Identity, the_watch_does_not_begin_where_the_snapshot_is_outdated) {
  in_pid_namespace([] {
    World world;
    const Puppet puppet;
    const TreeOrder order = world.order(puppet.pid());
    const Process seen = world.process(puppet.pid());
    const std::array members{&seen};
    puppet.order('x');
    ASSERT_TRUE(became_sleep(puppet.pid()));
    world.reaper.hold(members);
    world.reaper.begin(order);
    EXPECT_EQ(world.outcome_of(order.root)->failure, FailureWhy::Changed);
    EXPECT_TRUE(is_running(puppet.pid()));
  });
}

TEST(Identity, init_and_ourselves_cannot_even_be_held) {
  in_pid_namespace([] {
    World world;
    const Result<Grip> init = open_now(1, world);
    ASSERT_FALSE(init);
    EXPECT_EQ(init.error().fault, Fault::Denied);
    const pid_t child = start([](const auto& ready) {
      const auto yes = [](const ProcId&) {
        return true;
      };
      EXPECT_FALSE(Grip::open({.pid = ::getpid()}, yes));
      EXPECT_FALSE(Grip::open({.pid = 0}, yes));
      EXPECT_FALSE(Grip::open({.pid = -1}, yes));
      if (!testing::Test::HasFailure()) ready();
    });
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  });
}

TEST(Identity, a_pidfd_sends_no_signal_that_is_not_of_a_reap) {
  in_pid_namespace([] {
    World world;
    const Result<Grip> sleeper = open_now(start_sleeper(), world);
    ASSERT_TRUE(sleeper);
    const Result<void> sent = sleeper->signal(SIGHUP);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().fault, Fault::Malformed);
    EXPECT_FALSE(sleeper->exited());
    EXPECT_TRUE(sleeper->signal(SIGKILL));
    EXPECT_TRUE(eventually([&] { return sleeper->exited(); }));
    EXPECT_FALSE(Grip{}.signal(SIGTERM));
    EXPECT_TRUE(Grip{}.exited());
  });
}

}  // namespace
}  // namespace strayd::test
