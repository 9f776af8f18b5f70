// Whatever comes out of the proc connector.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "strayd/proc/process_events.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const auto parsed = strayd::parse_connector(
      std::string_view(reinterpret_cast<const char*>(data), size));
  if (!parsed) return 0;
  // An answer is no event, and only a processor's message is counted.
  if (parsed->answer && (parsed->event || parsed->processor)) std::abort();
  if (parsed->event && !parsed->processor) std::abort();
  const bool told_how = parsed->event && parsed->event->status;
  const bool forked = parsed->event &&
                      parsed->event->what == strayd::ProcessEvent::What::Forked;
  if (told_how && forked) std::abort();
  return 0;
}
