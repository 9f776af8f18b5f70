// How the trails of the instances grow: by what PM2 says, by what the kernel
// says, and by PM2's list.
#pragma once

#include <vector>

#include "strayd/core/causes.h"
#include "strayd/core/supervisor.h"

namespace strayd {

// The events of one scan.
void hear(Trails& trails, const Clues& clues);

// The ends, and what had hit the trees of those that ended. Those of instances
// that are not known are dropped.
void witness(Trails& trails, const Clues& clues);

// An instance as its home's list shows it, which was read before the events
// were taken. `unbroken`: no Gap of the home is among them.
void see(Trail& trail, const Pm2Instance& instance, bool unbroken);

// Drops what has explained the restarts that are counted by now, and what can't
// explain one any more.
void forget_explained(Trail& trail, const Pm2Instance& now);

}  // namespace strayd
