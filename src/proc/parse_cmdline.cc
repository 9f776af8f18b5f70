#include "strayd/proc/parse.h"

#include "text.h"

namespace strayd {

std::vector<std::string> split_cmdline(std::string_view text) {
  const std::size_t last = text.find_last_not_of('\0');
  text = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
  std::vector<std::string> arguments;
  while (!text.empty()) arguments.emplace_back(take_until(text, '\0'));
  return arguments;
}

}  // namespace strayd
