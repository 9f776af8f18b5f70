// JSON with comments as a small tree that knows where everything stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json_text.h"
#include "problems.h"

namespace strayd::config {

struct Node {
  enum class Kind : std::uint8_t {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object
  };

  Kind kind = Kind::Null;
  Token place{};      // of an object or array: its opening bracket
  std::string key{};  // where it is a member of an object
  Token key_place{};

  bool truth = false;  // of a Boolean
  std::string text{};  // of a String: UTF-8, may hold any character
  // Of a Number that is whole (3 and 3.0, as JSON Schema counts) and fits.
  std::optional<std::int64_t> whole{};
  std::vector<Node> children{};  // items, or members in the text's order
};

// nullopt: it is not JSON, and `problems` says why. A key that occurs twice in
// one object is a problem too, though there is a tree.
std::optional<Node> read_json(std::string_view text, Problems& problems);

inline constexpr std::size_t kDeepest = 32;
inline constexpr std::size_t kMostValues = 10'000;
inline constexpr std::size_t kMostBytes = std::size_t{1024} * 1024;

}  // namespace strayd::config
