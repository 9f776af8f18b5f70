#include "strayd/core/app_facts.h"

#include <algorithm>
#include <utility>

#include "strayd/core/judge.h"

#include "scene.h"

namespace strayd {
namespace {

void add_instance(AppFacts& facts,
                  const Scene& scene,
                  const Pm2Instance& instance) {
  facts.instances[{.home = facts.app.home,
                   .unique_id = instance.unique_id,
                   .pm_id = instance.pm_id}] = {
      .status = instance.status, .pm_uptime_ms = instance.pm_uptime_ms};
  if (!instance.pid) return;
  const Process* top = scene.forest.find(*instance.pid);
  if (top == nullptr || scene.listed(*top) == nullptr) return;
  for (const Process* process : scene.forest.subtree(*top)) {
    facts.processes.insert(process->id);
  }
}

}  // namespace

std::vector<AppFacts> app_facts(const Snapshot& snapshot,
                                std::span<const Pm2View> pm2,
                                const Policy& policy) {
  const Memory nothing;
  const Evidence evidence{.snapshot = snapshot, .pm2 = pm2, .memory = nothing};
  const Scene scene(evidence, policy);
  std::map<AppKey, AppFacts> apps;
  for (const Pm2View& view : pm2) {
    if (!view.reply) continue;
    for (const Pm2Instance& instance : view.reply->instances) {
      const AppKey key{.home = view.home, .app = app_name(instance)};
      AppFacts& facts = apps[key];
      facts.app = key;
      add_instance(facts, scene, instance);
    }
  }
  std::vector<AppFacts> all;
  all.reserve(apps.size());
  for (auto& [key, facts] : apps) all.push_back(std::move(facts));
  return all;
}

void add_ports(std::vector<AppFacts>& facts, std::span<const AppReport> apps) {
  for (const AppReport& app : apps) {
    const auto found = std::ranges::find(
        facts, AppKey{.home = app.home, .app = app.app}, &AppFacts::app);
    if (found == facts.end() || !app.ports) continue;
    for (const PortShare& share : *app.ports) {
      if (share.owner != Owner::Managed) continue;
      found->ports[share.port] = share.sockets > 0;
    }
  }
}

}  // namespace strayd
