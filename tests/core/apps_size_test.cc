// The largest host that is promised, described whole.
#include <gtest/gtest.h>

#include "support/large_host.h"

namespace strayd {
namespace {

TEST(LargeHost, is_described_whole) {
  testing::AppWorld world = testing::large_host();
  world.look();
  const AppsPicture picture = world.look();
  ASSERT_EQ(picture.apps.size(), 200U);
  for (const AppReport& app : picture.apps) {
    EXPECT_EQ(app.instances.size(), 4U);
    EXPECT_EQ(app.usage->processes, 16U);
    EXPECT_EQ(app.ports->front().sockets, 4U);
    EXPECT_EQ(app.remotes->front().connections, 4U);
  }
  EXPECT_EQ(picture.strays->front().connections, 20U);
  EXPECT_EQ(world.wanted.settled.size(), 200U * 4 * 4);
  EXPECT_EQ(world.wanted.always.size(), 20U);
}

}  // namespace
}  // namespace strayd
