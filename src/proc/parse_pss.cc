#include <limits>
#include <optional>

#include "strayd/proc/parse.h"

#include "text.h"

namespace strayd {
namespace {

constexpr std::string_view kKey = "Pss:";
constexpr std::string_view kUnit = " kB";
constexpr std::uint64_t kKilobyte = 1024;

// "        1234 kB"
std::optional<std::uint64_t> bytes_of(std::string_view value) {
  if (!value.ends_with(kUnit)) return std::nullopt;
  value.remove_suffix(kUnit.size());
  const std::size_t begin = value.find_first_not_of(' ');
  if (begin == std::string_view::npos) return std::nullopt;
  const auto kilobytes = to_number<std::uint64_t>(value.substr(begin));
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  if (!kilobytes || *kilobytes > most / kKilobyte) return std::nullopt;
  return *kilobytes * kKilobyte;
}

}  // namespace

Observed<std::uint64_t> parse_pss(std::string_view text) {
  std::optional<std::string_view> value;
  // A line that is cut off may hold half a number.
  while (text.find('\n') != std::string_view::npos) {
    const std::string_view line = take_until(text, '\n');
    if (!line.starts_with(kKey)) continue;
    if (value) return std::unexpected(Unread::Failed);
    value = line.substr(kKey.size());
  }
  const std::optional<std::uint64_t> bytes =
      value ? bytes_of(*value) : std::nullopt;
  if (!bytes) return std::unexpected(Unread::Failed);
  return *bytes;
}

}  // namespace strayd
