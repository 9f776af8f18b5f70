#include "holders.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "strayd/core/fit.h"

namespace strayd {

Holders::Holders(const AppScene& scene) : scene_(scene) {
  const AppsEvidence& evidence = scene.evidence;
  available_ = evidence.sockets != nullptr && evidence.holdings != nullptr;
  if (!available_) return;
  std::unordered_set<SocketInode> listeners;
  for (const Listener& listener : evidence.sockets->listeners) {
    listeners.insert(listener.inode);
  }
  for (const auto& [id, sockets] : *evidence.holdings) {
    const Process* process = scene.forest().find(id);
    if (process == nullptr || !sockets) continue;
    for (const SocketInode inode : *sockets) {
      holders_[inode].push_back(process);
      if (listeners.contains(inode)) listening_.insert(process);
    }
  }
  check_orphans();
}

void Holders::check_orphans() {
  for (const Verdict& verdict : scene_.evidence.verdicts) {
    if (!verdict.kind) continue;
    const Process* process = scene_.forest().find(verdict.id);
    if (process != nullptr && !read(*process)) orphans_complete_ = false;
  }
}

const std::vector<const Process*>& Holders::of(SocketInode inode) const {
  static const std::vector<const Process*> kNone;
  const auto found = holders_.find(inode);
  return found == holders_.end() ? kNone : found->second;
}

bool Holders::listens(const Process& process) const {
  return listening_.contains(&process);
}

bool Holders::read(const Process& process) const {
  if (is_dead(process)) return true;  // it holds nothing any more
  const auto found = scene_.evidence.holdings->find(process.id);
  return found != scene_.evidence.holdings->end() && found->second.has_value();
}

template <typename Seen>
bool Holders::sees(const AppTree& app, Seen seen) const {
  if (!available_) return false;
  if (is_cluster(app) && (app.daemon == nullptr || !read(*app.daemon))) {
    return false;
  }
  return std::ranges::all_of(app.instances, seen);
}

template <typename Excused>
bool Holders::are_seen(const InstanceTree& tree, Excused excused) const {
  return std::ranges::all_of(tree.members, [&](const TreeMember& member) {
    return read(*member.process) || excused(*member.process);
  });
}

bool Holders::complete(const AppTree& app) const {
  return complete(app, BootTime::max());
}

bool Holders::complete(const AppTree& app, BootTime since) const {
  return orphans_complete_ && sees(app, [&](const InstanceTree& tree) {
           return is_launched_after(tree, since) ||
                  (tree.known && are_seen(tree, [&](const Process& process) {
                     return process.started > since;
                   }));
         });
}

bool Holders::knows(const AppTree& app, BootTime since) const {
  return sees(app, [&](const InstanceTree& tree) {
    if (is_launched_after(tree, since) || is_newer_than_all(tree)) return true;
    return tree.known && are_seen(tree, [&](const Process& process) {
             return process.started > since ||
                    !scene_.evidence.holdings->contains(process.id);
           });
  });
}

// PM2 was asked after the snapshot was taken.
bool Holders::is_newer_than_all(const InstanceTree& tree) const {
  const std::optional<pid_t> pid = tree.instance->pid;
  return !tree.known && pid && scene_.forest().find(*pid) == nullptr;
}

bool Holders::is_launched_after(const InstanceTree& tree,
                                BootTime since) const {
  const std::optional<std::int64_t> launched = tree.instance->pm_uptime_ms;
  return since != BootTime::max() && launched &&
         *launched > unix_ms(scene_.evidence.snapshot, since) + kSameStartMs;
}

}  // namespace strayd
