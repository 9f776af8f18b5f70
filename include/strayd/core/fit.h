// Whether a process is what a rule means, in three values: a fact that could
// not be read decides nothing.
#pragma once

#include <string>
#include <vector>

#include "strayd/core/policy.h"
#include "strayd/core/process.h"

namespace strayd {

struct Memory;

enum class Fit { No, Unknown, Yes };

// All conditions of the match. The memory knows where the directories of the
// configuration lead (Memory::directories) and led (Memory::places).
Fit fit(const Match& match, const Process& process, const Memory& memory);

// Whether the process runs in this directory or below: as it is written, where
// that leads now, or wherever it led when the process was seen there.
Fit cwd_fit(const std::string& cwd,
            const Process& process,
            const Memory& memory);

// The pattern alone, which needs no details of the process.
Fit pattern_fit(const Match& match, const Process& process);

// argv as one line, as patterns see it.
std::string joined(const std::vector<std::string>& argv);

}  // namespace strayd
