#include "strayd/proc/kinship.h"

namespace strayd {

bool Kinship::note(const ProcessEvent& event) {
  switch (event.what) {
    case ProcessEvent::What::Forked:
      return bear(event.pid, event.parent);
    case ProcessEvent::What::Exited:
      return end(event.pid);
  }
  return false;
}

bool Kinship::bear(pid_t child, pid_t parent) {
  const bool full = parents_.size() >= kMost;
  if (full) {
    parents_.clear();
    children_.clear();
  }
  if (parents_.try_emplace(child, parent).second) ++children_[parent];
  return full;  // who knows whose they were
}

bool Kinship::end(pid_t pid) {
  const auto child = parents_.find(pid);
  if (child != parents_.end()) {
    const auto siblings = children_.find(child->second);
    if (siblings != children_.end() && --siblings->second == 0) {
      children_.erase(siblings);
    }
    parents_.erase(child);
  }
  return children_.erase(pid) > 0;
}

}  // namespace strayd
