// What of a configuration is read when the agent starts, and then never again.
#pragma once

#include <string_view>
#include <vector>

#include "strayd/config/config.h"

namespace strayd {

// The keys of the file that differ and that a reload can't change, in the order
// of the documents. Pure.
std::vector<std::string_view> keys_for_next_start(const Config& before,
                                                  const Config& after);

// Gives `after` the values of those keys that the agent runs with.
void keep_until_next_start(const Config& before, Config& after);

}  // namespace strayd
