#include "look.h"

#include <sys/types.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "strayd/core/forest.h"

#include "identity.h"
#include "kin.h"

namespace strayd {
namespace {

std::unexpected<Veto> veto(FailureWhy why, const ProcId& id, const char* text) {
  return std::unexpected(Veto{.why = why, .detail = pid_text(id).append(text)});
}

bool is_readable(const Process& process) {
  return process.uid && process.exe && process.argv;
}

// The user whose tree it is: that of its first member.
std::optional<uid_t> owner_of(const Tree& tree) {
  for (const Member& member : tree.members) {
    if (member.witness && member.witness->uid) return *member.witness->uid;
  }
  return std::nullopt;
}

using Living = std::vector<const Process*>;

// Members that live and everything alive below them, parents first.
std::expected<Living, Veto> living_of(const Forest& forest, const Tree& tree) {
  Living living;
  std::set<ProcId> known;
  for (const Member& member : tree.members) {
    if (member.resolved || member.process.exited()) continue;
    const Process* top = forest.find(member.id);
    if (top == nullptr) {
      if (is_dying(member.id)) continue;
      return veto(FailureWhy::Changed, member.id, " lives and is not listed");
    }
    for (const Process* process : forest.subtree(*top)) {
      if (is_dead(*process) || !known.insert(process->id).second) continue;
      living.push_back(process);
    }
  }
  return living;
}

// Adds to a snapshot's process what a judgement of it needs. Its parent and
// state stay those of the snapshot's moment.
void add_details(const ReaperPorts& ports, Process& process) {
  if (process.exe || process.exe.error() != Unread::NotAsked) return;
  Result<Process> now = ports.read(process.id);
  if (!now) return;
  process.uid = now->uid;
  process.pid_namespace_depth = now->pid_namespace_depth;
  process.tracer = now->tracer;
  process.ignores_hangup = now->ignores_hangup;
  process.argv_at = now->argv_at;
  process.argv = std::move(now->argv);
  process.exe = std::move(now->exe);
  process.exe_file = now->exe_file;
  process.has_own_output = now->has_own_output;
  process.output_files = std::move(now->output_files);
  process.cwd = std::move(now->cwd);
  process.cgroup = std::move(now->cgroup);
  process.environment = std::move(now->environment);
}

// The snapshot's details follow the rules' matches; what is left of a tree
// whose candidate has died may match none of them.
void complete(const ReaperPorts& ports,
              Snapshot& snapshot,
              const Forest& forest,
              const Living& living) {
  std::set<pid_t> wanted;
  for (const Process* process : living) {
    wanted.insert(process->id.pid);
    for (const Process* above : forest.chain(*process).ancestors) {
      wanted.insert(above->id.pid);
    }
  }
  for (Process& process : snapshot.processes) {
    if (wanted.contains(process.id.pid)) add_details(ports, process);
  }
}

std::optional<Veto> veto_of_stranger(const Process& process,
                                     std::optional<uid_t> owner) {
  if (!is_readable(process)) {
    return Veto{.why = FailureWhy::Claimed,
                .detail = pid_text(process.id) + " below it cannot be read"};
  }
  if (!owner || *process.uid != *owner) {
    return Veto{.why = FailureWhy::Claimed,
                .detail = pid_text(process.id) + " below it is another user's"};
  }
  return std::nullopt;
}

std::optional<Veto> veto_of_member(const Process& then, const Process& now) {
  const std::optional<std::string> changed = difference(then, now);
  if (!changed) return std::nullopt;
  return Veto{.why = FailureWhy::Changed,
              .detail = pid_text(now.id) + ": " + *changed};
}

std::optional<Veto> veto_of_facts(const Member* member,
                                  const Process& now,
                                  std::optional<uid_t> owner) {
  return member != nullptr && member->witness
             ? veto_of_member(*member->witness, now)
             : veto_of_stranger(now, owner);
}

std::vector<std::optional<Claim>> claims_on_all(const ReaperPorts& ports,
                                                const Snapshot& snapshot,
                                                const Living& living) {
  std::vector<ProcId> ids;
  ids.reserve(living.size());
  for (const Process* process : living) ids.push_back(process->id);
  return ports.claims(snapshot, ids);
}

std::optional<Veto> veto_of_claim(const std::optional<Claim>& claim,
                                  const ProcId& id) {
  if (!claim) return std::nullopt;
  return Veto{.why = FailureWhy::Claimed,
              .detail = pid_text(id) + " is " +
                        std::string(to_string(claim->standing)) + ": " +
                        claim->reason.text};
}

// Of one that nothing speaks for.
void take_note(Sight& sight, Member* member, const Process& process) {
  if (member == nullptr) {
    sight.grown = true;
  } else if (!member->witness) {
    member->witness = process;
  }
}

}  // namespace

std::expected<Sight, Veto> look(const ReaperPorts& ports, Tree& tree) {
  Result<Snapshot> snapshot = ports.snapshot();
  if (!snapshot) {
    return std::unexpected(
        Veto{.why = FailureWhy::Error, .detail = snapshot.error().what});
  }
  const Forest forest(*snapshot);
  const std::expected<Living, Veto> living = living_of(forest, tree);
  if (!living) return std::unexpected(living.error());
  complete(ports, *snapshot, forest, *living);

  Sight sight;
  const std::optional<uid_t> owner = owner_of(tree);
  const std::vector<std::optional<Claim>> claims =
      claims_on_all(ports, *snapshot, *living);
  for (std::size_t i = 0; i < living->size(); ++i) {
    const Process* process = (*living)[i];
    Member* member = find_member(tree, process->id);
    // A member that was resolved and lives was refused before.
    if (member != nullptr && member->resolved) {
      return veto(FailureWhy::Changed, process->id, " was spared before");
    }
    std::optional<Veto> spared = veto_of_facts(member, *process, owner);
    if (spared && is_dying(process->id)) continue;
    if (!spared) spared = veto_of_claim(claims.at(i), process->id);
    if (spared) return std::unexpected(std::move(*spared));
    take_note(sight, member, *process);
  }
  return sight;
}

std::expected<Process, Veto> look_again(const ReaperPorts& ports,
                                        const Member& member) {
  Result<Process> now = ports.read(member.id);
  if (!now) {
    return std::unexpected(
        Veto{.detail = pid_text(member.id) + ": " + now.error().what});
  }
  if (is_dead(*now) || !member.witness) {
    return veto(FailureWhy::Changed, member.id, " is about to be gone");
  }
  std::optional<Veto> changed = veto_of_member(*member.witness, *now);
  if (changed) return std::unexpected(std::move(*changed));
  return std::move(*now);
}

}  // namespace strayd
