// A home's directory: which one it is, whose it is, and who may be its daemon.
//
// Any process may name any path in its title or its environment, and a path may
// lead anywhere. So a directory is known by what it is, and a word about it
// counts by whose word it is.
#pragma once

#include <sys/types.h>

#include <optional>
#include <span>
#include <vector>

#include "strayd/core/forest.h"
#include "strayd/core/result.h"
#include "strayd/pm2/observe.h"
#include "strayd/sys/fd.h"

namespace strayd {

struct Place {
  // Without the daemons that can't be its own: those of a user who is neither
  // root nor owns the directory or a file of PM2 in it.
  Pm2Home home{};
  Result<UniqueFd> directory = UniqueFd{};
  // Of the home's daemons, else of its directory if files of PM2 there are its
  // owner's, else what is known of it. nullopt also where the daemons before
  // were not the owner's.
  std::optional<uid_t> uid{};
  bool traces = false;  // a PM2 has lived in this directory
};

// In the order of `homes`. Those that are one directory are one place: the
// others' paths become its aliases. A configured path goes before one that
// living daemons name, that before one that was seen, that before a cookie's.
std::vector<Place> places_of(std::span<const Pm2Home> homes,
                             const Forest& forest);

}  // namespace strayd
