// Is a writer of the ledger still alive?
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "strayd/core/result.h"

namespace strayd {

// Field 22 of /proc/PID/stat (proc(5)). NotFound: there is no such process, or
// it is a zombie.
Result<std::uint64_t> start_ticks_of(pid_t pid);

}  // namespace strayd
