// The few tags of the status page. Nothing foreign gets in unescaped.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace strayd::html {

// Text between tags or within a quoted attribute.
std::string escaped(std::string_view bytes);
// The same; a dash where there is none.
std::string or_dash(std::string_view bytes);

// A word with a colour: the class names of the style sheet.
enum class Tone { Quiet, Good, Warning, Bad };
std::string badge(Tone tone, std::string_view bytes);

class Table {
 public:
  // `caption` and `headings` are our own words.
  Table(std::string_view caption,
        std::initializer_list<std::string_view> headings);

  // `cells` makes them, as HTML already: escaped() or badge(). After kMostRows
  // it is only counted, so that a fork storm makes no page of megabytes.
  template <typename Cells>
  void add(const Cells& cells) {
    if (++rows_ <= kMostRows) append(cells());
  }
  // `otherwise` where there is no row.
  std::string text(std::string_view otherwise) const;

  static constexpr std::size_t kMostRows = 300;

 private:
  void append(const std::vector<std::string>& cells);

  std::string head_{};
  std::string body_{};
  std::size_t rows_ = 0;
};

extern const std::string_view kStyle;

}  // namespace strayd::html
