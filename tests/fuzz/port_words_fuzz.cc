// What an app wrote, in two pieces that are cut where the input's first byte
// says: ports are ports, and what is left to wait for is the end of the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "pm2/port_words.h"

namespace {

using strayd::PortWords;

PortWords read(std::string_view text) {
  PortWords words = strayd::read_port_words(text);
  if (words.ports.contains(0)) std::abort();
  if (!text.ends_with(words.rest)) std::abort();
  if (words.rest.contains('\n')) std::abort();
  if (!words.ports.empty() && !strayd::has_port_words(text)) std::abort();
  return words;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1,
                              size - 1);
  read(text);
  const std::size_t cut = (data[0] * text.size()) / 256;
  const PortWords first = read(text.substr(0, cut));
  read(std::string(first.rest).append(text.substr(cut)));
  return 0;
}
