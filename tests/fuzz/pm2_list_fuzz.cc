// A daemon's JSON: what is taken keeps the promises that the rest of strayd
// rests on, whatever an app put into its environment.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "strayd/pm2/list.h"

namespace {

bool is_time(const std::optional<std::int64_t>& unix_ms) {
  return !unix_ms || (*unix_ms > 0 && *unix_ms < 9'000'000'000'000);
}

bool is_sound(const strayd::Pm2Instance& instance) {
  return instance.pm_id >= 0 && !instance.name.empty() &&
         instance.name.size() <= 4096 && !instance.unique_id.empty() &&
         !instance.name_space.empty() &&
         (!instance.pid || (*instance.pid > 1 && *instance.pid <= 4194304)) &&
         instance.restart_time >= 0 && instance.unstable_restarts >= 0 &&
         instance.kill_timeout.count() >= 0 &&
         instance.kill_timeout <= std::chrono::hours{24} &&
         is_time(instance.pm_uptime_ms) && is_time(instance.created_at_ms);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const auto list = strayd::parse_pm2_list(
      std::string_view(reinterpret_cast<const char*>(data), size));
  if (!list) {
    if (list.error().what.empty() || list.error().what.size() > 300) {
      std::abort();
    }
    return 0;
  }
  if (!std::ranges::all_of(list->instances, is_sound)) std::abort();
  return 0;
}
