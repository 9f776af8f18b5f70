// What the agent hands on of its kills, and when.
#include "kill_watch.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/world.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kHome;
using testing::kNow;
using ::testing::SizeIs;
using testing::World;

constexpr ProcId kOrphan{.pid = 900, .start_ticks = 1};
const AppKey kApp{.home = kHome, .app = "api"};

Reaped reaped(Outcome outcome) {
  return {
      .id = kOrphan, .tree = kOrphan, .rule = "tsx-server", .outcome = outcome};
}

const std::vector<AppFacts> kApps{{.app = kApp, .processes = {kOrphan}}};
const std::vector<Restart> kCrash{{.app = kApp, .cause = Cause::ExitCode}};
const KillTies kTies{{kApp, {.tie = Tie{}, .whole = true}}};

TEST(KillWatch, only_an_exit_that_was_seen_is_a_kill) {
  for (const Outcome outcome :
       {Outcome::Gone, Outcome::Refused, Outcome::Failed}) {
    KillWatch kills;
    kills.harms(kNow, kApps, {});
    kills.note(reaped(outcome), kNow);
    EXPECT_THAT(kills.harms(kNow + seconds{5}, kApps, kCrash).harms, IsEmpty());
  }
  for (const Outcome outcome : {Outcome::Terminated, Outcome::Killed}) {
    KillWatch kills;
    kills.harms(kNow, kApps, {});
    kills.note(reaped(outcome), kNow);
    EXPECT_THAT(kills.harms(kNow + seconds{5}, kApps, {}).harms, SizeIs(1));
  }
}

TEST(KillWatch, a_signal_is_watched_before_the_exit) {
  KillWatch kills;
  kills.harms(kNow, kApps, {});
  kills.begin({.root = kOrphan, .rule = "tsx-server"}, kTies, kNow);
  const std::vector<Harm> harms =
      kills.harms(kNow + seconds{5}, kApps, kCrash).harms;
  ASSERT_THAT(harms, SizeIs(1));
  EXPECT_EQ(harms[0].kill, (Kill{.tree = kOrphan, .rule = "tsx-server"}));
}

TEST(KillWatch, a_kill_that_signalled_nobody_is_not_watched) {
  KillWatch kills;
  kills.harms(kNow, kApps, {});
  const TreeOrder order{.root = kOrphan, .rule = "tsx-server"};
  const HarmRecord before = kills.record();
  kills.begin(order, kTies, kNow);
  kills.call_off();
  EXPECT_EQ(kills.record(), before) << "nor is there a window for it";
  EXPECT_THAT(kills.harms(kNow + seconds{5}, kApps, kCrash).harms, IsEmpty());
}

TEST(KillWatch, a_kill_outlives_the_strayd_that_began_it) {
  KillWatch kills;
  kills.harms(kNow, kApps, {});
  kills.begin({.root = kOrphan, .rule = "tsx-server"}, kTies, kNow);
  KillWatch next;
  next.restore(kills.record());
  EXPECT_THAT(next.harms(kNow + seconds{5}, kApps, kCrash).harms, SizeIs(1));
}

TEST(KillWatch, a_kill_is_told_once) {
  KillWatch kills;
  kills.harms(kNow, kApps, {});
  kills.begin({.root = kOrphan, .rule = "tsx-server"}, kTies, kNow);
  kills.note(reaped(Outcome::Killed), kNow);
  EXPECT_THAT(kills.harms(kNow + seconds{5}, kApps, {}).harms, SizeIs(1));
  EXPECT_THAT(kills.harms(kNow + seconds{600}, kApps, kCrash).harms, IsEmpty());
}

TEST(KillWatch, a_pardon_reaches_the_memory) {
  KillWatch kills;
  std::vector<AppFacts> apps = kApps;
  apps.push_back({.app = {.home = kHome, .app = "mail"}});
  kills.harms(kNow, apps, {});
  kills.note(reaped(Outcome::Killed), kNow);
  ASSERT_THAT(kills.harms(kNow + seconds{5}, apps, {}).harms, SizeIs(1));
  kills.pardon();
  const std::vector<Restart> crash{
      {.app = {.home = kHome, .app = "mail"}, .cause = Cause::Signal}};
  EXPECT_THAT(kills.harms(kNow + seconds{10}, apps, crash).harms, IsEmpty());
}

// A scan that failed judges nothing, and the ends before it are no less true.
TEST(KillWatch, an_end_before_a_failed_scan_is_remembered_for_returns) {
  KillWatch kills;
  World world;
  const auto stray = [&](pid_t pid, seconds started) {
    const ProcId id = world.server(pid, 1, started).id;
    return std::vector<Verdict>{
        {.id = id, .rule = "tsx-server", .tree = id, .kind = Standing::Stray}};
  };
  const std::vector<Verdict> first = stray(900, seconds{9'000});
  kills.harms(kNow, {}, {});
  kills.returned(world.snapshot, first);
  Reaped done = reaped(Outcome::Terminated);
  done.id = done.tree = first[0].id;
  kills.note(done, kNow + seconds{1});
  kills.harms(kNow + seconds{5}, {}, {});  // of the scan that failed
  world.snapshot.processes.pop_back();
  const std::vector<Verdict> second = stray(901, seconds{10'006});
  world.snapshot.taken = kNow + seconds{10};
  kills.harms(world.snapshot.taken, {}, {});
  EXPECT_THAT(kills.returned(world.snapshot, second), SizeIs(1));
}

// What was ended is told to both who look at what came of it.
TEST(KillWatch, the_third_return_in_a_row_is_kept) {
  KillWatch kills;
  World world;
  KeptKeys kept;
  BootTime now = kNow;
  const auto scan = [&](std::span<const Verdict> verdicts) {
    kills.harms(now, {}, {});
    world.snapshot.taken = now;
    kept = kills.kept(std::move(kept), world.snapshot, verdicts, {});
    return kills.returned(world.snapshot, verdicts);
  };
  for (pid_t pid = 900;; ++pid) {
    Process& server = world.server(pid, 1);
    server.started = now - seconds{1};
    server.id.start_ticks = static_cast<std::uint64_t>(pid);
    const std::vector<Verdict> verdicts{{.id = server.id,
                                         .rule = "tsx-server",
                                         .tree = server.id,
                                         .kind = Standing::Stray}};
    EXPECT_THAT(scan(verdicts), SizeIs(pid == 900 ? 0 : 1));
    if (pid == 903) break;
    EXPECT_THAT(kept, IsEmpty());
    Reaped done = reaped(Outcome::Terminated);
    done.id = done.tree = server.id;
    kills.note(done, now + seconds{1});
    world.snapshot.processes.pop_back();
    now += seconds{5};
  }
  ASSERT_THAT(kept, SizeIs(1));
  EXPECT_EQ(kept.begin()->second.within, seconds{3});
}

}  // namespace
}  // namespace strayd
