// One agent for one state directory: two would write one state.
#pragma once

#include <string>

#include "strayd/core/result.h"
#include "strayd/sys/fd.h"

namespace strayd {

// The agent's own. Held until the descriptor is closed. Exhausted: another
// strayd holds it. Where the directory can't be used there is no lock, and an
// empty descriptor.
Result<UniqueFd> lock_state(const std::string& directory);

// For whoever changes the state while no agent runs: nothing is made. Exhausted
// as above; an empty descriptor where no agent ever ran.
Result<UniqueFd> lock_idle_state(const std::string& directory);

}  // namespace strayd
