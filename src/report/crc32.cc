#include "crc32.h"

#include <array>
#include <cstddef>

namespace strayd {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
  constexpr std::uint32_t kPolynomial = 0xEDB88320;  // bits reversed
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) {
      rest = (rest & 1U) != 0 ? kPolynomial ^ (rest >> 1U) : rest >> 1U;
    }
    table.at(byte) = rest;
  }
  return table;
}
constexpr std::array<std::uint32_t, 256> kTable = make_table();

}  // namespace

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t sum = 0xFFFFFFFF;
  for (const char byte : bytes) {
    const std::size_t index = (sum ^ static_cast<unsigned char>(byte)) & 0xFFU;
    sum = kTable[index] ^ (sum >> 8U);
  }
  return ~sum;
}

}  // namespace strayd
