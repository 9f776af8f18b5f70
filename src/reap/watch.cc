#include "watch.h"

#include <utility>

#include "identity.h"

namespace strayd {
namespace {

// The snapshot may not have asked for everything.
bool is_same(const Process& then, const Process& now) {
  return !is_dead(now) && !contradict(then, now);
}

// nullopt: it is gone, or is not what was seen.
std::optional<Member> first_sighting(const ReaperPorts& ports,
                                     const Process& seen) {
  Member member{.id = seen.id};
  Result<Grip> process = Grip::open(seen.id, [&](const ProcId& id) {
    Result<Process> now = ports.read(id);
    if (!now || !is_same(seen, *now)) return false;
    member.witness = std::move(*now);
    return true;
  });
  if (!process) return std::nullopt;
  member.process = std::move(*process);
  return member;
}

}  // namespace

void Watch::keep(const ReaperPorts& ports,
                 std::span<const Process* const> seen,
                 std::size_t room) {
  std::set<ProcId> wanted;
  for (const Process* process : seen) wanted.insert(process->id);
  std::erase_if(members_, [&](const auto& entry) {
    return !wanted.contains(entry.first);
  });
  for (const Process* process : seen) {
    if (members_.size() >= room) return;
    if (members_.contains(process->id)) continue;
    std::optional<Member> member = first_sighting(ports, *process);
    if (member) members_.emplace(process->id, std::move(*member));
  }
}

std::optional<Member> Watch::take(const ProcId& id) {
  auto node = members_.extract(id);
  if (node.empty()) return std::nullopt;
  return std::move(node.mapped());
}

void Watch::give_back(Member member) {
  const ProcId id = member.id;
  members_.insert_or_assign(id, std::move(member));
}

}  // namespace strayd
