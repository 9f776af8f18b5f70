#include "value.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "strayd/config/config.h"
#include "strayd/core/result.h"

#include "json_tree.h"
#include "problems.h"

namespace strayd::config {
namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kLongestName = 64;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

// A scalar as the operator wrote it.
std::string got(const Node& node, std::string_view text) {
  if (node.kind == Node::Kind::Object) return "an object";
  if (node.kind == Node::Kind::Array) {
    return node.children.empty() ? "an empty array" : "an array";
  }
  return printable(
      text.substr(node.place.begin, node.place.end - node.place.begin));
}

// Of a path that begins with '/'.
std::string normal_form(const std::string& path) {
  std::string normal = std::filesystem::path(path).lexically_normal().string();
  while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal;
}

}  // namespace

std::string duration_text(nanoseconds duration) {
  struct Unit {
    nanoseconds length{};
    std::string_view name{};
  };
  static constexpr std::array kUnits{
      Unit{.length = std::chrono::hours{1}, .name = "h"},
      Unit{.length = std::chrono::minutes{1}, .name = "m"},
      Unit{.length = std::chrono::seconds{1}, .name = "s"},
      Unit{.length = std::chrono::milliseconds{1}, .name = "ms"}};
  if (duration == nanoseconds::zero()) return "0s";
  for (const Unit& unit : kUnits) {
    if (duration % unit.length == nanoseconds::zero()) {
      return fmt::format("{}{}", duration / unit.length, unit.name);
    }
  }
  return fmt::format("{}ns", duration.count());
}

void Value::complain(std::string what) const {
  problems_->add(node_->place.begin, path_, std::move(what));
}

void Value::expected(std::string_view what) const {
  complain(
      fmt::format("expected {}, got {}", what, got(*node_, problems_->text())));
}

std::optional<std::string> Value::string(std::string_view what) const {
  const bool fits = node_->kind == Node::Kind::String && !node_->text.empty() &&
                    node_->text.find('\0') == std::string::npos;
  if (fits) return node_->text;
  expected(what);
  return std::nullopt;
}

std::optional<bool> Value::boolean() const {
  if (node_->kind == Node::Kind::Boolean) return node_->truth;
  expected("true or false");
  return std::nullopt;
}

std::optional<std::int64_t> Value::whole(const WholeRange& range) const {
  if (node_->whole && *node_->whole >= range.least &&
      *node_->whole <= range.most) {
    return node_->whole;
  }
  expected(
      fmt::format("a whole number from {} to {}", range.least, range.most));
  return std::nullopt;
}

std::optional<nanoseconds> Value::duration(const DurationRange& range) const {
  if (node_->kind == Node::Kind::String) {
    const Result<nanoseconds> parsed = parse_duration(node_->text);
    if (parsed && *parsed >= range.least && *parsed <= range.most) {
      return *parsed;
    }
    if (parsed) {
      expected(fmt::format("a duration from {} to {}",
                           duration_text(range.least),
                           duration_text(range.most)));
      return std::nullopt;
    }
  }
  expected(R"(a duration like "500ms", "10s", "5m" or "1h")");
  return std::nullopt;
}

std::optional<std::string> Value::absolute_path() const {
  std::optional<std::string> path = string("an absolute path");
  if (!path) return std::nullopt;
  if (!path->starts_with('/')) {
    expected("an absolute path");
    return std::nullopt;
  }
  return normal_form(*path);
}

std::optional<std::string> Value::name() const {
  const std::string& text = node_->text;
  if (node_->kind == Node::Kind::String && !text.empty() &&
      text.size() <= kLongestName &&
      std::ranges::all_of(text, is_name_character)) {
    return text;
  }
  expected("a name of 1 to 64 letters, digits, '_', '.' or '-'");
  return std::nullopt;
}

std::vector<Value> Value::items(const WholeRange& count,
                                std::string_view what) const {
  const std::vector<Node>& children = node_->children;
  std::vector<Value> items;
  if (node_->kind != Node::Kind::Array) {
    expected(what);
  } else if (std::cmp_less(children.size(), count.least) ||
             std::cmp_greater(children.size(), count.most)) {
    complain(fmt::format("expected {} ({} to {} of them), got {}",
                         what,
                         count.least,
                         count.most,
                         children.size()));
  } else {
    for (std::size_t i = 0; i < children.size(); ++i) {
      items.emplace_back(
          children[i], fmt::format("{}[{}]", path_, i), *problems_);
    }
  }
  return items;
}

}  // namespace strayd::config
