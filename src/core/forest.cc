#include "strayd/core/forest.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <unordered_set>

namespace strayd {
namespace {

const ProcId& id_of(const Process* process) {
  return process->id;
}

}  // namespace

Forest::Forest(const Snapshot& snapshot) {
  // So that nothing depends on the order in which processes were read.
  std::vector<const Process*> all;
  all.reserve(snapshot.processes.size());
  for (const Process& process : snapshot.processes) all.push_back(&process);
  if (!std::ranges::is_sorted(all, {}, id_of)) {
    std::ranges::sort(all, {}, id_of);
  }
  pids_.reserve(all.size());
  processes_.reserve(all.size());
  for (const Process* const process : all) {
    if (!pids_.empty() && pids_.back() == process->id.pid) continue;
    pids_.push_back(process->id.pid);
    processes_.push_back(process);
  }

  // Counted, then laid side by side: children of one parent stay ascending.
  std::vector<std::size_t> parents;
  parents.reserve(all.size());
  first_child_.resize(pids_.size() + 1);
  pid_t pid = 0;  // Of many in a row there is one parent.
  std::size_t place = pids_.size();
  for (const Process* const process : all) {
    if (process->parent != pid) place = place_of(pid = process->parent);
    parents.push_back(is_parent(place, *process) ? place : pids_.size());
    if (parents.back() != pids_.size()) ++first_child_[parents.back() + 1];
  }
  std::partial_sum(
      first_child_.begin(), first_child_.end(), first_child_.begin());
  children_.resize(first_child_.back());
  std::vector<std::size_t> next{first_child_};
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (parents[i] != pids_.size()) children_[next[parents[i]]++] = all[i];
  }
}

// A younger one is a stranger under a reused pid.
bool Forest::is_parent(std::size_t place, const Process& process) const {
  if (place == pids_.size()) return false;
  const Process& parent = *processes_[place];
  return &parent != &process && parent.id.start_ticks <= process.id.start_ticks;
}

std::size_t Forest::place_of(pid_t pid) const {
  const auto found = std::ranges::lower_bound(pids_, pid);
  if (found == pids_.end() || *found != pid) return pids_.size();
  return static_cast<std::size_t>(found - pids_.begin());
}

const Process* Forest::find(pid_t pid) const {
  const std::size_t place = place_of(pid);
  return place == pids_.size() ? nullptr : processes_[place];
}

const Process* Forest::find(const ProcId& id) const {
  const Process* process = find(id.pid);
  return process != nullptr && process->id == id ? process : nullptr;
}

std::span<const Process* const> Forest::children(pid_t pid) const {
  const std::size_t place = place_of(pid);
  if (place == pids_.size()) return {};
  return std::span{children_}.subspan(
      first_child_[place], first_child_[place + 1] - first_child_[place]);
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
