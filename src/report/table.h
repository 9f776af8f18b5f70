// Columns for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace strayd::words {

// Safe for a terminal and at most `most` characters, the last of which is then
// an ellipsis.
std::string fitted(std::string_view bytes, std::size_t most);

class Table {
 public:
  explicit Table(std::vector<std::string> headings);

  // As many cells as headings. Cells are made safe; all but the last are cut at
  // kWidest characters.
  void add(std::vector<std::string> row);
  bool empty() const;
  // Left-aligned, two spaces apart, the last column ragged.
  std::string text() const;

  static constexpr std::size_t kWidest = 32;

 private:
  std::vector<std::vector<std::string>> rows_{};
};

}  // namespace strayd::words
