// Whatever a tree looks like and whatever goes wrong: each process that was
// promised something, and each that was ordered, is accounted for once.
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "puppet.h"
#include "support/pid_namespace.h"
#include "world.h"

namespace strayd::test {
namespace {

using Dice = std::minstd_rand;

constexpr int kDepth = 3;

bool one_in(Dice& dice, unsigned sides) {
  return dice() / 64 % sides == 0;
}

// A random tree of sleepers; some ignore SIGTERM, some will exit by
// themselves, some start a child on SIGTERM.
void grow(int depth, Dice& dice) {
  for (int child = 0; child < 3 && depth > 0; ++child) {
    if (one_in(dice, 2)) continue;
    const Dice::result_type seed = dice();
    if (::fork() != 0) continue;
    dice.seed(seed);
    --depth;
    child = -1;
  }
  if (one_in(dice, 3)) std::signal(SIGTERM, SIG_IGN);
  if (one_in(dice, 4)) {
    std::signal(SIGTERM, [](int) {
      if (::fork() != 0) ::_exit(0);
    });
  }
  if (depth < kDepth && one_in(dice, 8)) {
    ::poll(nullptr, 0, static_cast<int>(dice() % 40));
    ::_exit(0);
  }
  sleep_for_ever();
}

void expect_accounts(const World& world, const TreeOrder& order) {
  std::map<ProcId, int> accounts;
  for (const Reaped& reaped : world.outcomes) ++accounts[reaped.id];
  std::set<ProcId> due(order.members.begin(), order.members.end());
  for (const Promised& one : world.promised) due.insert(one.id);
  for (const ProcId& id : due) EXPECT_EQ(accounts[id], 1) << id.pid;
  EXPECT_EQ(accounts.size(), due.size());
}

void expect_nobody_stopped() {
  for (const pid_t pid : living_work()) {
    EXPECT_TRUE(eventually([&] { return state_of(pid) != 'T'; }));
  }
}

// Something goes wrong at a random moment.
void make_trouble(World& world, Dice& dice) {
  const auto when = static_cast<int>(dice() % 30);
  const auto what = dice() / 64 % 5;
  auto calls = std::make_shared<int>(0);
  const auto now = [calls, when] {
    return ++*calls == when;
  };
  if (what == 0) {
    world.on_claim = [now](const ProcId&) -> std::optional<Claim> {
      if (!now()) return std::nullopt;
      return a_claim("at random");
    };
  } else if (what == 1) {
    world.on_intend = [now](std::span<const Intent>) -> Result<void> {
      if (!now()) return {};
      return fail(Fault::Exhausted, "at random");
    };
  } else if (what == 2) {
    world.on_stopping = [now] {
      return now();
    };
  } else if (what == 3) {
    world.on_snapshot = [now, &world] {
      world.fail_snapshot = now();
    };
  }
}

TEST(Account, tells_one_outcome_for_each_process_of_random_trees) {
  constexpr unsigned kSeeds = 60;
  in_pid_namespace([] {
    std::signal(SIGCHLD, SIG_IGN);
    for (unsigned seed = 1; seed <= kSeeds; ++seed) {
      SCOPED_TRACE(testing::Message() << "seed " << seed);
      Dice dice(std::uint64_t{seed} * 7919);
      World world;
      const pid_t root = start([&](const auto& ready) {
        ready();
        grow(kDepth, dice);
      });
      dice.discard(100);
      const auto grace = std::chrono::milliseconds{dice() % 12};
      const TreeOrder order = world.order(root, grace);
      world.hold(order);
      make_trouble(world, dice);
      world.reaper.begin(order);
      if (one_in(dice, 4)) world.reaper.abandon();
      world.run();
      expect_accounts(world, order);
      expect_nobody_stopped();
      EXPECT_EQ(world.reaper.awaited(), 0U);
      EXPECT_TRUE(eventually([] {
        const std::vector<pid_t> left = living_work();
        for (const pid_t pid : left) ::kill(pid, SIGKILL);
        return left.empty();
      }));
    }
  });
}

std::size_t open_fds() {
  using std::filesystem::directory_iterator;
  return static_cast<std::size_t>(
      std::distance(directory_iterator("/proc/self/fd"), {}));
}

TEST(Account, leaves_no_descriptor_open) {
  in_pid_namespace([] {
    World world;
    const std::size_t before = open_fds();
    for (int round = 0; round < 5; ++round) {
      const Puppet root;
      root.do_now('f');
      const TreeOrder order = world.order(root.pid());
      world.hold(order);
      EXPECT_GT(open_fds(), before);
      root.do_now('f');
      world.reaper.begin(order);
      world.run();
    }
    world.reaper.hold({});
    EXPECT_EQ(open_fds(), before);
  });
}

TEST(Account, lets_go_of_what_is_no_longer_suspected) {
  in_pid_namespace([] {
    World world;
    const std::size_t before = open_fds();
    const TreeOrder first = world.order(start_sleeper());
    const TreeOrder second = world.order(start_sleeper());
    world.hold(first);
    world.hold(second);
    EXPECT_EQ(open_fds(), before + 1);
    world.reaper.begin(first);
    EXPECT_EQ(world.outcome_of(first.root)->outcome, Outcome::Refused);
  });
}

TEST(Account, without_descriptors_nothing_is_watched_and_nothing_ended) {
  in_pid_namespace([] {
    World world;
    const TreeOrder order = world.order(start_sleeper());
    const Process seen = world.process(order.root.pid);
    const std::array members{&seen};
    const rlimit none{.rlim_cur = 0, .rlim_max = 1024};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    world.reaper.hold(members);
    world.reaper.begin(order);
    EXPECT_EQ(world.outcome_of(order.root)->outcome, Outcome::Refused);
    EXPECT_EQ(::kill(order.root.pid, 0), 0);
    EXPECT_TRUE(world.promised.empty());
  });
}

}  // namespace
}  // namespace strayd::test
