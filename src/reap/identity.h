// Whether a process is still what was seen: the same user, program and exec.
// Its words about itself do not count: a process may write a new title over its
// arguments at any time. They only say which rule meant it.
#pragma once

#include <optional>
#include <string>

#include "strayd/core/process.h"

namespace strayd {

// What a process is now that it was not then: "its program is not the same".
// Also where one of the facts could not be read: that is no sameness. nullopt:
// the same.
std::optional<std::string> difference(const Process& then, const Process& now);

// Whether what both know of it differs. What one of them does not know speaks
// neither for nor against.
bool contradict(const Process& then, const Process& now);

}  // namespace strayd
