#include "table.h"

#include <algorithm>
#include <utility>

#include "strayd/report/render.h"

namespace strayd::words {
namespace {

bool starts_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, starts_character));
}

}  // namespace

std::string fitted(std::string_view bytes, std::size_t most) {
  // A character has at most four bytes, and cleaning shortens nothing.
  constexpr std::size_t kBytesPerCharacter = 4;
  std::string text = one_line(bytes.substr(0, (kBytesPerCharacter * most) + 1));
  if (width(text) <= most) return text;
  std::size_t characters = 0;
  std::size_t end = 0;
  while (end < text.size()) {
    if (starts_character(text[end]) && ++characters == most) break;
    ++end;
  }
  text.resize(end);
  return text + "…";
}

Table::Table(std::vector<std::string> headings) {
  rows_.push_back(std::move(headings));
}

void Table::add(std::vector<std::string> row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    const bool last = i + 1 == row.size();
    row[i] = last ? one_line(row[i]) : fitted(row[i], kWidest);
  }
  rows_.push_back(std::move(row));
}

bool Table::empty() const {
  return rows_.size() == 1;
}

std::string Table::text() const {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  for (const std::vector<std::string>& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], width(row[i]));
    }
  }
  std::string text;
  for (const std::vector<std::string>& row : rows_) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      text += row[i];
      text.append(widths[i] - width(row[i]) + 2, ' ');
    }
    text += row.back() + "\n";
  }
  return text;
}

}  // namespace strayd::words
