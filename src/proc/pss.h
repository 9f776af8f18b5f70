// The processes' fair shares of the memory.
#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "strayd/core/process.h"
#include "strayd/core/result.h"

#include "slow_reader.h"

namespace strayd {

Result<std::map<ProcId, Observed<std::uint64_t>>> read_pss(
    int root, SlowReader& reader, std::span<const ProcId> ids);

}  // namespace strayd
