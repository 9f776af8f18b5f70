// One object of the configuration and the keys that it may have.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "value.h"

namespace strayd::config {

// Each key is known from the moment somebody asks for it: what nobody asked for
// when `finish` is called is an error.
class Section {
 public:
  // Complains if the value is no object, and is then without keys.
  explicit Section(Value value);

  const Value& value() const { return value_; }

  // nullopt: the key is not there, and the default holds.
  std::optional<Value> take(std::string_view key);
  // The same, and its absence is a problem, with this explanation.
  std::optional<Value> require(std::string_view key, std::string_view why = {});

  // These leave `out` alone where the key is absent or wrong.
  void duration(std::string_view key,
                const DurationRange& range,
                std::chrono::nanoseconds& out);
  void absolute_path(std::string_view key, std::string& out);
  void truth(std::string_view key, bool& out);

  template <std::integral T>
  void whole(std::string_view key, const WholeRange& range, T& out) {
    const std::optional<Value> value = take(key);
    if (!value) return;
    if (const auto number = value->whole(range)) out = static_cast<T>(*number);
  }

  template <typename T, std::size_t N>
  void word(std::string_view key, const std::array<Word<T>, N>& words, T& out) {
    const std::optional<Value> value = take(key);
    if (!value) return;
    if (const auto meaning = value->template word<T>(words)) out = *meaning;
  }

  void finish() const;

 private:
  std::string path_of(const Node& member) const;
  std::string advice_on(std::string_view unknown) const;

  Value value_;
  bool object_ = false;
  std::vector<std::string_view> known_{};
};

// The word of `known` that a slip of the fingers may have made `text` of.
std::optional<std::string_view> nearest(
    std::string_view text, std::span<const std::string_view> known);

}  // namespace strayd::config
