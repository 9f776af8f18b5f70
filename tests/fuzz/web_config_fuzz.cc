// The web-config file comes from an administrator, and YAML is a large
// language: no bytes may crash its reader, and what it lets through must be
// users with bcrypt hashes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "strayd/web/password.h"
#include "strayd/web/server.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto users = strayd::parse_web_config(text, "web.yml");
  if (!users) {
    if (!users.error().what.starts_with("web.yml:")) std::abort();
    return 0;
  }
  for (const auto& [name, hash] : *users) {
    const int cost = strayd::bcrypt_cost(hash);
    if (name.empty() || cost == 0 || cost > strayd::kMaxBcryptCost) {
      std::abort();
    }
  }
  return 0;
}
