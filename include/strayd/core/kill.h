// A reap, as those see it who look at what came of it.
#pragma once

#include <string>

#include "strayd/core/process.h"

namespace strayd {

struct Kill {
  ProcId tree{};  // its root
  std::string rule{};

  bool operator==(const Kill&) const = default;
};

// A process whose exit was seen after a signal of ours.
struct Ended {
  ProcId id{};
  Kill kill{};
  BootTime signalled{};  // first
  BootTime gone{};

  bool operator==(const Ended&) const = default;
};

}  // namespace strayd
