#include "strayd/core/forest.h"

#include <algorithm>
#include <unordered_set>

namespace strayd {

Forest::Forest(const Snapshot& snapshot) {
  by_pid_.reserve(snapshot.processes.size());
  for (const Process& process : snapshot.processes) {
    by_pid_.emplace(process.id.pid, &process);
  }
  for (const Process& process : snapshot.processes) {
    const Process* parent = find(process.parent);
    if (parent == nullptr || parent == &process) continue;
    if (parent->id.start_ticks > process.id.start_ticks) continue;
    children_[process.parent].push_back(&process);
  }
  // So that nothing depends on the order in which processes were read.
  for (auto& [pid, children] : children_) {
    std::ranges::sort(children, {}, [](const Process* p) { return p->id; });
  }
}

const Process* Forest::find(pid_t pid) const {
  const auto found = by_pid_.find(pid);
  return found == by_pid_.end() ? nullptr : found->second;
}

const Process* Forest::find(const ProcId& id) const {
  const Process* process = find(id.pid);
  return process != nullptr && process->id == id ? process : nullptr;
}

const std::vector<const Process*>& Forest::children(pid_t pid) const {
  static const std::vector<const Process*> kNone;
  const auto found = children_.find(pid);
  return found == children_.end() ? kNone : found->second;
}

Forest::Chain Forest::chain(const Process& process) const {
  Chain chain;
  const Process* child = &process;
  while (child->id.pid != 1 && !is_kernel_thread(*child)) {
    const auto broken = [&](const std::string& why) {
      chain.broken = "pid " + std::to_string(child->id.pid) + " " + why;
    };
    if (child->parent == 0) {
      broken("has no parent in this pid namespace");
      return chain;
    }
    const Process* parent = find(child->parent);
    if (parent == nullptr) {
      broken("has the parent " + std::to_string(child->parent) +
             ", which can't be seen");
      return chain;
    }
    if (parent->id.start_ticks > child->id.start_ticks) {
      broken("is older than its parent " + std::to_string(child->parent));
      return chain;
    }
    if (chain.ancestors.size() == kDeepest) {
      broken("is more than 64 levels deep, or its parents loop");
      return chain;
    }
    chain.ancestors.push_back(parent);
    child = parent;
  }
  return chain;
}

std::vector<const Process*> Forest::subtree(const Process& top) const {
  std::vector<const Process*> members{&top};
  std::unordered_set<const Process*> seen{&top};
  for (std::size_t next = 0; next < members.size(); ++next) {
    for (const Process* child : children(members[next]->id.pid)) {
      if (seen.insert(child).second) members.push_back(child);
    }
  }
  return members;
}

}  // namespace strayd
