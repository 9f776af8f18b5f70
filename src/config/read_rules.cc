#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "strayd/core/policy.h"

#include "read_match.h"
#include "section.h"
#include "sections.h"
#include "value.h"

namespace strayd::config {
namespace {

using namespace std::chrono_literals;

using Scope = Word<ReapScope>;
constexpr std::array kScopes{
    Scope{.text = "all", .meaning = ReapScope::All},
    Scope{.text = "leftover", .meaning = ReapScope::Leftover},
    Scope{.text = "none", .meaning = ReapScope::None}};

// A name that is wrong, or taken, is told and left empty.
std::string read_name(Section& keys, std::set<std::string>& taken) {
  const std::optional<Value> value = keys.require("name");
  if (!value) return {};
  std::optional<std::string> name = value->name();
  if (!name) return {};
  if (!taken.insert(*name).second) {
    value->complain(fmt::format("the name \"{}\" is taken", *name));
    return {};
  }
  return *std::move(name);
}

// A pattern alone hits whatever talks about the server; an executable alone
// hits every server there is.
void require_both(Section& keys) {
  keys.require("pattern",
               "a rule needs \"pattern\" and \"exe\" (an executable alone "
               "means every process of it)");
  keys.require("exe",
               "a rule needs \"pattern\" and \"exe\" (a pattern alone also "
               "hits grep, vim and ssh with the same words in their command "
               "line)");
}

Rule read_rule(const Value& value, std::set<std::string>& taken) {
  Section keys(value);
  Rule rule;
  rule.name = read_name(keys, taken);
  require_both(keys);
  rule.match = read_match(keys);
  keys.word("reap", kScopes, rule.reap);
  keys.duration("grace", {.least = 0s, .most = 10min}, rule.grace);
  keys.finish();
  return rule;
}

constexpr std::array<std::string_view, 5> kMatchers{
    "pattern", "exe", "user", "cwd", "tty"};

// An object without any of the keys that say which processes are meant.
bool says_nothing(const Value& value) {
  return value.node().kind == Node::Kind::Object &&
         std::ranges::none_of(value.node().children, [](const Node& member) {
           return std::ranges::find(kMatchers, member.key) != kMatchers.end();
         });
}

ProtectRule read_protect_rule(const Value& value,
                              std::set<std::string>& taken) {
  Section keys(value);
  ProtectRule rule;
  rule.name = read_name(keys, taken);
  rule.match = read_match(keys);
  if (const auto tty = keys.take("tty")) rule.match.tty = tty->boolean();
  if (says_nothing(value)) {
    value.complain(
        "would protect every process: give \"pattern\", \"exe\", \"user\", "
        "\"cwd\" or \"tty\"");
  }
  keys.finish();
  return rule;
}

ProgramRule read_program(const Value& value, std::set<std::string>& taken) {
  Section keys(value);
  ProgramRule rule;
  rule.name = read_name(keys, taken);
  rule.match = read_match(keys);
  if (says_nothing(value)) {
    value.complain(
        "would mean every process: give \"pattern\", \"exe\", \"user\" or "
        "\"cwd\"");
  }
  keys.finish();
  return rule;
}

}  // namespace

void read_rules(const Value& value, std::vector<Rule>& out) {
  out.clear();
  std::set<std::string> taken;
  for (const Value& item : value.items(kListLength, "an array of rules")) {
    out.push_back(read_rule(item, taken));
  }
}

void read_protect(const Value& value, std::vector<ProtectRule>& out) {
  out.clear();
  std::set<std::string> taken;
  for (const Value& item : value.items(kListLength, "an array of rules")) {
    out.push_back(read_protect_rule(item, taken));
  }
}

void read_programs(const Value& value, std::vector<ProgramRule>& out) {
  out.clear();
  std::set<std::string> taken;
  for (const Value& item : value.items(kListLength, "an array of programs")) {
    out.push_back(read_program(item, taken));
  }
}

void read_pidfiles(const Value& value, std::vector<std::string>& out) {
  out.clear();
  for (const Value& item :
       value.items({.least = 0, .most = 64}, "an array of directories")) {
    if (auto path = item.absolute_path()) out.push_back(*std::move(path));
  }
}

}  // namespace strayd::config
