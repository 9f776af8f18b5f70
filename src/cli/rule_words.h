// What the rules mean, as a person reads it.
#pragma once

#include <string>

#include "strayd/core/judge.h"

namespace strayd {

// A line for each rule: which of its keys fit the process, and which do not.
std::string keys_text(const Process& process,
                      const Memory& memory,
                      const Policy& policy);

}  // namespace strayd
