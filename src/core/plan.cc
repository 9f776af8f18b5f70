#include "strayd/core/plan.h"

#include <algorithm>
#include <set>
#include <utility>

#include "strayd/core/forest.h"

namespace strayd {
namespace {

struct Tree {
  std::vector<Verdict*> members{};
  const Verdict* speaker = nullptr;  // the topmost candidate
  const Rule* rule = nullptr;        // of the speaker
  Standing kind = Standing::Stray;
};

std::string seconds_text(std::chrono::nanoseconds time) {
  return std::to_string(
             std::chrono::duration_cast<std::chrono::seconds>(time).count()) +
         " s";
}

const Rule* find_rule(const Policy& policy, const std::string& name) {
  const auto found = std::ranges::find(policy.rules, name, &Rule::name);
  return found == policy.rules.end() ? nullptr : &*found;
}

std::map<ProcId, Tree> orphan_trees(std::vector<Verdict>& verdicts,
                                    const Policy& policy) {
  std::map<ProcId, Tree> trees;
  for (Verdict& verdict : verdicts) {
    if (!is_orphan(verdict.standing)) continue;
    Tree& tree = trees[verdict.tree];
    tree.members.push_back(&verdict);
    tree.kind = verdict.standing;
    if (verdict.role != Role::Candidate) continue;
    if (tree.speaker == nullptr ||
        verdict.chain.size() < tree.speaker->chain.size()) {
      tree.speaker = &verdict;
      tree.rule = find_rule(policy, verdict.rule);
    }
  }
  return trees;
}

// A scan that an event brought on shows what the one before it showed. What
// passes by itself needs time to pass.
Suspect watch(const Watchlist& before,
              const ProcId& root,
              Standing kind,
              BootTime now,
              const Policy& policy) {
  const auto known = before.find(root);
  if (known == before.end() || known->second.kind != kind) {
    return {.root = root,
            .kind = kind,
            .first_seen = now,
            .confirmations = 1,
            .confirmed = now};
  }
  Suspect suspect = known->second;
  // Timers are not exact.
  if (now - suspect.confirmed < policy.interval - policy.interval / 10) {
    return suspect;
  }
  ++suspect.confirmations;
  suspect.confirmed = now;
  return suspect;
}

// When the next scan would count for it.
BootTime next_look(const Suspect& suspect,
                   const Process& root,
                   const Policy& policy) {
  return suspect.confirmations < policy.confirmations
             ? suspect.confirmed + policy.interval
             : root.started + policy.min_age;
}

std::optional<Reason> unripe(const Suspect& suspect,
                             std::chrono::nanoseconds age,
                             const Policy& policy) {
  if (age < policy.min_age) {
    return Reason{.why = Why::TooYoung,
                  .text = "it is " + seconds_text(age) +
                          " old; an orphan is ended from " +
                          seconds_text(policy.min_age) + " on"};
  }
  if (suspect.confirmations < policy.confirmations) {
    return Reason{.why = Why::Unconfirmed,
                  .text = "seen as an orphan in " +
                          std::to_string(suspect.confirmations) + " of " +
                          std::to_string(policy.confirmations) +
                          " scans in a row"};
  }
  return std::nullopt;
}

bool is_in_a_reap(const Tree& tree, const Authority& authority) {
  return std::ranges::any_of(tree.members, [&](const Verdict* member) {
    return authority.reaping.contains(member->id);
  });
}

bool forbidden(const Tree& tree, const Policy& policy) {
  return std::ranges::any_of(tree.members, [&](const Verdict* member) {
    if (member->role != Role::Candidate) return false;
    const Rule* rule = find_rule(policy, member->rule);
    if (rule == nullptr || rule->reap == ReapScope::None) return true;
    return rule->reap == ReapScope::Leftover && tree.kind != Standing::Leftover;
  });
}

std::optional<Withheld> withheld(const Tree& tree,
                                 const Policy& policy,
                                 const Authority& authority) {
  if (forbidden(tree, policy)) return Withheld::RuleForbids;
  if (!authority.act) return Withheld::Observing;
  if (!authority.armed) return Withheld::Disarmed;
  if (authority.breaker.open) return Withheld::BreakerOpen;
  return std::nullopt;
}

void put_off(const Tree& tree,
             const Reason& reason,
             BootTime next,
             Plan& plan) {
  for (Verdict* member : tree.members) {
    member->standing = Standing::Pending;
    member->reason = reason;
  }
  plan.next = std::min(plan.next.value_or(next), next);
}

TreeOrder order_for(const ProcId& root,
                    const Tree& tree,
                    const Forest& forest) {
  const Verdict& first = *tree.members.front();
  TreeOrder order{.root = root,
                  .kind = tree.kind,
                  .rule = tree.rule->name,
                  .app = first.app,
                  .home = first.home,
                  .reason = first.reason,
                  .grace = tree.rule->grace};
  std::set<ProcId> ordered;
  for (const Verdict* member : tree.members) ordered.insert(member->id);
  const Process* top = forest.find(root);
  if (top == nullptr) return order;
  // Parents first, whatever their pids are.
  for (const Process* member : forest.subtree(*top)) {
    if (ordered.contains(member->id)) order.members.push_back(member->id);
  }
  return order;
}

void tell_held(Plan& plan, std::span<const Verdict> verdicts) {
  for (const Verdict& verdict : verdicts) {
    if (verdict.standing != Standing::Held || verdict.tree != verdict.id) {
      continue;
    }
    plan.withheld.push_back({.root = verdict.id,
                             .rule = verdict.rule,
                             .why = Withheld::EvidenceMissing});
  }
}

// A kill set over the budget kills nothing: either strayd or the host has gone
// wrong, and a person should look.
void apply_budget(Plan& plan,
                  const Policy& policy,
                  const Authority& authority) {
  const std::size_t wanted = plan.orders.size();
  if (wanted == 0) return;
  const Limits& limits = policy.limits;
  if (wanted > limits.kills_per_scan) {
    plan.trip = std::to_string(wanted) + " orphan trees in one scan, and " +
                std::to_string(limits.kills_per_scan) + " are allowed";
  } else if (authority.kills_last_hour + wanted > limits.kills_per_hour) {
    plan.trip = std::to_string(authority.kills_last_hour + wanted) +
                " orphan trees within an hour, and " +
                std::to_string(limits.kills_per_hour) + " are allowed";
  }
  if (!plan.trip) return;
  for (const TreeOrder& order : plan.orders) {
    plan.withheld.push_back(
        {.root = order.root, .rule = order.rule, .why = Withheld::OverBudget});
  }
  plan.orders.clear();
}

std::int64_t next_account(const Breaker& before, std::int64_t now_unix_ms) {
  return std::max(now_unix_ms, before.since_unix_ms + 1);
}

}  // namespace

Breaker opened(const Breaker& before,
               std::string why,
               std::int64_t now_unix_ms) {
  return {.open = true,
          .why = std::move(why),
          .since_unix_ms = next_account(before, now_unix_ms)};
}

Breaker closed(const Breaker& before, std::int64_t now_unix_ms) {
  return {.since_unix_ms = next_account(before, now_unix_ms)};
}

Plan plan(std::vector<Verdict> verdicts,
          const Watchlist& before,
          const Snapshot& snapshot,
          const Policy& policy,
          const Authority& authority,
          const std::set<ProcId>& urgent) {
  Plan plan;
  const Forest forest(snapshot);
  for (auto& [root, tree] : orphan_trees(verdicts, policy)) {
    const Process* top = forest.find(root);
    if (top == nullptr || tree.rule == nullptr) continue;
    const Suspect suspect =
        watch(before, root, tree.kind, snapshot.taken, policy);
    plan.watchlist.emplace(root, suspect);
    if (const auto reason =
            unripe(suspect, snapshot.taken - top->started, policy)) {
      put_off(tree, *reason, next_look(suspect, *top, policy), plan);
      continue;
    }
    if (is_in_a_reap(tree, authority)) continue;
    if (const auto why = withheld(tree, policy, authority)) {
      plan.withheld.push_back(
          {.root = root, .rule = tree.rule->name, .why = *why});
      continue;
    }
    plan.orders.push_back(order_for(root, tree, forest));
  }
  tell_held(plan, verdicts);
  std::ranges::stable_partition(plan.orders, [&](const TreeOrder& order) {
    return urgent.contains(order.root);
  });
  apply_budget(plan, policy, authority);
  plan.verdicts = std::move(verdicts);
  return plan;
}

}  // namespace strayd
