// For how long this host was suspended since it booted: what CLOCK_BOOTTIME
// counts, and CLOCK_MONOTONIC does not (clock_gettime(2)).
#pragma once

#include <chrono>

#include "strayd/sys/os.h"

namespace strayd {

inline std::chrono::nanoseconds time_suspended() {
  return boot_time() - steady_time();
}

}  // namespace strayd
