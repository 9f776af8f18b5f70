#include "tree.h"

#include <algorithm>
#include <utility>

#include "strayd/sys/os.h"

namespace strayd {
namespace {

Veto seen_exit(const Tree& tree, const Member& member) {
  if (member.killed) {
    return {.outcome = Outcome::Killed, .why = FailureWhy::None, .detail = {}};
  }
  if (member.terminated) {
    return {
        .outcome = Outcome::Terminated, .why = FailureWhy::None, .detail = {}};
  }
  // A wrapper may pass our signal on before the turn of what it carries.
  const bool in_the_wake =
      std::ranges::any_of(tree.members, &Member::terminated);
  return {.outcome = Outcome::Gone,
          .why = FailureWhy::None,
          .detail = in_the_wake ? "it exited when its tree was signalled"
                                : "it exited by itself"};
}

// Whoever got our SIGTERM may end of it after we have let go.
std::string detail_of(const Member& member, const Veto& outcome) {
  const bool end_unseen =
      outcome.outcome == Outcome::Refused || outcome.outcome == Outcome::Failed;
  if (!member.terminated || member.killed || !end_unseen) return outcome.detail;
  return outcome.detail + "; SIGTERM was sent and its end was not seen";
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
                       .detail = detail_of(member, outcome),
                       .duration = now - member.first_signal.value_or(now)});
}

void settle(const ReaperPorts& ports, Tree& tree) {
  for (Member& member : tree.members) {
    if (member.resolved || !member.process.exited()) continue;
    resolve(ports, tree, member, seen_exit(tree, member));
    member.process = Grip{};
  }
}

void resolve_rest(const ReaperPorts& ports, Tree& tree, const Veto& outcome) {
  settle(ports, tree);
  for (Member& member : tree.members) resolve(ports, tree, member, outcome);
}

void resolve_unsent(const ReaperPorts& ports, Tree& tree) {
  for (Member& member : tree.members) {
    if (member.resolved || member.process.exited()) continue;
    if (member.unsent) {
      resolve(ports, tree, member, *member.unsent);
    } else if (tree.veto && !member.terminated) {
      resolve(ports, tree, member, *tree.veto);
    }
  }
}

void spare(const ReaperPorts& ports, Tree& tree, const Veto& veto) {
  settle(ports, tree);
  tree.veto = veto;
  resolve_unsent(ports, tree);
}

std::optional<Veto> forbidden_now(const ReaperPorts& ports, const Tree& tree) {
  if (ports.stopping()) {
    return Veto{.outcome = Outcome::Failed,
                .why = FailureWhy::Interrupted,
                .detail = "strayd was told to stop"};
  }
  std::optional<std::string> why = ports.withdrawn(tree.order);
  if (!why) return std::nullopt;
  return Veto{.why = FailureWhy::Withdrawn, .detail = *std::move(why)};
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
