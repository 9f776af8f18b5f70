#include "strayd/core/apps.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

#include "app_parts.h"

namespace strayd {
namespace {

// An empty list is what a daemon says that was started by accident, or that is
// about to resurrect.
bool may_list_again(const Pm2View& view) {
  return !view.reply || view.reply->instances.empty();
}

// What is remembered of apps that are listed, or may be once their PM2 answers.
AppsMemory still_wanted(AppsMemory memory, const AppScene& scene) {
  std::map<std::string, const Pm2View*> views;
  for (const Pm2View& view : scene.evidence.pm2) {
    views.emplace(view.home, &view);
  }
  std::erase_if(memory.homes,
                [&](const auto& home) { return !views.contains(home.first); });
  std::erase_if(memory.apps, [&](const auto& app) {
    const auto view = views.find(app.first.home);
    if (view == views.end()) return true;
    return !may_list_again(*view->second) &&
           scene.app_named(app.first) == nullptr;
  });
  return memory;
}

// Ports on which the app listened, or for which it asks while another has them:
// one that is free again it may not want any more.
std::set<std::uint16_t> ports_to_serve(const AppScene& scene,
                                       const AppMemory& memory) {
  std::set<std::uint16_t> ports;
  for (const auto& [port, seen] : memory.ports) {
    if (!seen.by_carrier) ports.insert(port);
  }
  if (scene.evidence.sockets == nullptr) return ports;
  for (const Listener& listener : scene.evidence.sockets->listeners) {
    if (memory.asked.contains(listener.local.port)) {
      ports.insert(listener.local.port);
    }
  }
  return ports;
}

bool any_unclaimed(const AppScene& scene,
                   const Holders& holders,
                   const std::set<std::uint16_t>& ports) {
  return scene.evidence.sockets != nullptr &&
         std::ranges::any_of(scene.evidence.sockets->listeners,
                             [&](const Listener& listener) {
                               return ports.contains(listener.local.port) &&
                                      holders.of(listener.inode).empty();
                             });
}

SlotPast past_of(const AppScene& scene,
                 const Holders& holders,
                 const AppsMemory& before,
                 const AppTree& app,
                 int slot) {
  SlotPast past;
  const auto account = before.backends.slots.find(
      {.home = app.key.home, .app = app.key.app, .slot = slot});
  if (account != before.backends.slots.end()) past.account = &account->second;
  const auto memory = before.apps.find(app.key);
  const auto ports = memory == before.apps.end()
                         ? std::set<std::uint16_t>{}
                         : ports_to_serve(scene, memory->second);
  const bool alone = app.instances.size() == 1;
  past.has_port = (past.account != nullptr && past.account->listened) ||
                  (alone && !ports.empty());
  past.unclaimed =
      !holders.complete(app) && any_unclaimed(scene, holders, ports);
  return past;
}

InstanceReport describe(const AppScene& scene,
                        const Holders& holders,
                        const InstanceTree& tree,
                        const SlotPast& past) {
  InstanceReport report{.pm2 = *tree.instance,
                        .backend = find_backend(scene, holders, tree, past)};
  if (!tree.members.empty()) {
    report.start_unix_ms =
        unix_ms(scene.evidence.snapshot, *tree.members.front().process);
  }
  return report;
}

std::vector<AppReport> describe(const AppScene& scene,
                                const Holders& holders,
                                const AppsMemory& before) {
  std::vector<AppReport> reports;
  for (const AppTree& app : scene.apps()) {
    AppReport report{.home = app.key.home, .app = app.key.app};
    for (const InstanceTree& tree : app.instances) {
      const int slot = static_cast<int>(report.instances.size());
      InstanceReport instance = describe(
          scene, holders, tree, past_of(scene, holders, before, app, slot));
      instance.slot = slot;
      report.instances.push_back(std::move(instance));
    }
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace

AppsPicture observe_apps(const AppsEvidence& evidence,
                         const AppsMemory& before) {
  const AppScene scene(evidence);
  const Holders holders(scene);
  AppsPicture picture{.memory = still_wanted(before, scene),
                      .apps = describe(scene, holders, before)};
  AppsMemory& after = picture.memory;

  after.backends =
      account_backends(std::move(after.backends), scene, picture.apps);
  const auto usages = account_usage(scene, before, after);
  for (const Pm2View& view : evidence.pm2) {
    if (view.reply) after.homes[view.home] = evidence.snapshot.taken;
  }

  remember_ports(scene, holders, after);
  remember_asked(scene, holders, after);
  PortsSeen ports = count_ports(scene, holders, before, after);
  auto remotes = count_remotes(scene, holders, before, after);
  for (std::size_t i = 0; i < picture.apps.size(); ++i) {
    AppReport& app = picture.apps[i];
    app.usage = usages[i];
    if (holders.available()) app.ports = std::move(ports.shares[i]);
    if (remotes) app.remotes = std::move(remotes->shares[i]);
  }
  picture.conflicts = std::move(ports.conflicts);
  if (remotes) picture.strays = std::move(remotes->strays);
  return picture;
}

std::set<ProcId> trees_in_conflict(std::span<const PortConflict> conflicts) {
  std::set<ProcId> trees;
  for (const PortConflict& conflict : conflicts) {
    if (conflict.tree && !conflict.asked) trees.insert(*conflict.tree);
  }
  return trees;
}

}  // namespace strayd
