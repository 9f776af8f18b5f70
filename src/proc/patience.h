// How long a helper without progress is waited for. Time in which it had no
// CPU, or in which the whole machine stood still, says nothing of the file that
// it reads.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace strayd {

class Patience {
 public:
  Patience(pid_t helper, std::chrono::nanoseconds timeout);

  // How long to wait at most between two looks: progress is only seen when
  // somebody looks.
  std::chrono::milliseconds slice() const { return slice_; }
  // There was progress.
  void renew();
  // After a wait without progress: whether that was the last.
  bool is_over();

 private:
  bool waits_for_cpu();

  pid_t helper_;
  std::chrono::nanoseconds timeout_;
  std::chrono::milliseconds slice_;
  std::chrono::nanoseconds looked_;
  std::chrono::nanoseconds idle_{};
  std::chrono::nanoseconds starved_{};
  std::optional<std::uint64_t> cpu_ticks_{};
};

}  // namespace strayd
