#include "strayd/core/returned.h"

#include <algorithm>
#include <utility>

#include "strayd/core/forest.h"

#include "hash.h"
#include "orphan_trees.h"

namespace strayd {
namespace {

struct Tree {
  std::map<ProcId, OrphanTrace> candidates{};
  BootTime started{};  // of its oldest candidate
};

std::optional<ProcId> parent_of(const Verdict& verdict, const ProcId& root) {
  auto parent = verdict.chain.begin();
  if (verdict.id != root) {
    parent = std::ranges::find(verdict.chain, root);
    if (parent != verdict.chain.end()) ++parent;
  }
  if (parent == verdict.chain.end() || parent->pid == 1) return std::nullopt;
  return *parent;
}

std::map<ProcId, Tree> trees_of(const Forest& forest,
                                std::span<const Verdict> verdicts) {
  std::map<ProcId, Tree> trees;
  for (const auto& [root, orphan] : orphan_trees(forest, verdicts)) {
    Tree& tree = trees[root];
    tree.started = orphan.started;
    for (const auto& [verdict, process] : orphan.candidates) {
      tree.candidates[verdict->id] = {.rule = verdict->rule,
                                      .parent = parent_of(*verdict, root),
                                      .print = print_of(*process)};
    }
  }
  return trees;
}

bool alike(const OrphanTrace& one, const OrphanTrace& other) {
  if (one.rule != other.rule) return false;
  return (one.parent && one.parent == other.parent) ||
         (one.print && one.print == other.print);
}

// The end of any member is that of its tree: a server whose wrapper was
// signalled first may be gone before its own signal.
void take_ended(ReturnMemory& memory,
                std::span<const Ended> ended,
                BootTime now) {
  for (const Ended& each : ended) {
    for (const auto& [id, living] : memory.living) {
      if (id != each.id && living.tree != each.kill.tree) continue;
      memory.ended[id] = {
          .trace = living.trace, .after = living.seen, .at = now};
    }
  }
  std::erase_if(memory.ended, [&](const auto& entry) {
    return now - entry.second.at > kReturnWindow;
  });
}

// nullopt: it is new.
std::optional<int> times_known(const ReturnMemory& memory, const Tree& tree) {
  std::optional<int> times;
  for (const auto& [id, trace] : tree.candidates) {
    const auto living = memory.living.find(id);
    if (living == memory.living.end()) continue;
    times = std::max(times.value_or(0), living->second.trace.times);
  }
  return times;
}

int times_returned(const ReturnMemory& memory, const Tree& tree) {
  int times = 0;
  for (const auto& [ended_id, ended] : memory.ended) {
    if (tree.started + kTick < ended.after) continue;
    for (const auto& [id, trace] : tree.candidates) {
      if (alike(trace, ended.trace)) {
        times = std::max(times, ended.trace.times + 1);
      }
    }
  }
  return times;
}

}  // namespace

std::optional<std::uint64_t> print_of(const Process& process) {
  if (!process.argv || !process.exe || !process.uid) return std::nullopt;
  Hash hash;
  hash.add(*process.exe);
  hash.add(std::to_string(*process.uid));
  for (const std::string& argument : *process.argv) hash.add(argument);
  return hash.value();
}

std::optional<ProcId> parent_of_tree(const Verdict& verdict) {
  return parent_of(verdict, verdict.tree);
}

ReturnFindings look_for_returns(ReturnMemory before,
                                const Snapshot& snapshot,
                                std::span<const Verdict> verdicts,
                                std::span<const Ended> ended) {
  const BootTime now = snapshot.taken;
  const Forest forest(snapshot);
  take_ended(before, ended, now);
  ReturnFindings found;
  for (auto& [root, tree] : trees_of(forest, verdicts)) {
    const std::optional<int> known = times_known(before, tree);
    const int times = known ? *known : times_returned(before, tree);
    const OrphanTrace& first = tree.candidates.begin()->second;
    if (times > 0) {
      found.returned[root] = {.rule = first.rule,
                              .parent = first.parent,
                              .times = times,
                              .is_new = !known};
    }
    for (auto& [id, trace] : tree.candidates) {
      trace.times = times;
      before.living[id] = {
          .trace = std::move(trace), .tree = root, .seen = now};
    }
  }
  // The news of an end may come after the snapshot that misses the process.
  std::erase_if(before.living, [&](const auto& entry) {
    return now - entry.second.seen > kReturnWindow;
  });
  found.memory = std::move(before);
  return found;
}

}  // namespace strayd
