#include <algorithm>
#include <cctype>
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

// How many letters must be added, dropped or replaced (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced =
          diagonal + (same_letter(a[i - 1], b[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
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
