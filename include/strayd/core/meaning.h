// What the rules of a configuration mean here and now: a rule that means no
// process is a word, and most likely one that is mistaken.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "strayd/core/fit.h"
#include "strayd/core/policy.h"
#include "strayd/core/process.h"

namespace strayd {

struct Memory;

struct KeyFit {
  std::string key{};  // as the configuration calls it: "pattern", "exe" …
  Fit fit = Fit::Unknown;
  // What the process is instead, where that is no secret; empty: not told.
  std::string instead{};

  bool operator==(const KeyFit&) const = default;
};

// Each key that the match gives, in the order of the documentation.
std::vector<KeyFit> key_fits(const Match& match,
                             const Process& process,
                             const Memory& memory);

struct IdleRule {
  std::string rule{};
  // The process that fits most of its keys, of those that fit its pattern;
  // nullopt: none does.
  std::optional<ProcId> nearest{};
  std::vector<KeyFit> failed{};  // of the nearest
  // Where its `cwd` could not be found: as it is written.
  std::optional<std::string> lost_directory{};

  bool operator==(const IdleRule&) const = default;
};

// The rules that mean no process, in the order of the configuration. One that
// may mean a process, for all that could be read of it, is not among them.
std::vector<IdleRule> idle_rules(const Snapshot& snapshot,
                                 const Memory& memory,
                                 const Policy& policy);

}  // namespace strayd
