#include "problems.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

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
  found_.push_back({.offset = std::min(offset, text_.size()),
                    .path = std::move(path),
                    .what = std::move(what)});
}

std::string Problems::line_of(const Problem& problem,
                              std::string_view file) const {
  const Position at = position_of(text_, problem.offset);
  return fmt::format("{}:{}:{}: {}{}{}",
                     file,
                     at.line,
                     at.column,
                     problem.path,
                     problem.path.empty() ? "" : ": ",
                     problem.what);
}

Error Problems::to_error(std::string_view file) const {
  std::vector<Problem> sorted = found_;
  std::ranges::stable_sort(sorted, {}, &Problem::offset);
  const std::size_t shown = std::min(sorted.size(), kMostShown);
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < shown; ++i) {
    lines.push_back(line_of(sorted[i], file));
  }
  if (const std::size_t more = sorted.size() - shown + dropped_; more > 0) {
    lines.push_back(fmt::format("{}: {} more errors", file, more));
  }
  return {.fault = Fault::Malformed,
          .what = fmt::format("{}", fmt::join(lines, "\n"))};
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
