// Which ports are an app's: those that its trees, or what an earlier launch of
// it left, listen on or listened on while strayd watched.
#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "app_parts.h"

namespace strayd {
namespace {

using Ports = std::map<std::uint16_t, bool>;  // whether by the God Daemon
using PortsOfApps = std::vector<Ports>;       // by the scene's apps

using PortSet = std::unordered_set<std::uint16_t>;
using DaemonPorts = std::unordered_map<const Process*, PortSet>;

DaemonPorts add_held(const AppScene& scene,
                     const Holders& holders,
                     PortsOfApps& seen,
                     std::vector<PortSet>& served) {
  DaemonPorts of_daemons;
  for (const Listener& listener : scene.evidence.sockets->listeners) {
    const std::uint16_t port = listener.local.port;
    for (const Process* process : holders.of(listener.inode)) {
      const AppTree* app = scene.app_of(*process);
      if (app == nullptr) app = scene.app_before(*process);
      if (app != nullptr) seen[app->index].try_emplace(port, false);
      if (app != nullptr && !is_carrier(*process)) {
        served[app->index].insert(port);
      }
      if (scene.clustered(*process).empty()) continue;
      of_daemons[process].insert(port);
    }
  }
  return of_daemons;
}

// A God Daemon listens for all its clusters; which connections a worker holds
// tells what it listens on for whom.
void add_connected(const AppScene& scene,
                   const Holders& holders,
                   const DaemonPorts& of_daemons,
                   PortsOfApps& seen) {
  if (!scene.evidence.sockets->connections) return;
  for (const Connection& connection : *scene.evidence.sockets->connections) {
    const std::uint16_t port = connection.local.port;
    for (const Process* process : holders.of(connection.inode)) {
      const AppTree* app = scene.app_of(*process);
      if (app == nullptr || !is_cluster(*app)) continue;
      const auto ports = of_daemons.find(app->daemon);
      if (ports == of_daemons.end() || !ports->second.contains(port)) continue;
      seen[app->index][port] = true;
    }
  }
}

void add_of_daemons(const AppScene& scene,
                    const Holders& holders,
                    const DaemonPorts& of_daemons,
                    PortsOfApps& seen) {
  bool ambiguous = false;
  for (const auto& [daemon, ports] : of_daemons) {
    const std::vector<const AppTree*>& apps = scene.clustered(*daemon);
    ambiguous = ambiguous || apps.size() > 1;
    if (apps.size() != 1) continue;
    for (const std::uint16_t port : ports) {
      seen[apps.front()->index][port] = true;
    }
  }
  if (ambiguous) add_connected(scene, holders, of_daemons, seen);
}

using Launches = std::unordered_map<const Process*, LaunchKey>;

Launches launches_of_servers(const AppScene& scene, const Holders& holders) {
  Launches launches;
  for (const AppTree& app : scene.apps()) {
    for (const InstanceTree& tree : app.instances) {
      const auto launch = launch_of(app, *tree.instance);
      if (!launch) continue;
      for (const TreeMember& member : tree.members) {
        if (!holders.listens(*member.process)) continue;
        launches[member.process] = *launch;
      }
    }
  }
  return launches;
}

// A socket outlives the tree that it was opened in.
void remember_launches(const AppScene& scene,
                       const Holders& holders,
                       AppsMemory& after) {
  const Launches launches = launches_of_servers(scene, holders);
  std::map<SocketInode, LaunchKey> before = std::exchange(after.listened, {});
  for (const Listener& listener : scene.evidence.sockets->listeners) {
    if (auto known = before.extract(listener.inode)) {
      after.listened.insert(std::move(known));
    }
    for (const Process* process : holders.of(listener.inode)) {
      const auto launch = launches.find(process);
      if (launch == launches.end()) continue;
      after.listened[listener.inode] = launch->second;
    }
  }
}

// The more recent, then the longer known: what is in use keeps its place.
void forget_surplus(std::map<std::uint16_t, PortMemory>& ports) {
  if (ports.size() <= kMostPorts) return;
  std::vector<std::pair<std::uint16_t, PortMemory>> all(ports.begin(),
                                                        ports.end());
  std::ranges::sort(all, [](const auto& a, const auto& b) {
    if (a.second.last != b.second.last) return a.second.last > b.second.last;
    if (a.second.first != b.second.first) {
      return a.second.first < b.second.first;
    }
    return a.first < b.first;
  });
  all.resize(kMostPorts);
  ports = {all.begin(), all.end()};
}

}  // namespace

void remember_ports(const AppScene& scene,
                    const Holders& holders,
                    AppsMemory& after) {
  if (!holders.available()) return;
  remember_launches(scene, holders, after);
  PortsOfApps seen(scene.apps().size());
  std::vector<PortSet> served(scene.apps().size());
  const DaemonPorts of_daemons = add_held(scene, holders, seen, served);
  add_of_daemons(scene, holders, of_daemons, seen);
  const BootTime now = scene.evidence.snapshot.taken;
  for (const AppTree& app : scene.apps()) {
    std::map<std::uint16_t, PortMemory>& ports = after.apps[app.key].ports;
    for (const auto& [port, by_daemon] : seen[app.index]) {
      PortMemory& memory =
          ports.try_emplace(port, PortMemory{.first = now, .by_carrier = true})
              .first->second;
      memory.last = now;
      memory.by_daemon = memory.by_daemon || by_daemon;
      memory.by_carrier =
          memory.by_carrier && !by_daemon && !served[app.index].contains(port);
    }
    forget_surplus(ports);
  }
}

KnownPorts known_ports(const AppsMemory& memory) {
  KnownPorts known;
  for (const auto& [app, remembered] : memory.apps) {
    if (known.size() >= kMostKnownPorts) break;
    for (const auto& [port, seen] : remembered.ports) {
      if (!seen.by_carrier) known[app][port] = seen.by_daemon;
    }
  }
  return known;
}

// What is seen from now on is more recent.
void restore_ports(AppsMemory& memory, const KnownPorts& known) {
  for (const auto& [app, ports] : known) {
    for (const auto& [port, by_daemon] : ports) {
      memory.apps[app].ports[port] = {.by_daemon = by_daemon};
    }
  }
}

}  // namespace strayd
