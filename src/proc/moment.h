// When a snapshot was taken, and in which life of the kernel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "strayd/core/process.h"

namespace strayd {

// Of a count of ticks of USER_HZ; the longest time where it is beyond all
// bounds.
BootTime ticks_to_time(std::uint64_t ticks);

// Now, where the root is a procfs; of a fixture, its file `uptime`; nullopt
// where it has none.
std::optional<BootTime> time_of(int root);

// Unix time at boot in ms: of a fixture, the btime of its file `stat`.
std::int64_t boot_epoch_of(int root);

// "unknown" where it is not said.
std::string boot_id_of(int root);

}  // namespace strayd
