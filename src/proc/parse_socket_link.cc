#include "strayd/proc/parse.h"

#include "text.h"

namespace strayd {
namespace {

// No file can be called so: the link of one begins with a slash.
std::optional<std::uint64_t> parse_link(std::string_view target,
                                        std::string_view before) {
  if (!target.starts_with(before) || !target.ends_with(']')) {
    return std::nullopt;
  }
  target.remove_prefix(before.size());
  target.remove_suffix(1);
  return to_number<std::uint64_t>(target);
}

}  // namespace

std::optional<std::uint64_t> parse_socket_link(std::string_view target) {
  return parse_link(target, "socket:[");
}

std::optional<std::uint64_t> parse_pipe_link(std::string_view target) {
  return parse_link(target, "pipe:[");
}

}  // namespace strayd
