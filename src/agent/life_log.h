// The births and ends between two scans, as the kernel told them. Pure.
#pragma once

#include <cstddef>
#include <optional>

#include "strayd/core/origins.h"
#include "strayd/proc/process_events.h"

namespace strayd {

class LifeLog {
 public:
  // Many more than a host has between two scans.
  static constexpr std::size_t kMost = 65'536;

  void note(const ProcessEventBatch& batch);

  // Those since the last time, in their order. A pid is used again, so that a
  // part of them would mislead: nullopt where more happened than was told, or
  // than is kept.
  std::optional<Life> take();

 private:
  std::optional<Life> life_{Life{}};
};

}  // namespace strayd
