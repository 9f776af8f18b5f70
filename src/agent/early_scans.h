// When a scan before the next interval is worth while, and no sooner than it
// may come.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "strayd/core/origins.h"
#include "strayd/core/process.h"
#include "strayd/core/verdict.h"

#include "wake_ups.h"

namespace strayd {

class EarlyScans {
 public:
  // See WakeUps.
  EarlyScans(std::function<bool(const ProcId&)> has, std::size_t most)
      : wakes_(std::move(has), most) {}

  // From now on events bring scans on; those of the kernel where it tells them.
  void listen();

  // The descriptor of PM2's bus goes with most calls; -1: there is none.
  //
  // Takes what came.
  void heed(int bus);
  // A scan begins: all that happened before is in it.
  void begin(int bus);
  // It ended well: what is below whom is known.
  void know(std::span<const Verdict> verdicts);
  void end(std::chrono::nanoseconds duration);

  // Once in a scan: who was born and who ended before it began. Empty where
  // nobody told of it, or not of all.
  Life take_life();

  // More happened than was told, since the last scan that ended well.
  bool lost() const { return lost_; }

  // Readable when there is something to heed, or at the deadline.
  std::vector<int> fds(int bus) const;
  std::optional<std::chrono::nanoseconds> deadline() const;

  // When the next scan is due, before the interval is; nullopt: it is not.
  // `ripens`: when it would count for a suspicion. steady_time().
  std::optional<std::chrono::nanoseconds> due(
      std::optional<BootTime> ripens) const;

 private:
  void heed(int bus, std::chrono::nanoseconds now);

  WakeUps wakes_;
  bool listens_ = false;
  bool woken_ = false;  // since the last scan began
  bool lost_ = false;
  std::chrono::nanoseconds ended_{};  // of the last scan
  std::chrono::nanoseconds took_{};
};

}  // namespace strayd
