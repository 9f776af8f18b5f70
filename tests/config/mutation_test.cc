// What an editor, a merge or a half-written file may leave.
#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <re2/re2.h>

#include "strayd/config/config.h"
#include "strayd/core/result.h"

namespace strayd {
namespace {

constexpr int kTrials = 10'000;

class Mutator {
 public:
  std::string mutate(std::string text) {
    const std::size_t times = below(4) + 1;
    for (std::size_t i = 0; i < times; ++i) once(text);
    return text;
  }

 private:
  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }

  char any_byte() {
    static constexpr std::string_view kTelling = "{}[]\",:\\/*-.0919eE \n\r";
    if (below(2) == 0) return kTelling[below(kTelling.size())];
    return static_cast<char>(below(256));
  }

  void once(std::string& text) {
    if (text.empty()) return;
    const std::size_t at = below(text.size());
    const std::size_t length = below(20) + 1;
    switch (below(6)) {
      case 0:
        text[at] = any_byte();
        break;
      case 1:
        text.insert(at, 1, any_byte());
        break;
      case 2:
        text.erase(at, length);
        break;
      case 3:
        text.insert(at, text.substr(below(text.size()), length));
        break;
      case 4:
        text.resize(at);
        break;
      default:
        std::swap(text[at], text[below(text.size())]);
        break;
    }
  }

  std::mt19937_64 random_{20240229};
};

std::size_t lines_in(std::string_view text) {
  return 1 + static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

std::size_t length_of_line(std::string_view text, std::size_t line) {
  for (; line > 1; --line) text.remove_prefix(text.find('\n') + 1);
  return std::min(text.find('\n'), text.size());
}

// Each line of an error but the one that counts the rest.
bool points_into(std::string_view text, std::string_view error) {
  static const re2::RE2 kPlace("t:([1-9][0-9]*):([1-9][0-9]*): [ -~]+");
  static const re2::RE2 kRest("t: [1-9][0-9]* more errors");
  while (!error.empty()) {
    const std::size_t end = std::min(error.find('\n'), error.size());
    const std::string shown(error.substr(0, end));
    error.remove_prefix(std::min(end + 1, error.size()));
    std::size_t line = 0;
    std::size_t column = 0;
    if (re2::RE2::FullMatch(shown, kRest)) continue;
    if (!re2::RE2::FullMatch(shown, kPlace, &line, &column)) return false;
    if (line > lines_in(text)) return false;
    if (column > length_of_line(text, line) + 1) return false;
  }
  return true;
}

TEST(Mutations, of_the_default_are_read_or_refused_at_a_place_in_the_text) {
  Mutator mutator;
  int refused = 0;
  for (int i = 0; i < kTrials; ++i) {
    const std::string text = mutator.mutate(std::string(default_config_text()));
    const Result<Config> config = parse_config(text, "t");
    if (config) continue;
    ++refused;
    ASSERT_FALSE(config.error().what.empty());
    ASSERT_TRUE(points_into(text, config.error().what))
        << config.error().what << "\n"
        << text;
  }
  EXPECT_GT(refused, kTrials / 10);
  EXPECT_LT(refused, kTrials);
}

TEST(Mutations, that_cut_the_default_short_are_refused) {
  const std::string_view whole = default_config_text();
  const std::size_t last = whole.rfind('}');
  const std::size_t first = whole.find('{');
  for (std::size_t i = 0; i <= last; ++i) {
    const Result<Config> config = parse_config(whole.substr(0, i), "t");
    ASSERT_FALSE(config) << i;
    ASSERT_TRUE(points_into(whole.substr(0, i), config.error().what))
        << config.error().what;
  }
  EXPECT_LT(first, last);
}

}  // namespace
}  // namespace strayd
