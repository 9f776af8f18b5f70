// Which strayd this is. Fixed when the build is configured.
#pragma once

#include <string_view>

namespace strayd {

std::string_view version();   // "0.1.0"
std::string_view revision();  // short commit hash, "unknown" without one

// Under which terms strayd is given, and what it is made with: a few lines, the
// last without its end.
std::string_view notices();

}  // namespace strayd
