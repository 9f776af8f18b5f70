#include "read_match.h"

#include <sys/types.h>

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/core.h>

#include "strayd/core/policy.h"
#include "strayd/core/result.h"

#include "problems.h"
#include "section.h"
#include "user.h"
#include "value.h"

namespace strayd::config {
namespace {

// The largest number is -1, which means "no uid" to the kernel.
constexpr WholeRange kUids{
    .least = 0,
    .most = static_cast<std::int64_t>(std::numeric_limits<uid_t>::max()) - 1};

constexpr std::string_view kUserWanted = "a user name or a uid";

std::optional<Pattern> read_pattern(const Value& value) {
  const std::optional<std::string> text =
      value.string("a regular expression (RE2)");
  if (!text) return std::nullopt;
  Result<Pattern> pattern = Pattern::compile(*text);
  if (pattern) return *std::move(pattern);
  value.complain(fmt::format("RE2 refuses this pattern: {}",
                             printable(pattern.error().what, 200)));
  return std::nullopt;
}

std::optional<std::string> read_exe(const Value& value) {
  static constexpr std::string_view kWanted =
      "the base name of an executable, like \"node\"";
  std::optional<std::string> exe = value.string(kWanted);
  if (!exe) return std::nullopt;
  if (exe->find('/') == std::string::npos && *exe != "." && *exe != "..") {
    return exe;
  }
  value.expected(kWanted);
  return std::nullopt;
}

// As chown(1) has it: a name of digits is a name first.
std::optional<uid_t> number_in(const std::string& text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  const bool whole = error == std::errc{} && stop == end;
  if (!whole || number < kUids.least || number > kUids.most) return {};
  return static_cast<uid_t>(number);
}

std::optional<uid_t> uid_of(const std::string& name, const Value& value) {
  const Result<User> user = find_user(name);
  if (user) return user->uid;
  if (user.error().fault != Fault::NotFound) {
    value.complain(user.error().what);
    return std::nullopt;
  }
  const std::optional<uid_t> number = number_in(name);
  if (!number) {
    value.complain(fmt::format("no user \"{}\" on this host", printable(name)));
  }
  return number;
}

std::optional<uid_t> read_user(const Value& value) {
  if (value.node().kind == Node::Kind::Number) {
    const std::optional<std::int64_t> number = value.node().whole;
    if (number && *number >= kUids.least && *number <= kUids.most) {
      return static_cast<uid_t>(*number);
    }
    value.expected(kUserWanted);
    return std::nullopt;
  }
  const std::optional<std::string> name = value.string(kUserWanted);
  return name ? uid_of(*name, value) : std::nullopt;
}

}  // namespace

Match read_match(Section& keys) {
  Match match;
  if (const auto value = keys.take("pattern")) {
    match.pattern = read_pattern(*value);
  }
  if (const auto value = keys.take("exe")) match.exe = read_exe(*value);
  if (const auto value = keys.take("user")) match.uid = read_user(*value);
  if (const auto value = keys.take("cwd")) match.cwd = value->absolute_path();
  return match;
}

}  // namespace strayd::config
