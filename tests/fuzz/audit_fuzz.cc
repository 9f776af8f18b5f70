// A ledger of any bytes. Each line is read as it is, and once more with the
// checksum that it should have, or the fuzzer would never come past it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "strayd/report/audit_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  strayd::OpenIntents intents;
  std::size_t lines = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    intents.add(line);
    intents.add(strayd::seal_line(line));
    lines += 2;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  if (intents.damaged() + intents.list().size() > lines) std::abort();
  return 0;
}
