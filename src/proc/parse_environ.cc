#include <algorithm>
#include <optional>

#include "strayd/proc/parse.h"

#include "text.h"

namespace strayd {
namespace {

bool is_allowed(std::string_view key) {
  return std::ranges::find(kEnvironmentKeys, key) != std::end(kEnvironmentKeys);
}

// A title that a program writes over its environment may have a '=', too.
bool is_name(std::string_view key) {
  constexpr std::string_view kFirst =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
  return !key.empty() && kFirst.contains(key.front()) &&
         std::ranges::all_of(key.substr(1), [&](char byte) {
           return kFirst.contains(byte) || (byte >= '0' && byte <= '9');
         });
}

}  // namespace

Observed<Environment> parse_environ(std::string_view text) {
  Environment environment;
  bool is_environment = text.empty();
  std::optional<std::string_view> pm2_env;
  while (!text.empty()) {
    std::string_view value = take_until(text, '\0');
    if (value.find('=') == std::string_view::npos) continue;
    const std::string_view key = take_until(value, '=');
    is_environment = is_environment || is_name(key);
    if (is_allowed(key)) environment.try_emplace(std::string(key), value);
    if (key == "pm2_env" && !pm2_env) pm2_env = value;
  }
  if (!is_environment) return std::unexpected(Unread::Failed);
  if (!pm2_env) return environment;

  Result<Environment> members = parse_pm2_env(*pm2_env);
  if (!members) return std::unexpected(Unread::Failed);
  environment.merge(*members);  // keeps what is there
  return environment;
}

}  // namespace strayd
