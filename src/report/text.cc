// Foreign bytes, made fit for a page, a log line and a terminal.
//
// Decoding follows the Unicode Standard, table 3-7, and its practice of one
// U+FFFD for each maximal part of a broken sequence.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "strayd/report/render.h"

namespace strayd {
namespace {

struct Char {
  std::uint32_t code = 0;
  std::size_t length = 1;  // bytes; of the broken part where !valid
  bool valid = false;
};

// What may follow a lead byte: the rest are all 80..BF.
struct Lead {
  std::size_t length = 0;  // 0: no lead byte
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
};

Lead lead_of(unsigned char byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {.length = 2};
  if (byte == 0xE0) return {.length = 3, .low = 0xA0};
  if (byte == 0xED) return {.length = 3, .high = 0x9F};  // no surrogates
  if (byte >= 0xE1 && byte <= 0xEF) return {.length = 3};
  if (byte == 0xF0) return {.length = 4, .low = 0x90};
  if (byte >= 0xF1 && byte <= 0xF3) return {.length = 4};
  if (byte == 0xF4) return {.length = 4, .high = 0x8F};  // to U+10FFFF
  return {};
}

// The character at the front. `bytes` is not empty.
Char next_char(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes.front());
  if (first < 0x80) return {.code = first, .valid = true};
  Lead lead = lead_of(first);
  if (lead.length == 0) return {};
  // A lead of n bytes carries 7 - n bits, each of the rest 6.
  std::uint32_t code = first & (0x7FU >> lead.length);
  for (std::size_t i = 1; i < lead.length; ++i) {
    if (i == bytes.size()) return {.length = i};
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (byte < lead.low || byte > lead.high) return {.length = i};
    lead.low = 0x80;
    lead.high = 0xBF;
    code = (code << 6U) | (byte & 0x3FU);
  }
  return {.code = code, .length = lead.length, .valid = true};
}

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// Controls of ASCII and Latin-1, line and paragraph separators, and what turns
// the direction of text around: the last can make one line look like another.
bool harmful(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x061C ||
         code == 0x200E || code == 0x200F ||
         (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

void append_hex(std::string& to, std::uint32_t code, unsigned digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (unsigned left = digits; left > 0; --left) {
    to += kDigits[(code >> (4 * (left - 1))) & 0xFU];
  }
}

void append_escaped(std::string& to, std::uint32_t code) {
  if (code == '\n') {
    to += "\\n";
  } else if (code == '\r') {
    to += "\\r";
  } else if (code == '\t') {
    to += "\\t";
  } else if (code <= 0xFF) {
    to += "\\x";
    append_hex(to, code, 2);
  } else {
    to += "\\u";
    append_hex(to, code, 4);
  }
}

}  // namespace

std::string valid_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const Char next = next_char(bytes);
    text += next.valid ? bytes.substr(0, next.length) : kReplacement;
    bytes.remove_prefix(next.length);
  }
  return text;
}

// A backslash stays as it is: so a text that went through twice is the same.
std::string one_line(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const Char next = next_char(bytes);
    if (!next.valid) {
      text += kReplacement;
    } else if (harmful(next.code)) {
      append_escaped(text, next.code);
    } else {
      text += bytes.substr(0, next.length);
    }
    bytes.remove_prefix(next.length);
  }
  return text;
}

}  // namespace strayd
