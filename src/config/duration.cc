// Durations as an operator writes them: a whole number and one unit.
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <system_error>

#include <fmt/core.h>

#include "strayd/config/config.h"
#include "strayd/core/result.h"

#include "problems.h"

namespace strayd {
namespace {

struct Unit {
  std::string_view name{};
  std::chrono::nanoseconds length{};
};

constexpr std::array kUnits{
    Unit{.name = "ms", .length = std::chrono::milliseconds{1}},
    Unit{.name = "s", .length = std::chrono::seconds{1}},
    Unit{.name = "m", .length = std::chrono::minutes{1}},
    Unit{.name = "h", .length = std::chrono::hours{1}}};

const Unit* find_unit(std::string_view name) {
  for (const Unit& unit : kUnits) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

}  // namespace

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const auto not_one = [text](std::string_view why) {
    return fail(Fault::Malformed,
                fmt::format("\"{}\" is {}", config::printable(text), why));
  };
  // from_chars alone would take "-5s".
  const std::size_t digits = text.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string_view::npos) {
    return not_one(R"(no duration like "500ms", "10s", "5m" or "1h")");
  }
  const Unit* unit = find_unit(text.substr(digits));
  if (!unit) return not_one("in no unit that is known: ms, s, m or h");

  std::int64_t count = 0;
  const char* const first = text.data();
  const auto [end, error] = std::from_chars(first, first + digits, count);
  const std::int64_t most =
      std::numeric_limits<std::int64_t>::max() / unit->length.count();
  if (error != std::errc{} || count > most) {
    return not_one("longer than can be counted");
  }
  return count * unit->length;
}

}  // namespace strayd
