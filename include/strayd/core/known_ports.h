// The ports of the apps, as they are kept over a restart of strayd.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "strayd/core/ledger.h"

namespace strayd {

// Of each app its ports, and whether its God Daemon listens there for it.
using KnownPorts = std::map<AppKey, std::map<std::uint16_t, bool>>;

inline constexpr std::size_t kMostKnownPorts = 8'000;  // apps

}  // namespace strayd
