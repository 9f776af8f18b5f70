#include "json_text.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace strayd::config {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// As nlohmann's lexer ends it: at a line feed or a carriage return.
std::size_t end_of_line_comment(std::string_view text, std::size_t at) {
  return std::min(text.find_first_of("\n\r", at), text.size());
}

std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    } else if (text[i] == '\n') {
      return i;
    }
  }
  return text.size();
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of("0123456789", at), text.size());
}

bool is_any(std::string_view text, std::size_t at, std::string_view of) {
  return at < text.size() && of.find(text[at]) != std::string_view::npos;
}

// Of a number that the parser took: it ends "5s" after the 5, and "07" after
// the 0.
std::size_t end_of_number(std::string_view text, std::size_t at) {
  if (is_any(text, at, "-")) ++at;
  at = is_any(text, at, "0") ? at + 1 : skip_digits(text, at);
  if (is_any(text, at, ".")) at = skip_digits(text, at + 1);
  if (!is_any(text, at, "eE")) return at;
  return skip_digits(text, is_any(text, at + 1, "+-") ? at + 2 : at + 1);
}

bool belongs_to_a_word(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '+' || byte == '-' ||
         byte == '.' || byte == '_';
}

}  // namespace

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  for (;;) {
    at = std::min(text.find_first_not_of(" \t\r\n", at), text.size());
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("//")) {
      at = end_of_line_comment(text, at);
    } else if (rest.starts_with("/*")) {
      const std::size_t close = text.find("*/", at + 2);
      if (close == std::string_view::npos) return at;
      at = close + 2;
    } else {
      return at;
    }
  }
}

Token token_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) return {.begin = text.size(), .end = text.size()};
  if (text[at] == '"') return {.begin = at, .end = end_of_string(text, at)};
  std::size_t end = at;
  while (end < text.size() && belongs_to_a_word(text[end])) ++end;
  return {.begin = at, .end = std::max(end, at + 1)};
}

TokenWalk::TokenWalk(std::string_view text)
    : text_(text),
      position_(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0) {}

Token TokenWalk::next() {
  std::size_t at = skip_blanks(text_, position_);
  while (at < text_.size() && (text_[at] == ',' || text_[at] == ':')) {
    at = skip_blanks(text_, at + 1);
  }
  Token token = token_at(text_, at);
  if (is_any(text_, at, "-0123456789")) token.end = end_of_number(text_, at);
  position_ = token.end;
  return token;
}

}  // namespace strayd::config
