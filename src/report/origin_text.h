// Where a process came from, for a person.
#pragma once

#include <string>

#include "strayd/core/judge.h"
#include "strayd/core/process.h"

namespace strayd {

// "seen below api #0, launch of 2025-01-31 10:00:00 UTC, until …; left".
std::string origin_text(const Snapshot& snapshot,
                        const Memory& memory,
                        const Process& process);

}  // namespace strayd
