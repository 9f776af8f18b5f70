// The ports of the apps, as they are kept over a restart of strayd.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>

#include "strayd/core/ledger.h"

namespace strayd {

// Of each app its ports, and whether its God Daemon listens there for it.
using KnownPorts = std::map<AppKey, std::map<std::uint16_t, bool>>;

// Of each app the ports that it asked for, by its own errors ("address already
// in use"), and that strayd never saw it have. Whoever writes to the app's
// error output can say so: it may tell an operator where to look, and allows
// nothing.
using AskedPorts = std::map<AppKey, std::set<std::uint16_t>>;

inline constexpr std::size_t kMostAskedPorts = 4;      // of one app; the newest
inline constexpr std::size_t kMostKnownPorts = 8'000;  // apps

}  // namespace strayd
