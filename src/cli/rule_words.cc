#include "rule_words.h"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "strayd/core/meaning.h"
#include "strayd/report/render.h"

namespace strayd {
namespace {

std::string_view word(Fit fit) {
  switch (fit) {
    case Fit::No:
      return "does not";
    case Fit::Unknown:
      return "can't be read";
    case Fit::Yes:
      return "fits";
  }
  return "can't be read";
}

std::string key_text(const KeyFit& key) {
  if (key.fit != Fit::No) return fmt::format("{} {}", key.key, word(key.fit));
  return fmt::format(
      "{} {} ({})", key.key, word(key.fit), one_line(key.instead));
}

}  // namespace

std::string keys_text(const Process& process,
                      const Memory& memory,
                      const Policy& policy) {
  std::string text;
  for (const Rule& rule : policy.rules) {
    std::vector<std::string> keys;
    for (const KeyFit& key : key_fits(rule.match, process, memory)) {
      keys.push_back(key_text(key));
    }
    text += fmt::format(
        "Rule '{}': {}\n", one_line(rule.name), fmt::join(keys, ", "));
  }
  return text;
}

}  // namespace strayd
