// An origins file of any bytes: no crash, and what is understood is written as
// it was understood.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "strayd/report/origins_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const strayd::Result<strayd::StoredOrigins> stored =
      strayd::parse_origins(text);
  if (!stored) return 0;
  const strayd::Result<strayd::StoredOrigins> again =
      strayd::parse_origins(strayd::format_origins(*stored));
  if (!again || *again != *stored) std::abort();
  return 0;
}
