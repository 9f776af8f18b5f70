// The sockets, or pipes, that processes hold, from the links in /proc/PID/fd.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "strayd/core/process.h"
#include "strayd/core/result.h"
#include "strayd/core/sockets.h"

namespace strayd {

struct DescriptorLimits {
  std::size_t each = 0;  // of one process
  std::size_t all = 0;   // of all of one call
};

// What a link of theirs says, see parse.h.
using ParseLink = std::optional<std::uint64_t> (*)(std::string_view target);

Result<Holdings> read_holdings(int root,
                               std::span<const ProcId> ids,
                               DescriptorLimits limits,
                               ParseLink parse);

}  // namespace strayd
