// One value of the configuration: what it is, what it is called, and whom to
// tell when it is wrong.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json_tree.h"
#include "problems.h"

namespace strayd::config {

// Both ends included.
struct WholeRange {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

struct DurationRange {
  std::chrono::nanoseconds least{};
  std::chrono::nanoseconds most{};
};

// The words a key may have, each with what it means.
template <typename T>
struct Word {
  std::string_view text{};
  T meaning{};
};

// "1h", "90s", "500ms": the largest unit that says it exactly.
std::string duration_text(std::chrono::nanoseconds duration);

class Value {
 public:
  // `node` and `problems` are borrowed.
  Value(const Node& node, std::string path, Problems& problems)
      : node_(&node), path_(std::move(path)), problems_(&problems) {}

  const Node& node() const { return *node_; }
  const std::string& path() const { return path_; }
  Problems& problems() const { return *problems_; }

  void complain(std::string what) const;
  // "expected WHAT, got 10".
  void expected(std::string_view what) const;

  // nullopt: it is something else, and the problem is told.
  std::optional<std::string> string(std::string_view what) const;
  std::optional<bool> boolean() const;
  std::optional<std::int64_t> whole(const WholeRange& range) const;
  std::optional<std::chrono::nanoseconds> duration(
      const DurationRange& range) const;
  // Absolute, and in its normal form: no trailing slash, no "//".
  std::optional<std::string> absolute_path() const;
  // What becomes a label: [a-zA-Z0-9_.-]{1,64}.
  std::optional<std::string> name() const;
  // Empty where it is no array, or has more or fewer items than may be.
  std::vector<Value> items(const WholeRange& count,
                           std::string_view what) const;

  template <typename T>
  std::optional<T> word(std::span<const Word<T>> words) const {
    if (node_->kind == Node::Kind::String) {
      for (const Word<T>& word : words) {
        if (word.text == node_->text) return word.meaning;
      }
    }
    std::string all;
    for (const Word<T>& word : words) {
      if (!all.empty()) all += &word == &words.back() ? " or " : ", ";
      all.append("\"").append(word.text).append("\"");
    }
    expected(all);
    return std::nullopt;
  }

 private:
  const Node* node_;
  std::string path_;
  Problems* problems_;
};

}  // namespace strayd::config
