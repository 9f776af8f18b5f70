// CRC-32 as in IEEE 802.3 and zlib: finds every single bit that flipped and
// every burst of up to 32 of them. Against accidents, not against attackers.
#pragma once

#include <cstdint>
#include <string_view>

namespace strayd {

std::uint32_t crc32(std::string_view bytes);

}  // namespace strayd
