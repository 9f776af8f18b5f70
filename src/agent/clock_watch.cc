#include "clock_watch.h"

#include <utility>

#include <spdlog/spdlog.h>

#include "strayd/sys/os.h"

namespace strayd {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kDisciplined{1000};
// Two clocks that were read further apart say nothing of one another.
constexpr milliseconds kAtOnce{100};
constexpr std::chrono::seconds kSleep{5};

}  // namespace

bool ClockWatch::was_suspended() {
  const std::chrono::nanoseconds now = suspended_();
  return now - std::exchange(slept_, now) > kSleep;
}

std::optional<milliseconds> ClockWatch::step(milliseconds booted) {
  const milliseconds by = booted - booted_.value_or(booted);
  booted_ = booted;
  return abs(by) > kDisciplined ? std::optional(by) : std::nullopt;
}

void ClockWatch::look() {
  const BootTime before = boot_time();
  const milliseconds wall{unix_ms()};
  if (boot_time() - before > kAtOnce) return;
  const std::optional<milliseconds> by =
      step(wall - std::chrono::duration_cast<milliseconds>(before));
  if (!by) return;
  spdlog::warn(
      "the wall clock was set by {:+.1f}s: who a process is does not rest on "
      "it, but the times that are told do",
      std::chrono::duration<double>(*by).count());
}

}  // namespace strayd
