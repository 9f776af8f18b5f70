// Whose sockets a scan must read before it can speak of ports and connections.
#include <algorithm>
#include <iterator>

#include "app_parts.h"
#include "far_ends.h"

namespace strayd {
namespace {

class Wanted {
 public:
  void always(const Process& process) { add(process, always_); }
  void settled(const Process& process) { add(process, settled_); }

  HoldersWanted finish() && {
    HoldersWanted wanted{.always = {always_.begin(), always_.end()}};
    std::ranges::set_difference(
        settled_, always_, std::back_inserter(wanted.settled));
    return wanted;
  }

 private:
  static void add(const Process& process, std::set<ProcId>& to) {
    if (!is_dead(process)) to.insert(process.id);
  }

  std::set<ProcId> always_{};
  std::set<ProcId> settled_{};
};

void add_tree(const InstanceTree& tree, bool shares, Wanted& wanted) {
  for (const TreeMember& member : tree.members) {
    if (shares) {
      wanted.always(*member.process);
    } else {
      wanted.settled(*member.process);
    }
  }
}

void add_trees(const AppScene& scene, Wanted& wanted) {
  for (const AppTree& app : scene.apps()) {
    const bool shares = is_cluster(app);
    if (shares && app.daemon != nullptr) wanted.always(*app.daemon);
    for (const InstanceTree& tree : app.instances) {
      add_tree(tree, shares, wanted);
    }
  }
}

void add_judged(const AppScene& scene, Wanted& wanted) {
  for (const Verdict& verdict : scene.evidence.verdicts) {
    const Process* process = scene.forest().find(verdict.id);
    if (process == nullptr) continue;
    if (verdict.standing == Standing::Managed) {
      wanted.settled(*process);
      continue;
    }
    // With all that would be ended together with it.
    for (const Process* member : scene.forest().subtree(*process)) {
      wanted.always(*member);
    }
    // What is above it may come from the same launch, and is judged as well.
    for (const Process* above : scene.forest().chain(*process).ancestors) {
      if (above->id.pid != 1) wanted.always(*above);
    }
  }
}

// The God Daemon listens for all of them; only what came in shows which is
// whose.
bool has_clusters_to_tell_apart(std::span<const Pm2View> pm2) {
  return std::ranges::any_of(pm2, [](const Pm2View& view) {
    if (!view.reply) return false;
    std::set<std::string> clusters;
    for (const Pm2Instance& instance : view.reply->instances) {
      if (is_cluster(instance)) clusters.insert(app_name(instance));
    }
    return clusters.size() > 1;
  });
}

}  // namespace

HoldersWanted holders_wanted(const AppsEvidence& evidence,
                             const AppsMemory& before) {
  const AppScene scene(evidence);
  Wanted wanted;
  add_trees(scene, wanted);
  add_judged(scene, wanted);
  for (const ProcId& id : before.strangers) {
    const Process* process = scene.forest().find(id);
    if (process != nullptr) wanted.always(*process);
  }
  if (search_is_due(before, evidence.snapshot.taken)) {
    for (const Process& process : evidence.snapshot.processes) {
      if (!is_kernel_thread(process)) wanted.always(process);
    }
  }
  return std::move(wanted).finish();
}

std::vector<SocketInode> sockets_of_note(const SocketTable& table,
                                         std::span<const Remote> remotes) {
  std::vector<SocketInode> inodes;
  inodes.reserve(table.listeners.size());
  for (const Listener& listener : table.listeners) {
    inodes.push_back(listener.inode);
  }
  if (table.connections) add_far_inodes(*table.connections, remotes, inodes);
  std::ranges::sort(inodes);
  return inodes;
}

SocketsWanted sockets_wanted(std::span<const Pm2View> pm2,
                             std::span<const Remote> remotes) {
  const bool all = has_clusters_to_tell_apart(pm2);
  SocketsWanted wanted{.connections = all || !remotes.empty()};
  const auto any_port = [](const Remote& remote) {
    return remote.ports.empty();
  };
  if (all || std::ranges::any_of(remotes, any_port)) return wanted;
  for (const Remote& remote : remotes) {
    wanted.far_ports.insert(
        wanted.far_ports.end(), remote.ports.begin(), remote.ports.end());
  }
  std::ranges::sort(wanted.far_ports);
  const auto repeated = std::ranges::unique(wanted.far_ports);
  wanted.far_ports.erase(repeated.begin(), repeated.end());
  return wanted;
}

}  // namespace strayd
