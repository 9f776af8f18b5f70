#include "lost_ports.h"

#include <algorithm>

namespace strayd {
namespace {

// PM2 stopped one of the instances, started it anew or forgot it.
bool changed_by_pm2(const AppFacts& before, const AppFacts& now) {
  return std::ranges::any_of(before.instances, [&](const auto& instance) {
    const auto found = now.instances.find(instance.first);
    return found == now.instances.end() || found->second != instance.second;
  });
}

}  // namespace

void note_lost(WatchedApp& watched, const AppFacts& facts, BootTime now) {
  if (changed_by_pm2(watched.before, facts)) {
    watched.before.ports.clear();
    watched.lost.clear();
  }
  for (const auto& [port, listened] : watched.before.ports) {
    const auto found = facts.ports.find(port);
    if (!listened || found == facts.ports.end()) continue;
    if (found->second) {
      watched.lost.erase(port);
    } else {
      watched.lost.try_emplace(port, now);
    }
  }
}

std::optional<std::uint16_t> lost_port(const WatchedApp& watched,
                                       const AppFacts& facts,
                                       BootTime now) {
  for (const auto& [port, since] : watched.lost) {
    if (facts.ports.contains(port) && now - since >= kListenerGone) {
      return port;
    }
  }
  return std::nullopt;
}

}  // namespace strayd
