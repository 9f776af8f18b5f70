// A PM2 that is gone: for how long it holds what it may have owned.
#include <gtest/gtest.h>

#include "strayd/core/judge.h"

#include "core/expect.h"

namespace strayd {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::expect;
using testing::kHome;
using testing::kNow;
using testing::World;

// What it is at this time before now.
void is_quiet(World& world, Pm2Quiet kind, seconds ago) {
  world.pm2 = {{.home = kHome,
                .uid = 1000,
                .reply = std::unexpected(
                    Pm2Silence{.kind = kind, .why = "it is quiet"})}};
  Snapshot then = world.snapshot;
  then.taken = kNow - ago;
  world.memory = remember(world.memory, then, world.pm2);
}

TEST(Loss, counts_from_the_death_and_not_from_the_silence_before_it) {
  World world;
  world.server(10, 1);
  is_quiet(world, Pm2Quiet::Silent, minutes{20});
  is_quiet(world, Pm2Quiet::Dead, minutes{9});
  is_quiet(world, Pm2Quiet::Dead, seconds{0});
  expect(world, 10, Standing::Held, Why::Pm2Lost);
}

TEST(Loss, is_over_some_time_after_the_death) {
  World world;
  world.server(10, 1);
  is_quiet(world, Pm2Quiet::Silent, minutes{20});
  is_quiet(world, Pm2Quiet::Dead, minutes{11});
  is_quiet(world, Pm2Quiet::Dead, seconds{0});
  expect(world, 10, Standing::Stray, Why::NoOwner);
}

}  // namespace
}  // namespace strayd
