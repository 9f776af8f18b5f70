// Whether a process is what a rule means, in three values: a fact that could
// not be read decides nothing.
#pragma once

#include <string>
#include <vector>

#include "strayd/core/policy.h"
#include "strayd/core/process.h"

namespace strayd {

enum class Fit { No, Unknown, Yes };

// All conditions of the match.
Fit fit(const Match& match, const Process& process);

// The pattern alone, which needs no details of the process.
Fit pattern_fit(const Match& match, const Process& process);

// argv as one line, as patterns see it.
std::string joined(const std::vector<std::string>& argv);

}  // namespace strayd
