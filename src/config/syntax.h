// Errors of syntax in plain words: nlohmann's own speak of literals and tokens,
// and not of what an operator should type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace strayd::config {

// What was read last.
enum class Syntax : std::uint8_t {
  Nothing,
  WholeDocument,
  OpenObject,
  Key,
  Member,
  OpenArray,
  Item
};

struct SyntaxProblem {
  std::size_t offset = 0;
  std::string what{};
};

struct ParserVerdict {
  std::size_t offset = 0;   // the byte at which the parser gave up
  std::string_view text{};  // its own words
};

// `from` is the end of the last good token.
SyntaxProblem explain_syntax(std::string_view text,
                             std::size_t from,
                             Syntax last,
                             const ParserVerdict& verdict);

}  // namespace strayd::config
