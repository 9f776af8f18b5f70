#include "tree.h"

#include <algorithm>
#include <utility>

#include "strayd/sys/os.h"

namespace strayd {
namespace {

Veto seen_exit(const Member& member) {
  if (member.killed) {
    return {.outcome = Outcome::Killed, .why = FailureWhy::None, .detail = {}};
  }
  if (member.terminated) {
    return {
        .outcome = Outcome::Terminated, .why = FailureWhy::None, .detail = {}};
  }
  return {.outcome = Outcome::Gone,
          .why = FailureWhy::None,
          .detail = "it exited by itself"};
}

}  // namespace

std::string pid_text(const ProcId& id) {
  return "pid " + std::to_string(id.pid);
}

Member* find_member(Tree& tree, const ProcId& id) {
  const auto found = std::ranges::find(tree.members, id, &Member::id);
  return found == tree.members.end() ? nullptr : &*found;
}

bool is_over(const Tree& tree) {
  return std::ranges::all_of(tree.members, &Member::resolved);
}

Result<void> send(Member& member, int signal) {
  const std::chrono::nanoseconds now = steady_time();
  Result<void> sent = member.process.signal(signal);
  if (sent && !member.first_signal) member.first_signal = now;
  return sent;
}

void resolve(const ReaperPorts& ports,
             const Tree& tree,
             Member& member,
             const Veto& outcome) {
  if (std::exchange(member.resolved, true)) return;
  const TreeOrder& order = tree.order;
  const std::chrono::nanoseconds now = steady_time();
  ports.outcome(tree.reap,
                Reaped{.id = member.id,
                       .tree = order.root,
                       .rule = order.rule,
                       .app = order.app,
                       .home = order.home,
                       .kind = order.kind,
                       .outcome = outcome.outcome,
                       .failure = outcome.why,
                       .detail = outcome.detail,
                       .duration = now - member.first_signal.value_or(now)});
}

void settle(const ReaperPorts& ports, Tree& tree) {
  for (Member& member : tree.members) {
    if (member.resolved || !member.process.exited()) continue;
    resolve(ports, tree, member, seen_exit(member));
    member.process = Grip{};
  }
}

void resolve_rest(const ReaperPorts& ports, Tree& tree, const Veto& outcome) {
  settle(ports, tree);
  for (Member& member : tree.members) resolve(ports, tree, member, outcome);
}

Result<void> promise(const ReaperPorts& ports,
                     const Tree& tree,
                     std::span<const Member> members,
                     std::span<const Step> steps) {
  std::vector<Intent> intents;
  for (const Step step : steps) {
    for (const Member& member : members) {
      if (member.resolved) continue;
      intents.push_back(
          {.reap = tree.reap,
           .id = member.id,
           .step = step,
           .order = &tree.order,
           .process = member.witness ? &*member.witness : nullptr});
    }
  }
  if (intents.empty()) return {};
  return ports.intend(intents);
}

}  // namespace strayd
