// What strayd was told: by its configuration, and by whoever started it.
#pragma once

#include "strayd/agent/scanner.h"
#include "strayd/config/config.h"

namespace strayd {

// Kept in one place, and borrowed by all who ask what holds now: a reload
// changes it for everybody at once.
struct Terms {
  Config config{};
  Wish wish = Wish::Look;
};

}  // namespace strayd
