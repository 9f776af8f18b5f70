// A share of many at a time, so that each gets its turn.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "strayd/core/process.h"

namespace strayd {

// The next `count` after `last`, round and round. `all` is ascending.
inline std::vector<ProcId> next_few(const std::vector<ProcId>& all,
                                    const ProcId& last,
                                    std::size_t count) {
  const auto wanted = static_cast<std::ptrdiff_t>(std::min(count, all.size()));
  const auto begin = std::ranges::upper_bound(all, last);
  const std::ptrdiff_t ahead = std::min(all.end() - begin, wanted);
  std::vector<ProcId> few(begin, begin + ahead);
  few.insert(few.end(), all.begin(), all.begin() + (wanted - ahead));
  return few;
}

}  // namespace strayd
