// Whether the wall clock was set between two scans.
#pragma once

#include <chrono>
#include <optional>

namespace strayd {

class ClockWatch {
 public:
  // By how much it was stepped since the last call; nullopt: by a second at
  // most, which is how a clock is disciplined. `booted`: when the host booted,
  // by that clock.
  std::optional<std::chrono::milliseconds> step(
      std::chrono::milliseconds booted);

  // Looks at this host's clocks and logs a step.
  void look();

 private:
  std::optional<std::chrono::milliseconds> booted_{};
};

}  // namespace strayd
