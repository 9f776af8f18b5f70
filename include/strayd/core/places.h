// Where processes run, by the directories that the configuration writes. A path
// of it may lead through a symlink (`current -> releases/7`, `/home ->
// /data/home`), while the kernel tells of a process where it really is. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "strayd/core/judge.h"

namespace strayd {

// Into `after.directories` what is resolved now, and into `after.places` where
// each living process is, and where it was ever seen before: a link that moves
// on, as with each deploy, must neither unprotect what runs in the release
// before nor hide it from its rule.
void remember_places(Memory& after,
                     const Memory& before,
                     const Snapshot& snapshot,
                     const std::map<std::string, std::string>& resolved);

// The places of more processes than this are not remembered.
inline constexpr std::size_t kMostPlaces = 100'000;

}  // namespace strayd
