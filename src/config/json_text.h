// Where the tokens of a JSON text with comments lie.
//
// nlohmann's parser reports values without their places. This walks the same
// text beside it, token by token, and leaves all judging of syntax to it.
#pragma once

#include <cstddef>
#include <string_view>

namespace strayd::config {

// Half open: [begin, end).
struct Token {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The first byte at or after `at` that is neither white space nor comment. A
// comment that is not closed is not skipped.
std::size_t skip_blanks(std::string_view text, std::size_t at);

// The token that starts at `at`: a string with its quotes, a bracket, or a run
// of what numbers and words are made of; else the one byte. Empty at the end.
Token token_at(std::string_view text, std::size_t at);

class TokenWalk {
 public:
  explicit TokenWalk(std::string_view text);

  // The next token that is neither comma nor colon.
  Token next();
  // Where the last token ended.
  std::size_t position() const { return position_; }

 private:
  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace strayd::config
