// Whatever /proc/PID/environ holds, and PM2's JSON object within.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string_view>

#include "strayd/proc/parse.h"

namespace {

void expect_allowed(const strayd::Environment& environment) {
  for (const auto& [key, value] : environment) {
    if (std::ranges::find(strayd::kEnvironmentKeys, key) ==
        std::end(strayd::kEnvironmentKeys)) {
      std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const strayd::Observed<strayd::Environment> environment =
      strayd::parse_environ(text);
  if (environment) expect_allowed(*environment);
  const strayd::Result<strayd::Environment> members =
      strayd::parse_pm2_env(text);
  if (members) expect_allowed(*members);
  return 0;
}
