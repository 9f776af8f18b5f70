#include "signals.h"

#include <csignal>
#include <expected>
#include <utility>

#include "kin.h"
#include "look.h"

namespace strayd {
namespace {

// Gone is no failure: the pidfd says so.
bool deliver(Member& member, int signal) {
  const Result<void> sent = send(member, signal);
  if (sent) return true;
  if (sent.error().fault == Fault::NotFound) return false;
  const bool denied = sent.error().fault == Fault::Denied;
  member.unsent = {.outcome = Outcome::Failed,
                   .why = denied ? FailureWhy::Denied : FailureWhy::Error,
                   .detail = sent.error().what};
  return false;
}

bool hangs_stopped(const Process& process) {
  return process.state == 'T' && process.tracer.value_or(0) == 0;
}

void terminate(const ReaperPorts& ports,
               Tree& tree,
               Member& member,
               bool frozen) {
  const std::expected<Process, Veto> now = look_again(ports, member);
  if (member.process.exited()) return;
  if (!now) {
    if (is_dying(member.id)) return;
    tree.veto = now.error();
    return;
  }
  if (!deliver(member, SIGTERM)) return;
  member.terminated = true;
  if (frozen || !hangs_stopped(*now)) return;
  deliver(member, SIGCONT);
}

}  // namespace

void terminate_all(const ReaperPorts& ports, Tree& tree, bool frozen) {
  for (Member& member : tree.members) {
    if (tree.veto) return;
    if (member.resolved || member.process.exited()) continue;
    terminate(ports, tree, member, frozen);
  }
}

void kill_all(const ReaperPorts& ports, Tree& tree) {
  settle(ports, tree);
  for (Member& member : tree.members) {
    if (member.resolved) continue;
    member.killed = deliver(member, SIGKILL);
  }
  settle(ports, tree);
}

}  // namespace strayd
