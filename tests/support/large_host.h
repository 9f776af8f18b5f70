// A host of the largest size that is promised to be described quickly: 200 apps
// of 4 instances on 10 000 processes, with their sockets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/app_world.h"

namespace strayd::testing {

inline constexpr int kLargeApps = 200;
inline constexpr int kLargeInstances = 4;
inline constexpr int kLargeProcesses = 10'000;

// npm, sh, tsx and the server of one instance.
inline Pm2Instance add_instance(AppWorld& world, int app, int slot, pid_t pid) {
  world.process(pid, 5, seconds{100}, {"npm run dev"});
  world.process(pid + 1,
                pid,
                seconds{101},
                {"sh", "-c", "tsx watch src/server.ts"},
                "/usr/bin/dash");
  world.process(pid + 2,
                pid + 1,
                seconds{102},
                {"node", "/x/.bin/tsx", "watch", "src/server.ts"});
  world.server(pid + 3, pid + 2, seconds{103}).cwd =
      "/srv/app" + std::to_string(app);
  const auto port = static_cast<std::uint16_t>(3000 + app);
  world.listen(pid + 3, port);
  world.trade(pid + 3, std::chrono::seconds{1});
  for (int i = 0; i < 10; ++i) {
    world.connect(pid + 3, {.local = {.port = port}});
  }
  Pm2Instance instance = AppWorld::app("app" + std::to_string(app), pid);
  instance.pm_id = app * kLargeInstances + slot;
  return instance;
}

inline AppWorld large_host() {
  AppWorld world;
  world.god(5);
  std::vector<Pm2Instance> listed;
  pid_t next = 10;
  for (int app = 0; app < kLargeApps; ++app) {
    for (int slot = 0; slot < kLargeInstances; ++slot, next += 4) {
      listed.push_back(add_instance(world, app, slot, next));
    }
  }
  for (int i = 0; i < 20; ++i, ++next) {
    world.server(next, 1, seconds{200});
    world.listen(next, static_cast<std::uint16_t>(3000 + i));
    world.trade(next);
  }
  while (world.snapshot.processes.size() < kLargeProcesses) {
    world.process(next++, 1, seconds{10}, {"sleep"}, "/usr/bin/sleep");
  }
  world.answers(5, listed);
  return world;
}

}  // namespace strayd::testing
