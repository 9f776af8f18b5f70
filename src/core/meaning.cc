#include "strayd/core/meaning.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "strayd/core/judge.h"
#include "strayd/core/text.h"

namespace strayd {
namespace {

Fit said(bool holds) {
  return holds ? Fit::Yes : Fit::No;
}

std::string_view terminal(bool has_one) {
  return has_one ? "has a terminal" : "has no terminal";
}

KeyFit exe_fit(const std::string& wanted, const Process& process) {
  if (!process.exe) return {.key = "exe"};
  const std::string_view is = base_name(*process.exe);
  return {.key = "exe",
          .fit = said(is == wanted),
          .instead = "it is " + std::string(is) + ", not " + wanted};
}

KeyFit uid_fit(uid_t wanted, const Process& process) {
  if (!process.uid) return {.key = "user"};
  return {.key = "user",
          .fit = said(*process.uid == wanted),
          .instead = "it is of user " + std::to_string(*process.uid) +
                     ", not " + std::to_string(wanted)};
}

std::vector<KeyFit> of_fit(const std::vector<KeyFit>& all, Fit wanted) {
  std::vector<KeyFit> found;
  std::ranges::copy_if(all, std::back_inserter(found), [&](const KeyFit& key) {
    return key.fit == wanted;
  });
  return found;
}

// What talks about a server on the command line that looks for it is nearest to
// every rule.
bool is_in_question(const Process& process, const Snapshot& snapshot) {
  return process.id != snapshot.self && !is_dead(process) &&
         !is_kernel_thread(process);
}

// nullopt: it means a process, or may mean one.
std::optional<IdleRule> if_idle(const Rule& rule,
                                const Snapshot& snapshot,
                                const Memory& memory) {
  IdleRule idle{.rule = rule.name};
  if (rule.match.cwd && !memory.directories.contains(*rule.match.cwd)) {
    idle.lost_directory = rule.match.cwd;
  }
  for (const Process& process : snapshot.processes) {
    if (!is_in_question(process, snapshot)) continue;
    if (pattern_fit(rule.match, process) == Fit::No) continue;
    const std::vector<KeyFit> keys = key_fits(rule.match, process, memory);
    std::vector<KeyFit> failed = of_fit(keys, Fit::No);
    if (failed.empty()) return std::nullopt;
    const bool is_nearer = !idle.nearest || failed.size() < idle.failed.size();
    if (!process.argv || !is_nearer) continue;
    idle.nearest = process.id;
    idle.failed = std::move(failed);
  }
  return idle;
}

}  // namespace

std::vector<KeyFit> key_fits(const Match& match,
                             const Process& process,
                             const Memory& memory) {
  std::vector<KeyFit> keys;
  if (match.pattern) {
    keys.push_back({.key = "pattern",
                    .fit = pattern_fit(match, process),
                    .instead = "its arguments are others"});
  }
  if (match.exe) keys.push_back(exe_fit(*match.exe, process));
  if (match.uid) keys.push_back(uid_fit(*match.uid, process));
  if (match.cwd) {
    keys.push_back({.key = "cwd",
                    .fit = cwd_fit(*match.cwd, process, memory),
                    .instead = memory.directories.contains(*match.cwd)
                                   ? "it works elsewhere"
                                   : "there is no " + *match.cwd});
  }
  if (match.tty) {
    const bool has_one = process.tty != 0;
    keys.push_back({.key = "tty",
                    .fit = said(has_one == *match.tty),
                    .instead = "it " + std::string(terminal(has_one))});
  }
  return keys;
}

std::vector<IdleRule> idle_rules(const Snapshot& snapshot,
                                 const Memory& memory,
                                 const Policy& policy) {
  std::vector<IdleRule> all;
  for (const Rule& rule : policy.rules) {
    if (auto idle = if_idle(rule, snapshot, memory)) {
      all.push_back(*std::move(idle));
    }
  }
  return all;
}

}  // namespace strayd
