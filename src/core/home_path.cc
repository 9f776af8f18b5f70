#include "strayd/core/home_path.h"

#include <limits.h>  // PATH_MAX

#include <algorithm>
#include <string_view>

namespace strayd {

std::optional<std::string> normal_home(const std::string& path) {
  if (!path.starts_with('/') || path.size() >= PATH_MAX ||
      path.contains('\0')) {
    return std::nullopt;
  }
  std::string_view rest = path;
  std::string normal;
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    if (part.empty() || part == ".") continue;
    normal.append("/").append(part);
  }
  return normal.empty() ? "/" : normal;
}

std::optional<std::string> home_from(const std::string& directory,
                                     const std::string& path) {
  if (path.starts_with('/')) return normal_home(path);
  return path.empty() ? std::nullopt : normal_home(directory + '/' + path);
}

}  // namespace strayd
