// Whatever stands in a configuration file: no crash, no hang, and an error that
// is text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "strayd/config/config.h"

namespace {

bool is_text(std::string_view what) {
  for (const char byte : what) {
    if (byte != '\n' && (byte < ' ' || byte > '~')) return false;
  }
  return !what.empty();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const strayd::Result<strayd::Config> config = strayd::parse_config(text, "f");
  if (!config && !is_text(config.error().what)) std::abort();
  if (config && *config != *strayd::parse_config(text, "again")) std::abort();
  return 0;
}
