// The sockets that processes hold, from the links in /proc/PID/fd.
#pragma once

#include <cstddef>
#include <span>

#include "strayd/core/process.h"
#include "strayd/core/result.h"
#include "strayd/core/sockets.h"

namespace strayd {

struct DescriptorLimits {
  std::size_t each = 0;  // of one process
  std::size_t all = 0;   // of all of one call
};

Result<Holdings> read_holdings(int root,
                               std::span<const ProcId> ids,
                               DescriptorLimits limits);

}  // namespace strayd
