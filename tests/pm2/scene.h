// Snapshots as literals, with the test process itself where a daemon listens.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "strayd/core/process.h"
#include "strayd/pm2/observe.h"

namespace strayd::test {

inline std::string god_title(const std::string& home) {
  return "PM2 v7.0.4: God Daemon (" + home + ")";
}

inline ProcId id(pid_t pid, std::uint64_t start_ticks) {
  return {.pid = pid, .start_ticks = start_ticks};
}

inline Process process(pid_t pid, std::vector<std::string> argv) {
  return {.id = {.pid = pid, .start_ticks = 100},
          .parent = 1,
          .state = 'S',
          .started = std::chrono::seconds{1},
          .comm = "node",
          .uid = ::geteuid(),
          .pid_namespace_depth = 1,
          .argv = std::move(argv)};
}

inline Process god(pid_t pid, const std::string& home) {
  return process(pid, {god_title(home)});
}

// This very process, in which the fake daemons are threads.
inline Process me_as_god(const std::string& home) {
  return god(::getpid(), home);
}
inline Process me_as_node() {
  return process(::getpid(), {"node", "x.js"});
}

inline Snapshot snapshot_of(std::vector<Process> processes) {
  return {.taken = std::chrono::seconds{1000},
          .boot_epoch_ms = 0,
          .boot_id = "boot",
          .self = {},
          .processes = std::move(processes)};
}

// The one home, as it is found in this snapshot.
inline Pm2Home home_in(const Snapshot& snapshot, const std::string& path) {
  const std::vector<std::string> configured{path};
  return pm2_homes(snapshot, configured, false, Memory{}).at(0);
}

inline constexpr std::chrono::milliseconds kLong{10'000};
inline constexpr std::chrono::milliseconds kShort{100};

// What became of asking this home alone.
inline Pm2View ask(const Snapshot& snapshot,
                   const Pm2Home& home,
                   std::chrono::milliseconds timeout = kLong) {
  const std::vector homes{home};
  return ask_pm2(homes, snapshot, timeout).at(0);
}

inline Pm2View ask(const Snapshot& snapshot,
                   const std::string& home,
                   std::chrono::milliseconds timeout = kLong) {
  return ask(snapshot, home_in(snapshot, home), timeout);
}

}  // namespace strayd::test
