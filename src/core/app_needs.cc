// Whose sockets a scan must read before it can speak of ports and connections.
#include <algorithm>

#include "app_parts.h"

namespace strayd {
namespace {

void add_trees(const AppScene& scene, std::set<ProcId>& wanted) {
  for (const AppTree& app : scene.apps()) {
    if (is_cluster(app) && app.daemon != nullptr) {
      wanted.insert(app.daemon->id);
    }
    for (const InstanceTree& tree : app.instances) {
      for (const TreeMember& member : tree.members) {
        if (!is_dead(*member.process)) wanted.insert(member.process->id);
      }
    }
  }
}

void add_if_alive(const AppScene& scene,
                  const ProcId& id,
                  std::set<ProcId>& wanted) {
  const Process* process = scene.forest().find(id);
  if (process != nullptr && !is_dead(*process)) wanted.insert(id);
}

}  // namespace

std::vector<ProcId> holders_wanted(const AppsEvidence& evidence,
                                   const AppsMemory& before) {
  const AppScene scene(evidence);
  std::set<ProcId> wanted;
  add_trees(scene, wanted);
  for (const Verdict& verdict : evidence.verdicts) {
    add_if_alive(scene, verdict.id, wanted);
  }
  for (const ProcId& id : before.strangers) add_if_alive(scene, id, wanted);
  if (search_is_due(before, evidence.snapshot.taken)) {
    for (const Process& process : evidence.snapshot.processes) {
      if (!is_kernel_thread(process) && !is_dead(process)) {
        wanted.insert(process.id);
      }
    }
  }
  return {wanted.begin(), wanted.end()};
}

bool connections_wanted(std::span<const Pm2View> pm2,
                        std::span<const Remote> remotes) {
  if (!remotes.empty()) return true;
  return std::ranges::any_of(pm2, [](const Pm2View& view) {
    if (!view.reply) return false;
    std::set<std::string> clusters;
    for (const Pm2Instance& instance : view.reply->instances) {
      if (is_cluster(instance)) clusters.insert(app_name(instance));
    }
    return clusters.size() > 1;
  });
}

}  // namespace strayd
