#include "process_start.h"

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

#include "strayd/sys/os.h"

namespace strayd {
namespace {

constexpr std::size_t kLongestStat = 4096;
constexpr int kFieldsToStart = 19;  // from the state, field 3, to field 22

std::string_view field(std::string_view text, int number) {
  for (int i = 0; i < number; ++i) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return {};
    text.remove_prefix(space + 1);
  }
  return text.substr(0, text.find(' '));
}

}  // namespace

Result<std::uint64_t> start_ticks_of(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  const Result<std::string> stat = read_file(path, kLongestStat);
  if (!stat) return std::unexpected(stat.error());
  // The name between the brackets may hold anything, brackets and newlines too.
  const std::size_t bracket = stat->rfind(") ");
  if (bracket == std::string::npos) {
    return fail(Fault::Malformed, "read " + path + ": no name in brackets");
  }
  const std::string_view rest = std::string_view(*stat).substr(bracket + 2);
  if (rest.starts_with('Z') || rest.starts_with('X')) {
    return fail(Fault::NotFound, "read " + path + ": it is dead");
  }
  const std::string_view digits = field(rest, kFieldsToStart);
  std::uint64_t ticks = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), ticks);
  if (error != std::errc{}) {
    return fail(Fault::Malformed, "read " + path + ": no start time");
  }
  return ticks;
}

}  // namespace strayd
