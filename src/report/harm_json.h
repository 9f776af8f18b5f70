// The kills that are watched, and how apps end, as a member of the state.
#pragma once

#include <cstddef>

#include <nlohmann/json.hpp>

#include "strayd/core/harm.h"

#include "json_members.h"

namespace strayd {

// More is absurd, and not believed.
inline constexpr std::size_t kMostWatchedKills = 1'000;
inline constexpr std::size_t kMostWatchedApps = 10'000;

nlohmann::json harm_json(const HarmRecord& record);

// What lacks, or is no such thing, is rejected in `members`.
HarmRecord read_harm(Members& members);

}  // namespace strayd
