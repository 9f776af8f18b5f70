#include "problems.h"

#include <algorithm>
#include <cstddef>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "strayd/core/result.h"

namespace strayd::config {
namespace {

// A hostile file of 1 MiB can hold some hundred thousand mistakes.
constexpr std::size_t kMostKept = 1000;

struct Position {
  std::size_t line = 1;
  std::size_t column = 1;  // in characters, as an editor counts
};

bool continues_a_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

Position position_of(std::string_view text, std::size_t offset) {
  Position position;
  for (const char byte : text.substr(0, offset)) {
    if (byte == '\n') {
      ++position.line;
      position.column = 1;
    } else if (!continues_a_character(byte)) {
      ++position.column;
    }
  }
  return position;
}

}  // namespace

void Problems::add(std::size_t offset, std::string path, std::string what) {
  if (found_.size() == kMostKept) {
    ++dropped_;
    return;
  }
  found_.emplace(std::min(offset, text_.size()),
                 Problem{.path = std::move(path), .what = std::move(what)});
}

std::string Problems::lines(std::string_view file,
                            std::string_view word) const {
  std::vector<std::string> lines;
  for (const auto& [offset, problem] : found_ | std::views::take(kMostShown)) {
    const Position at = position_of(text_, offset);
    lines.push_back(fmt::format("{}:{}:{}: {}{}{}",
                                file,
                                at.line,
                                at.column,
                                problem.path,
                                problem.path.empty() ? "" : ": ",
                                problem.what));
  }
  const std::size_t all = found_.size() + dropped_;
  if (all > lines.size()) {
    lines.push_back(
        fmt::format("{}: {} more {}", file, all - lines.size(), word));
  }
  return fmt::format("{}", fmt::join(lines, "\n"));
}

Error Problems::to_error(std::string_view file) const {
  return {.fault = Fault::Malformed, .what = lines(file, "errors")};
}

std::string printable(std::string_view bytes, std::size_t most) {
  std::string shown;
  for (const char byte : bytes.substr(0, most)) {
    if (byte >= ' ' && byte <= '~') {
      shown += byte;
    } else {
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    }
  }
  if (bytes.size() > most) shown += "...";
  return shown;
}

}  // namespace strayd::config
