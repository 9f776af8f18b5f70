// Whether the wall clock was set between two scans, or the host suspended.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <utility>

#include "strayd/sys/suspended.h"

namespace strayd {

class ClockWatch {
 public:
  // `suspended`: for how long the host was, since it booted.
  explicit ClockWatch(
      std::function<std::chrono::nanoseconds()> suspended = time_suspended)
      : suspended_(std::move(suspended)), slept_(suspended_()) {}

  // Whether the host was suspended since the last call.
  bool was_suspended();

  // By how much it was stepped since the last call; nullopt: by a second at
  // most, which is how a clock is disciplined. `booted`: when the host booted,
  // by that clock.
  std::optional<std::chrono::milliseconds> step(
      std::chrono::milliseconds booted);

  // Looks at this host's clocks and logs a step.
  void look();

 private:
  std::function<std::chrono::nanoseconds()> suspended_;
  std::chrono::nanoseconds slept_;
  std::optional<std::chrono::milliseconds> booted_{};
};

}  // namespace strayd
