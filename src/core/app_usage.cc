// What the trees of an app use, all processes together.
#include <algorithm>

#include "app_parts.h"

namespace strayd {
namespace {

using std::chrono::nanoseconds;

// What a process spent since it was last seen. One that is new counts whole if
// it was born since its PM2 last answered; else its past is not this app's to
// tell: strayd, or PM2's list, has only just come to it.
nanoseconds spent(const AppsMemory& before,
                  const AppTree& app,
                  const Process& process) {
  const auto known = before.cpu.find(process.id);
  if (known != before.cpu.end()) {
    return std::max(process.cpu - known->second, nanoseconds{0});
  }
  const auto answered = before.homes.find(app.key.home);
  const bool fresh =
      answered != before.homes.end() && process.started >= answered->second;
  return fresh ? process.cpu : nanoseconds{0};
}

AppUsage add_up(const AppsMemory& before,
                const AppTree& app,
                AppsMemory& after) {
  AppUsage usage;
  nanoseconds& cpu = after.apps[app.key].cpu;
  for (const InstanceTree& tree : app.instances) {
    for (const TreeMember& member : tree.members) {
      const Process& process = *member.process;
      cpu += spent(before, app, process);
      after.cpu[process.id] = process.cpu;
      ++(is_dead(process) ? usage.zombies : usage.processes);
      usage.resident_bytes +=
          process.pss_bytes ? *process.pss_bytes : process.resident_bytes;
    }
  }
  usage.cpu = cpu;
  return usage;
}

}  // namespace

std::vector<std::optional<AppUsage>> account_usage(const AppScene& scene,
                                                   const AppsMemory& before,
                                                   AppsMemory& after) {
  // A process that is in no tree now may be in one again, once its PM2 answers.
  after.cpu.clear();
  for (const auto& [id, cpu] : before.cpu) {
    if (scene.forest().find(id) != nullptr) after.cpu.emplace(id, cpu);
  }
  std::vector<std::optional<AppUsage>> usages;
  for (const AppTree& app : scene.apps()) {
    const AppUsage usage = add_up(before, app, after);
    const bool known = std::ranges::all_of(app.instances, &InstanceTree::known);
    usages.push_back(known ? std::optional(usage) : std::nullopt);
  }
  return usages;
}

}  // namespace strayd
