// One spelling for each PM2_HOME.
#pragma once

#include <optional>
#include <string>

namespace strayd {

// No "//", no ".", no slash at the end. ".." stays, because only the file
// system knows where it leads. nullopt: not absolute, or no path that open(2)
// could take.
std::optional<std::string> normal_home(const std::string& path);

// Where a relative path leads from this directory; an absolute one is itself.
std::optional<std::string> home_from(const std::string& directory,
                                     const std::string& path);

}  // namespace strayd
