#include "strayd/proc/parse.h"

#include "text.h"

namespace strayd {

// No file can be called so: the link of one begins with a slash.
std::optional<std::uint64_t> parse_socket_link(std::string_view target) {
  constexpr std::string_view kBefore = "socket:[";
  if (!target.starts_with(kBefore) || !target.ends_with(']')) {
    return std::nullopt;
  }
  target.remove_prefix(kBefore.size());
  target.remove_suffix(1);
  return to_number<std::uint64_t>(target);
}

}  // namespace strayd
