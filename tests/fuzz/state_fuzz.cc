// A state file of any bytes: no crash, and what is understood is written as it
// was understood.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "strayd/report/state.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const strayd::Result<strayd::State> state = strayd::parse_state(text);
  if (!state) return 0;
  const strayd::Result<strayd::State> again =
      strayd::parse_state(strayd::format_state(*state));
  if (!again || *again != *state) std::abort();
  return 0;
}
