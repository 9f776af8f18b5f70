// How long the apps of a large host take; prints, and judges nothing. Not part
// of any test:
//
//   ninja -C build/dev apps_timing && build/dev/tests/core/apps_timing [SCANS]
#include <chrono>
#include <cstdio>
#include <string>

#include "support/large_host.h"

namespace strayd {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin)
      .count();
}

void time_scan(testing::AppWorld& world) {
  Clock::time_point begin = Clock::now();
  world.read();
  std::printf("judge and holders_wanted %7.2f ms\n", milliseconds_since(begin));
  begin = Clock::now();
  (void)holders_wanted(world.blind_evidence(), world.seen);
  std::printf("holders_wanted           %7.2f ms, %zu processes\n",
              milliseconds_since(begin),
              world.wanted.always.size() + world.wanted.settled.size());
  begin = Clock::now();
  const AppsPicture picture = world.observe();
  std::printf("observe_apps             %7.2f ms, %zu apps\n\n",
              milliseconds_since(begin),
              picture.apps.size());
}

}  // namespace
}  // namespace strayd

int main(int argc, char** argv) {
  const int scans = argc > 1 ? std::stoi(argv[1]) : 5;
  strayd::testing::AppWorld world = strayd::testing::large_host();
  for (int i = 0; i < scans; ++i) strayd::time_scan(world);
  return 0;
}
