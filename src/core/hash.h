// A hash that is the same in every build and may be written to a file.
#pragma once

#include <cstdint>
#include <string_view>

namespace strayd {

// FNV-1a, 64 bit (http://www.isthe.com/chongo/tech/comp/fnv/).
class Hash {
 public:
  void add(std::string_view bytes) {
    for (const char byte : bytes) mix(static_cast<unsigned char>(byte));
    mix(0);  // no argument or path has one of its own
  }
  std::uint64_t value() const { return value_; }

 private:
  void mix(unsigned char byte) {
    value_ ^= byte;
    value_ *= 0x100000001B3;
  }

  std::uint64_t value_ = 0xCBF29CE484222325;
};

}  // namespace strayd
