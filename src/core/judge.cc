#include "strayd/core/judge.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "strayd/core/fit.h"

#include "scene.h"

namespace strayd {
namespace {

constexpr std::size_t kLargestTree = 512;

std::optional<Claim> strongest_claim(const Scene& scene,
                                     const Process& process) {
  if (auto claim = protected_claim(scene, process)) return claim;
  if (auto claim = managed_claim(scene, process)) return claim;
  return held_claim(scene, process);
}

// For a process that nobody claims.
OrphanKind orphan_kind(const Scene& scene, const Process& process) {
  if (const auto origin = scene.origin_of(process)) {
    const OriginJudgement judged = judge_origin(scene, process, *origin);
    return std::get<OrphanKind>(judged);
  }
  if (auto left = left_by_a_unit(scene, process)) return *std::move(left);
  return {.standing = Standing::Stray,
          .reason = {.why = Why::NoOwner,
                     .text = "no supervisor is among its ancestors, it was "
                             "never seen below one, and it has no PM2 cookie"}};
}

struct Candidate {
  const Process* process = nullptr;
  const Rule* rule = nullptr;
  std::optional<Claim> claim{};
};

std::vector<Candidate> candidates(const Scene& scene) {
  std::vector<Candidate> found;
  for (const Process& process : scene.evidence.snapshot.processes) {
    if (is_kernel_thread(process)) continue;
    for (const Rule& rule : scene.policy.rules) {
      const Fit fits = scene.fit(rule.match, process);
      // Without an argv nothing hints at this rule; the process is no more a
      // candidate than any other that can't be read.
      if (fits == Fit::No || !process.argv) continue;
      Candidate candidate{.process = &process, .rule = &rule};
      candidate.claim = strongest_claim(scene, process);
      if (fits == Fit::Unknown && !candidate.claim) {
        candidate.claim =
            held(Why::Unreadable,
                 "whether the rule '" + rule.name + "' matches can't be read");
      }
      found.push_back(std::move(candidate));
      break;
    }
  }
  return found;
}

std::vector<ProcId> chain_of(const Scene& scene, const Process& process) {
  std::vector<ProcId> chain;
  for (const Process* ancestor : scene.forest.chain(process).ancestors) {
    chain.push_back(ancestor->id);
  }
  return chain;
}

Verdict verdict_of(const Scene& scene,
                   const Process& process,
                   const std::string& rule,
                   const Claim& claim) {
  return {.id = process.id,
          .standing = claim.standing,
          .reason = claim.reason,
          .role = Role::Candidate,
          .rule = rule,
          .app = claim.app,
          .home = claim.home,
          .chain = chain_of(scene, process),
          .tree = process.id,
          .kind = std::nullopt};
}

// The trees of the unclaimed candidates: each candidate's subtree, with the
// wrappers above it that carry nothing else.
class Trees {
 public:
  Trees(const Scene& scene, const std::vector<Candidate>& all) : scene_(scene) {
    for (const Candidate& candidate : all) {
      by_process_.emplace(candidate.process, &candidate);
    }
    for (const Candidate& candidate : all) {
      if (!candidate.claim) add_subtree(*candidate.process);
    }
    while (add_wrappers()) {
    }
  }

  std::vector<const Process*> roots() const {
    std::vector<const Process*> found;
    for (const Process& process : scene_.evidence.snapshot.processes) {
      if (!members_.contains(&process)) continue;
      const Process* parent = true_parent(process);
      if (parent == nullptr || !members_.contains(parent)) {
        found.push_back(&process);
      }
    }
    return found;
  }

  const Candidate* candidate(const Process& process) const {
    const auto found = by_process_.find(&process);
    return found == by_process_.end() ? nullptr : found->second;
  }

 private:
  const Process* true_parent(const Process& process) const {
    const Process* parent = scene_.forest.find(process.parent);
    if (parent == nullptr || parent == &process) return nullptr;
    return parent->id.start_ticks <= process.id.start_ticks ? parent : nullptr;
  }

  void add_subtree(const Process& top) {
    for (const Process* member : scene_.forest.subtree(top)) {
      members_.insert(member);
    }
  }

  bool add_wrappers() {
    bool grew = false;
    for (const Process* root : roots()) {
      const Process* parent = true_parent(*root);
      if (parent != nullptr && carries_only_members(*parent, *root)) {
        grew = members_.insert(parent).second || grew;
      }
    }
    return grew;
  }

  bool carries_only_members(const Process& wrapper,
                            const Process& carried) const {
    if (!is_wrapper(wrapper) || wrapper.id.pid == 1) return false;
    if (!wrapper.uid || !carried.uid || *wrapper.uid != *carried.uid) {
      return false;
    }
    for (const Process* child : scene_.forest.children(wrapper.id.pid)) {
      if (!is_dead(*child) && !members_.contains(child)) return false;
    }
    return !strongest_claim(scene_, wrapper);
  }

  const Scene& scene_;
  std::unordered_map<const Process*, const Candidate*> by_process_{};
  std::unordered_set<const Process*> members_{};
};

// A wrapper that carries something managed beside this tree may be how a person
// or a script started both: what it carries is then not nobody's.
std::optional<Claim> managed_sibling(const Scene& scene, const Process& root) {
  for (const Process* above : scene.forest.chain(root).ancestors) {
    if (!is_wrapper(*above) || protected_claim(scene, *above)) break;
    for (const Process* carried : scene.forest.subtree(*above)) {
      if (is_dead(*carried) || !managed_claim(scene, *carried)) continue;
      return held(Why::ManagedSibling,
                  named(*above) + " above it also carries " + named(*carried) +
                      ", which is managed");
    }
  }
  return std::nullopt;
}

// Why the tree must be spared although its candidates are orphans.
std::optional<Claim> veto(const Scene& scene,
                          const std::vector<const Process*>& members) {
  if (members.size() > kLargestTree) {
    return held(
        Why::TreeTooLarge,
        "its tree has " + std::to_string(members.size()) + " processes");
  }
  const Process& root = *members.front();
  if (auto claim = managed_sibling(scene, root)) return claim;
  for (const Process* member : members) {
    if (is_dead(*member)) continue;
    if (!member->uid || !root.uid || *member->uid != *root.uid) {
      return held(Why::ForeignDescendant,
                  named(*member) + " below it belongs to another user");
    }
    if (auto claim = strongest_claim(scene, *member)) {
      return held(claim->standing == Standing::Held ? claim->reason.why
                                                    : Why::ProtectedDescendant,
                  named(*member) + " in its tree is " +
                      std::string(to_string(claim->standing)) + ": " +
                      claim->reason.text);
    }
  }
  return std::nullopt;
}

struct TreeJudgement {
  const Rule* rule = nullptr;
  Claim claim{};
  std::optional<Standing> kind{};
};

// The topmost candidate speaks for its tree.
TreeJudgement judge_tree(const Scene& scene,
                         const Trees& trees,
                         const std::vector<const Process*>& members) {
  TreeJudgement judged;
  for (const Process* member : members) {
    const Candidate* candidate = trees.candidate(*member);
    if (candidate == nullptr || candidate->claim) continue;
    const OrphanKind orphan = orphan_kind(scene, *member);
    judged.rule = candidate->rule;
    judged.kind = orphan.standing;
    judged.claim = {.standing = orphan.standing,
                    .reason = orphan.reason,
                    .app = orphan.app,
                    .home = orphan.home};
    break;
  }
  if (auto claim = veto(scene, members)) {
    judged.claim.standing = claim->standing;
    judged.claim.reason = claim->reason;
    judged.kind.reset();
  }
  return judged;
}

Role role_of(const Candidate* candidate, bool below_candidate) {
  if (candidate != nullptr) return Role::Candidate;
  return below_candidate ? Role::Descendant : Role::Wrapper;
}

void add_tree(const Scene& scene,
              const Trees& trees,
              const Process& root,
              std::vector<Verdict>& verdicts) {
  const std::vector<const Process*> members = scene.forest.subtree(root);
  const TreeJudgement judged = judge_tree(scene, trees, members);
  if (judged.rule == nullptr) return;
  bool below_candidate = false;
  for (const Process* member : members) {
    const Candidate* candidate = trees.candidate(*member);
    if (candidate != nullptr && candidate->claim) continue;  // told already
    if (is_dead(*member)) continue;
    Verdict verdict = verdict_of(
        scene,
        *member,
        candidate != nullptr ? candidate->rule->name : judged.rule->name,
        judged.claim);
    below_candidate = below_candidate || candidate != nullptr;
    verdict.role = role_of(candidate, below_candidate);
    verdict.tree = root.id;
    verdict.kind = judged.kind;
    verdicts.push_back(std::move(verdict));
  }
}

}  // namespace

std::vector<Verdict> judge(const Evidence& evidence, const Policy& policy) {
  const Scene scene(evidence, policy);
  const std::vector<Candidate> all = candidates(scene);
  std::vector<Verdict> verdicts;
  for (const Candidate& candidate : all) {
    if (!candidate.claim) continue;
    verdicts.push_back(verdict_of(
        scene, *candidate.process, candidate.rule->name, *candidate.claim));
  }
  const Trees trees(scene, all);
  for (const Process* root : trees.roots()) {
    add_tree(scene, trees, *root, verdicts);
  }
  std::ranges::sort(verdicts, {}, &Verdict::id);
  return verdicts;
}

std::vector<Verdict> in_both(std::span<const Verdict> first,
                             std::vector<Verdict> second) {
  std::map<ProcId, std::pair<ProcId, Standing>> before;
  for (const Verdict& verdict : first) {
    before.emplace(verdict.id, std::pair(verdict.tree, verdict.standing));
  }
  for (Verdict& verdict : second) {
    if (!is_orphan(verdict.standing)) continue;
    const auto root = before.find(verdict.tree);
    if (root != before.end() &&
        root->second == std::pair(verdict.tree, verdict.standing)) {
      continue;
    }
    verdict.standing = Standing::Pending;
    verdict.reason = {.why = Why::Unconfirmed,
                      .text =
                          "its tree was not the same orphan in two looks "
                          "at this moment"};
  }
  return second;
}

std::vector<std::optional<Claim>> claims_on(const Evidence& evidence,
                                            const Policy& policy,
                                            std::span<const ProcId> ids) {
  const Scene scene(evidence, policy);
  std::vector<std::optional<Claim>> claims;
  claims.reserve(ids.size());
  for (const ProcId& id : ids) {
    const Process* process = scene.forest.find(id);
    claims.push_back(process != nullptr
                         ? strongest_claim(scene, *process)
                         : held(Why::Unreadable, "it is not in the snapshot"));
  }
  return claims;
}

}  // namespace strayd
