// Foreign text for a sentence of ours.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace strayd {

// Printable ASCII, at most `limit` bytes; everything else is a '?'.
inline std::string one_line(std::string_view text, std::size_t limit = 200) {
  std::string line;
  for (const char byte : text.substr(0, limit)) {
    line += byte >= ' ' && byte <= '~' ? byte : '?';
  }
  if (text.size() > limit) line += "...";
  return line;
}

}  // namespace strayd
