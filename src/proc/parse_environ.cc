#include <algorithm>
#include <optional>

#include "strayd/proc/parse.h"

#include "text.h"

namespace strayd {
namespace {

bool is_allowed(std::string_view key) {
  return std::ranges::find(kEnvironmentKeys, key) != std::end(kEnvironmentKeys);
}

}  // namespace

Observed<Environment> parse_environ(std::string_view text) {
  Environment environment;
  std::optional<std::string_view> pm2_env;
  while (!text.empty()) {
    std::string_view value = take_until(text, '\0');
    if (value.find('=') == std::string_view::npos) continue;
    const std::string_view key = take_until(value, '=');
    if (is_allowed(key)) environment.try_emplace(std::string(key), value);
    if (key == "pm2_env" && !pm2_env) pm2_env = value;
  }
  if (!pm2_env) return environment;

  Result<Environment> members = parse_pm2_env(*pm2_env);
  if (!members) return std::unexpected(Unread::Failed);
  environment.merge(*members);  // keeps what is there
  return environment;
}

}  // namespace strayd
