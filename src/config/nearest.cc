#include <algorithm>
#include <cctype>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "section.h"

namespace strayd::config {
namespace {

// Longer than any key of ours: such a word is no slip, and the distance of a
// huge one would take long.
constexpr std::size_t kLongestSlip = 40;

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

// "killsPerScan" is "kills_per_scan" to whoever types it.
bool same_letter(char a, char b) {
  const auto plain = [](char c) {
    return c == '-' ? '_' : lower(c);
  };
  return plain(a) == plain(b);
}

using Row = std::vector<std::size_t>;

// Two neighbours that changed places are one slip: "moed".
bool swapped(std::string_view a, std::string_view b) {
  return same_letter(a[0], b[1]) && same_letter(a[1], b[0]);
}

// How many letters must be added, dropped, replaced or swapped with their
// neighbour (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<Row> d(a.size() + 1, Row(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t other = same_letter(a[i - 1], b[j - 1]) ? 0 : 1;
      d[i][j] =
          std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + other});
      if (i > 1 && j > 1 && swapped(a.substr(i - 2), b.substr(j - 2))) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::optional<std::string_view> nearest(
    std::string_view text, std::span<const std::string_view> known) {
  if (text.size() > kLongestSlip) return std::nullopt;
  std::optional<std::string_view> best;
  std::size_t least = 0;
  for (const std::string_view word : known) {
    const std::size_t away = distance(text, word);
    const bool slip = away <= std::max<std::size_t>(1, word.size() / 3);
    if (slip && (!best || away < least)) {
      best = word;
      least = away;
    }
  }
  return best;
}

}  // namespace strayd::config
