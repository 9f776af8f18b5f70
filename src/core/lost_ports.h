// Ports that a watched app has listened on, and does not any more.
#pragma once

#include <cstdint>
#include <optional>

#include "strayd/core/app_facts.h"
#include "strayd/core/harm.h"

namespace strayd {

// What PM2 itself has ended or begun took its listeners along.
void note_lost(WatchedApp& watched, const AppFacts& facts, BootTime now);

// One that is gone for kListenerGone.
std::optional<std::uint16_t> lost_port(const WatchedApp& watched,
                                       const AppFacts& facts,
                                       BootTime now);

}  // namespace strayd
