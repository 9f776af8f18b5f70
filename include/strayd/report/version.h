// Which strayd this is. Fixed when the build is configured.
#pragma once

#include <string_view>

namespace strayd {

std::string_view version();   // "0.1.0"
std::string_view revision();  // short commit hash, "unknown" without one

}  // namespace strayd
