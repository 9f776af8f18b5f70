// Reads a file line by line in bounded memory, whatever it holds.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>

#include "strayd/core/result.h"

namespace strayd {

// Calls `take` for each line from offset `from` on, without its newline, and
// for what follows the last newline. Of a longer line than 64 KiB only so much.
// A file that grows meanwhile is read to some end of it. NotFound: no file.
Result<void> each_line(const std::string& path,
                       off_t from,
                       const std::function<void(std::string_view)>& take);

}  // namespace strayd
