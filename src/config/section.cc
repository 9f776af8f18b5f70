#include "section.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "problems.h"
#include "value.h"

namespace strayd::config {
namespace {

bool is_plain(std::string_view key) {
  return !key.empty() && key.size() <= 60 &&
         std::ranges::all_of(key, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '$';
         });
}

}  // namespace

Section::Section(Value value)
    : value_(std::move(value)),
      object_(value_.node().kind == Node::Kind::Object) {
  if (!object_) value_.expected("an object");
}

std::string Section::path_of(const Node& member) const {
  const std::string key = is_plain(member.key)
                              ? member.key
                              : fmt::format("\"{}\"", printable(member.key));
  return value_.path().empty() ? key : value_.path() + "." + key;
}

std::optional<Value> Section::take(std::string_view key) {
  if (std::ranges::find(known_, key) == known_.end()) known_.push_back(key);
  if (!object_) return std::nullopt;
  const std::vector<Node>& members = value_.node().children;
  const auto member = std::ranges::find(members, key, &Node::key);
  if (member == members.end()) return std::nullopt;
  return Value(*member, path_of(*member), value_.problems());
}

std::optional<Value> Section::require(std::string_view key,
                                      std::string_view why) {
  std::optional<Value> value = take(key);
  if (!value && object_) {
    value_.complain(fmt::format(
        "the key \"{}\" is missing{}{}", key, why.empty() ? "" : ": ", why));
  }
  return value;
}

void Section::duration(std::string_view key,
                       const DurationRange& range,
                       std::chrono::nanoseconds& out) {
  const std::optional<Value> value = take(key);
  if (!value) return;
  if (const auto duration = value->duration(range)) out = *duration;
}

void Section::absolute_path(std::string_view key, std::string& out) {
  const std::optional<Value> value = take(key);
  if (!value) return;
  if (auto path = value->absolute_path()) out = *std::move(path);
}

void Section::truth(std::string_view key, bool& out) {
  const std::optional<Value> value = take(key);
  if (value) out = value->boolean().value_or(out);
}

std::string Section::advice_on(std::string_view unknown) const {
  if (const auto near = nearest(unknown, known_)) {
    return fmt::format("unknown key; did you mean \"{}\"?", *near);
  }
  return fmt::format("unknown key; known here: {}", fmt::join(known_, ", "));
}

void Section::finish() const {
  if (!object_) return;
  for (const Node& member : value_.node().children) {
    if (std::ranges::find(known_, member.key) != known_.end()) continue;
    value_.problems().add(
        member.key_place.begin, path_of(member), advice_on(member.key));
  }
}

}  // namespace strayd::config
