#include "syntax.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <fmt/core.h>

#include "json_text.h"
#include "problems.h"

namespace strayd::config {
namespace {

struct Expected {
  std::string_view words{};
  bool key = false;    // a string that names a member may stand here
  bool value = false;  // any value may stand here
};

Expected before_separator(Syntax last) {
  switch (last) {
    case Syntax::Nothing:
      return {.words = "'{'", .value = true};
    case Syntax::WholeDocument:
      return {.words = "the end of the file"};
    case Syntax::OpenObject:
      return {.words = "a key in double quotes or '}'", .key = true};
    case Syntax::Key:
      return {.words = "':' after the key"};
    case Syntax::Member:
      return {.words = "',' or '}'"};
    case Syntax::OpenArray:
      return {.words = "a value or ']'", .value = true};
    case Syntax::Item:
      return {.words = "',' or ']'"};
  }
  return {};
}

// The separator that may follow; 0: none may.
char separator_after(Syntax last) {
  switch (last) {
    case Syntax::Key:
      return ':';
    case Syntax::Member:
    case Syntax::Item:
      return ',';
    case Syntax::Nothing:
    case Syntax::WholeDocument:
    case Syntax::OpenObject:
    case Syntax::OpenArray:
      return 0;
  }
  return 0;
}

Expected after_separator(Syntax last) {
  if (last == Syntax::Key) return {.words = "a value after ':'", .value = true};
  if (last == Syntax::Item) {
    return {.words = "a value after ','", .value = true};
  }
  return {.words = "a key in double quotes after ','", .key = true};
}

std::string found_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) return "the end of the file";
  const Token token = token_at(text, at);
  const std::string shown =
      printable(text.substr(token.begin, token.end - token.begin), 40);
  return text[at] == '"' ? shown : fmt::format("'{}'", shown);
}

// What nlohmann 3.11's lexer says, without the frame around it:
// "… - invalid string: missing closing quote; last read: '…'".
std::string_view between(std::string_view text,
                         std::string_view before,
                         std::string_view after) {
  const std::size_t begin = text.find(before);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin + before.size());
  return text.substr(0, text.find(after));
}

SyntaxProblem broken_string(std::size_t at, const ParserVerdict& verdict) {
  const std::string_view reason =
      between(verdict.text, "invalid string: ", "; last read");
  const bool open = reason.empty() || reason.starts_with("missing closing") ||
                    reason.starts_with("control character U+000A") ||
                    reason.starts_with("control character U+000D");
  if (open) {
    return {.offset = at,
            .what = "this string has no closing '\"' on its line"};
  }
  return {.offset = std::max(at, verdict.offset),
          .what = fmt::format("in a string: {}", reason)};
}

SyntaxProblem broken_comment(std::string_view text, std::size_t at) {
  if (text.substr(at).starts_with("/*")) {
    return {.offset = at, .what = "this comment has no closing '*/'"};
  }
  return {.offset = at, .what = "expected '/' or '*' after '/'"};
}

bool begins_a_number(char byte) {
  return byte == '-' || (byte >= '0' && byte <= '9');
}

std::string broken_number(std::string_view text,
                          std::size_t at,
                          const ParserVerdict& verdict) {
  const std::string found = found_at(text, at);
  if (verdict.text.find("number overflow") != std::string_view::npos) {
    return fmt::format("{} is too large a number", found);
  }
  const std::string_view reason =
      between(verdict.text, "invalid number; ", "; last read");
  return fmt::format(
      "{} is not a number{}{}", found, reason.empty() ? "" : ": ", reason);
}

std::string unexpected(std::string_view text,
                       std::size_t at,
                       const Expected& expected) {
  const bool single_quote = at < text.size() && text[at] == '\'';
  return fmt::format("expected {}, found {}{}",
                     expected.words,
                     found_at(text, at),
                     single_quote ? " (strings stand in double quotes)" : "");
}

}  // namespace

SyntaxProblem explain_syntax(std::string_view text,
                             std::size_t from,
                             Syntax last,
                             const ParserVerdict& verdict) {
  Expected expected = before_separator(last);
  std::size_t at = skip_blanks(text, from);
  if (at < text.size() && text[at] == separator_after(last)) {
    expected = after_separator(last);
    at = skip_blanks(text, at + 1);
  }
  const char first = at < text.size() ? text[at] : '\0';
  if (first == '/') return broken_comment(text, at);
  if (first == '"' && (expected.key || expected.value)) {
    return broken_string(at, verdict);
  }
  if (begins_a_number(first) && expected.value) {
    return {.offset = at, .what = broken_number(text, at, verdict)};
  }
  return {.offset = at, .what = unexpected(text, at, expected)};
}

}  // namespace strayd::config
