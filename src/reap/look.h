// The last look before signals: whoever may not be ended spares the whole tree.
#pragma once

#include <expected>

#include "strayd/core/process.h"

#include "tree.h"

namespace strayd {

struct Sight {
  // Living descendants that are no members. No veto speaks against them.
  bool grown = false;
};

// Looks at all members in a fresh snapshot, and at what lives below them.
// Members without a witness get it here.
std::expected<Sight, Veto> look(const ReaperPorts& ports, Tree& tree);

// The very last look at one process, without a snapshot: what it is now.
std::expected<Process, Veto> look_again(const ReaperPorts& ports,
                                        const Member& member);

}  // namespace strayd
