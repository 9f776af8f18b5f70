// The ports that an app asked for in vain, by its own errors.
//
// That is a word and no proof: of which launch it is nobody knows, an orphan's
// comes under its app's name, and an app may quote another's. So it is kept
// apart from the ports that an app was seen to have, and only until the app
// listens somewhere: then it serves, or says so again.
#include <algorithm>
#include <iterator>
#include <utility>

#include "app_parts.h"

namespace strayd {
namespace {

void forget_surplus(std::map<std::uint16_t, AskedMemory>& asked) {
  while (asked.size() > kMostAskedPorts) {
    asked.erase(std::ranges::min_element(
        asked, {}, [](const auto& entry) { return entry.second.last; }));
  }
}

void hear(const AppScene& scene, AppsMemory& after) {
  const BootTime now = scene.evidence.snapshot.taken;
  const AskedPorts* const heard = scene.evidence.asked;
  if (heard == nullptr) return;
  for (const auto& [app, ports] : *heard) {
    if (scene.app_named(app) == nullptr) continue;
    AppMemory& memory = after.apps[app];
    for (const std::uint16_t port : ports) {
      memory.asked.try_emplace(port, AskedMemory{.first = now})
          .first->second.last = now;
    }
    forget_surplus(memory.asked);
  }
}

// In its trees; in cluster mode its God Daemon, on a port that is known to be
// this app's; or out of its trees, and of a launch that is listed.
bool listens_for(const AppScene& scene,
                 const AppTree& app,
                 const AppMemory& memory,
                 const Process& process,
                 std::uint16_t port) {
  const AppTree* const owner = scene.app_of(process);
  if (owner != nullptr) return owner == &app;
  if (is_cluster(app) && app.daemon == &process) {
    const auto known = memory.ports.find(port);
    return known != memory.ports.end() && known->second.by_daemon;
  }
  const auto launch = scene.launch_before(process);
  return launch && is_listed_launch(app, *launch);
}

bool listens(const AppScene& scene,
             const Holders& holders,
             const AppTree& app,
             const AppMemory& memory) {
  return std::ranges::any_of(
      scene.evidence.sockets->listeners, [&](const Listener& listener) {
        return std::ranges::any_of(
            holders.of(listener.inode), [&](const Process* process) {
              return listens_for(
                  scene, app, memory, *process, listener.local.port);
            });
      });
}

}  // namespace

void remember_asked(const AppScene& scene,
                    const Holders& holders,
                    AppsMemory& after) {
  hear(scene, after);
  if (!holders.available()) return;
  for (const AppTree& app : scene.apps()) {
    AppMemory& memory = after.apps[app.key];
    if (memory.asked.empty()) continue;
    if (listens(scene, holders, app, memory)) {
      memory.asked.clear();
      continue;
    }
    std::erase_if(memory.asked, [&](const auto& entry) {
      return memory.ports.contains(entry.first);
    });
    for (auto& [port, asked] : memory.asked) {
      if (asked.first != BootTime{}) continue;  // else it is of a file
      asked.first = scene.evidence.snapshot.taken;
    }
  }
}

AskedPorts asked_ports(const AppsMemory& memory) {
  AskedPorts all;
  for (const auto& [app, remembered] : memory.apps) {
    if (remembered.asked.empty() || all.size() >= kMostKnownPorts) continue;
    std::ranges::transform(remembered.asked,
                           std::inserter(all[app], all[app].end()),
                           [](const auto& entry) { return entry.first; });
  }
  return all;
}

void restore_asked(AppsMemory& memory, const AskedPorts& asked) {
  for (const auto& [app, ports] : asked) {
    for (const std::uint16_t port : ports) memory.apps[app].asked[port] = {};
  }
}

std::set<std::uint16_t> all_ports(const AppMemory& memory) {
  std::set<std::uint16_t> ports;
  for (const auto& [port, seen] : memory.ports) ports.insert(port);
  for (const auto& [port, asked] : memory.asked) ports.insert(port);
  return ports;
}

}  // namespace strayd
