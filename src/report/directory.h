// The directory that a file lives in.
#pragma once

#include <string>

#include "strayd/core/result.h"

namespace strayd {

std::string directory_of(const std::string& path);

// A name that was made or renamed is durable only when its directory is.
Result<void> sync_directory_of(const std::string& path);

}  // namespace strayd
