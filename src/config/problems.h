// What is wrong with a configuration, and where.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "strayd/core/result.h"

namespace strayd::config {

// Collects instead of stopping at the first, so that an operator mends a file
// in one go.
class Problems {
 public:
  // The text is borrowed.
  explicit Problems(std::string_view text) : text_(text) {}

  // `offset` is in bytes; an empty `path` says that no key is concerned.
  void add(std::size_t offset, std::string path, std::string what);

  bool none() const { return found_.empty(); }
  std::string_view text() const { return text_; }

  // One line each, in the order of the text, at most kMostShown of them:
  // "strayd.json:12:5: rules[0].grace: expected …, got 10". `word` is what more
  // of them are called.
  std::string lines(std::string_view file, std::string_view word) const;
  Error to_error(std::string_view file) const;

  static constexpr std::size_t kMostShown = 20;

 private:
  struct Problem {
    std::string path{};
    std::string what{};
  };

  std::string_view text_;
  // By offset; those of one place in the order of their finding.
  std::multimap<std::size_t, Problem> found_{};
  std::size_t dropped_ = 0;
};

// Text of the file as it may stand in an error or a log: printable ASCII, other
// bytes as \xNN, no longer than `most` and then some dots.
std::string printable(std::string_view bytes, std::size_t most = 60);

}  // namespace strayd::config
