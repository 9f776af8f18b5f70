#include "strayd/core/cookie.h"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "strayd/core/home_path.h"

namespace strayd {
namespace {

constexpr std::int64_t kMostSlot = 1'000'000;

std::optional<std::string_view> value(const Environment& environment,
                                      const char* key) {
  const auto found = environment.find(key);
  if (found == environment.end()) return std::nullopt;
  return found->second;
}

std::optional<std::int64_t> number(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  std::int64_t parsed = 0;
  const char* begin = text->data();
  const char* end = begin + text->size();
  const auto [stop, error] = std::from_chars(begin, end, parsed);
  if (error != std::errc{} || stop != end || parsed < 0) return std::nullopt;
  return parsed;
}

std::string home_trouble(std::optional<std::string_view> home) {
  if (!home || home->empty()) return "PM2_HOME is missing";
  if (home->starts_with('/')) return "PM2_HOME is no path";
  return "PM2_HOME is relative, and no one daemon is known to live there";
}

}  // namespace

CookieReading read_cookie(const Environment& environment) {
  const auto pm_id = value(environment, "pm_id");
  const auto unique_id = value(environment, "unique_id");
  const auto home = value(environment, "PM2_HOME");
  const auto uptime = value(environment, "pm_uptime");
  // An app may well have a `name` or a `unique_id` of its own making.
  if (!pm_id && !uptime && (!unique_id || !home)) return NoCookie{};

  Cookie cookie;
  const auto path = home ? normal_home(std::string(*home)) : std::nullopt;
  if (!path) return BrokenCookie{home_trouble(home)};
  const auto id = number(pm_id);
  if (!id) return BrokenCookie{"pm_id is missing or not a number"};
  if (!unique_id || unique_id->empty()) {
    return BrokenCookie{"unique_id is missing"};
  }
  const auto launched = number(uptime);
  if (!launched) return BrokenCookie{"pm_uptime is missing or not a number"};

  cookie.home = *path;
  cookie.pm_id = *id;
  cookie.unique_id = *unique_id;
  cookie.pm_uptime_ms = *launched;
  cookie.name = value(environment, "name").value_or("");
  cookie.name_space = value(environment, "namespace").value_or("default");
  cookie.pm_cwd = value(environment, "pm_cwd").value_or("");
  cookie.pm_exec_path = value(environment, "pm_exec_path").value_or("");
  const auto slot = number(value(environment, "NODE_APP_INSTANCE"));
  if (slot && *slot <= kMostSlot) cookie.slot = static_cast<int>(*slot);
  cookie.cluster = value(environment, "exec_mode") == "cluster_mode";
  return cookie;
}

}  // namespace strayd
