#include "percent.h"

#include <cstddef>

namespace strayd {
namespace {

constexpr std::string_view kDigits = "0123456789ABCDEF";

bool plain(char byte) {
  return byte >= ' ' && byte <= '~' && byte != '%';
}

}  // namespace

std::string percent_encoded(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (const char byte : bytes) {
    if (plain(byte)) {
      text += byte;
      continue;
    }
    const auto code = static_cast<unsigned char>(byte);
    text += '%';
    text += kDigits[code >> 4U];
    text += kDigits[code & 0xFU];
  }
  return text;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  while (!text.empty()) {
    std::size_t length = 1;
    char byte = text.front();
    if (byte == '%') {
      length = 3;
      if (text.size() < length) return std::nullopt;
      const std::size_t high = kDigits.find(text[1]);
      const std::size_t low = kDigits.find(text[2]);
      if (high == std::string_view::npos || low == std::string_view::npos) {
        return std::nullopt;
      }
      byte = static_cast<char>((high * 16) + low);
      if (plain(byte)) return std::nullopt;
    } else if (!plain(byte)) {
      return std::nullopt;
    }
    bytes += byte;
    text.remove_prefix(length);
  }
  return bytes;
}

}  // namespace strayd
