#include "orphan_trees.h"

#include <algorithm>

namespace strayd {

std::map<ProcId, OrphanTree> orphan_trees(const Forest& forest,
                                          std::span<const Verdict> verdicts) {
  std::map<ProcId, ProcId> kept;  // candidate -> root of its tree
  for (const Verdict& verdict : verdicts) {
    if (is_kept(verdict)) kept.emplace(verdict.id, verdict.tree);
  }
  const auto root_of = [&](const Verdict& verdict) {
    ProcId root = verdict.tree;
    if (!is_kept(verdict)) return root;
    for (const ProcId& above : verdict.chain) {
      const auto found = kept.find(above);
      if (found != kept.end()) root = found->second;
    }
    return root;
  };
  std::map<ProcId, OrphanTree> trees;
  for (const Verdict& verdict : verdicts) {
    if (verdict.role != Role::Candidate) continue;
    if (!verdict.kind && !is_kept(verdict)) continue;
    const Process* process = forest.find(verdict.id);
    if (process == nullptr) continue;
    OrphanTree& tree = trees[root_of(verdict)];
    tree.started = std::min(tree.started, process->started);
    tree.candidates.push_back({.verdict = &verdict, .process = process});
  }
  return trees;
}

}  // namespace strayd
