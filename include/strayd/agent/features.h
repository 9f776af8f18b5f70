// What works here, in all rooms.
#pragma once

#include <string>
#include <vector>

#include "strayd/proc/features.h"

namespace strayd {

// Those of probe_features(), and whether the kernel shows its TCP sockets
// (sock_diag(7)), which is not required: without it there are no listeners and
// no connections in the metrics.
std::vector<Feature> features_here(const std::string& procfs_root);

}  // namespace strayd
