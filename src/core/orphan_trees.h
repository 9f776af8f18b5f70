// The orphan trees of a scan, for those who follow what comes of our kills.
#pragma once

#include <chrono>
#include <map>
#include <span>
#include <vector>

#include "strayd/core/forest.h"
#include "strayd/core/process.h"
#include "strayd/core/verdict.h"

namespace strayd {

// The start of a process is known to a clock tick, of which there are 100 in a
// second, and rounded down.
inline constexpr std::chrono::milliseconds kTick{10};

struct OrphanTree {
  struct Candidate {
    const Verdict* verdict = nullptr;
    const Process* process = nullptr;
  };
  std::vector<Candidate> candidates{};  // ascending by pid, at least one
  BootTime started = BootTime::max();   // of its oldest candidate
};

// By their roots. What is held because somebody keeps it is a tree with all of
// the kind below it. Borrows both.
std::map<ProcId, OrphanTree> orphan_trees(const Forest& forest,
                                          std::span<const Verdict> verdicts);

}  // namespace strayd
