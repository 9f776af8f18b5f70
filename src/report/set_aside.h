// A file that strayd can't use and must not lose: it is kept under another
// name.
#pragma once

#include <string>
#include <string_view>

#include "strayd/core/result.h"

namespace strayd {

// Renames directory/file to directory/file.damaged-MOMENT, and says so. Of such
// files the newest five are kept.
Result<std::string> set_aside(const std::string& directory,
                              std::string_view file);

}  // namespace strayd
