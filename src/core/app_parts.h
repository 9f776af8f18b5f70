// The parts of the picture of the apps. Each folds its own part of the memory
// and says its own part of the report.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "app_scene.h"
#include "holders.h"

namespace strayd {

// What was known of a slot before this look.
struct SlotPast {
  // It serves by listening: one that served here did, or its app has, had or
  // asks for a port, and no other instance that could be meant.
  bool has_port = false;
  // On one of its app's ports there is a socket of nobody knows whom, which may
  // be one of a process of its own that was not read.
  bool unclaimed = false;
  const BackendAccount* account = nullptr;  // nullptr: none
};

// The one that serves behind an instance; nullopt: it can't be told.
std::optional<Backend> find_backend(const AppScene& scene,
                                    const Holders& holders,
                                    const InstanceTree& tree,
                                    const SlotPast& past);

// The replacements since `before`. `apps` are the reports of the scene's apps,
// and are told since when they are down; a start time never goes back.
BackendLedger account_backends(BackendLedger before,
                               const AppScene& scene,
                               std::span<AppReport> apps);

// By the scene's apps; folds `cpu`, and `cpu` of each app.
std::vector<std::optional<AppUsage>> account_usage(const AppScene& scene,
                                                   const AppsMemory& before,
                                                   AppsMemory& after);

// Folds `ports` of each app, and `listened`. Changes nothing where sockets are
// not available.
void remember_ports(const AppScene& scene,
                    const Holders& holders,
                    AppsMemory& after);

// After that. Folds `asked` of each app.
void remember_asked(const AppScene& scene,
                    const Holders& holders,
                    AppsMemory& after);

struct PortsSeen {
  std::vector<std::vector<PortShare>> shares{};  // by the scene's apps
  std::vector<PortConflict> conflicts{};
};
// After both; folds `unclaimed`, `searched` and `strangers`.
PortsSeen count_ports(const AppScene& scene,
                      const Holders& holders,
                      const AppsMemory& before,
                      AppsMemory& after);

// Whether all processes are wanted, to find out who holds a socket.
bool search_is_due(const AppsMemory& memory, BootTime now);

struct RemotesSeen {
  std::vector<std::vector<RemoteShare>> shares{};  // by the scene's apps
  std::vector<RemoteShare> strays{};
};
// nullopt: the connections are not known. Folds `connections`, and `remotes` of
// each app.
std::optional<RemotesSeen> count_remotes(const AppScene& scene,
                                         const Holders& holders,
                                         const AppsMemory& before,
                                         AppsMemory& after);

}  // namespace strayd
