// What all AMP frames have in common (wire.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace strayd {

inline constexpr char kAmpTwoArguments = '\x12';
inline constexpr std::string_view kAmpJsonTag = "j:";
inline constexpr std::size_t kAmpLength = 4;  // bytes that say a length

inline std::uint32_t amp_length(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (const char byte : bytes.substr(at, kAmpLength)) {
    value = (value << 8) | static_cast<unsigned char>(byte);
  }
  return value;
}

}  // namespace strayd
