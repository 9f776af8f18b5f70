#include "peer.h"

#include <algorithm>

#include "strayd/core/home_path.h"
#include "strayd/core/supervisor.h"

#include "one_line.h"

namespace strayd {
namespace {

// What the process itself says of its home: its title, or as a pm2-runtime its
// environment. nullopt: nothing.
std::optional<std::string> own_home(const Process& process) {
  std::optional<std::string> home = god_daemon_home(process);
  if (!home && supervisor_kind(process) == SupervisorKind::Pm2Runtime) {
    home = pm2_home_of(process);
  }
  // A path that can't be spelled is another home all the same.
  return home ? normal_home(*home).value_or(*home) : home;
}

std::optional<std::string> doubt_of_process(const Process& process,
                                            const Pm2Home& home,
                                            const Forest& forest) {
  const std::string who = "pid " + std::to_string(process.id.pid);
  if (is_dead(process)) return "its daemon (" + who + ") is dead";
  // The pids in its list would be those of its own namespace.
  if (process.pid_namespace_depth.value_or(0) != 1) {
    return "its daemon (" + who + ") is not known to be of this pid namespace";
  }
  const std::optional<std::string> own = own_home(process);
  if (own && *own != home.path &&
      std::ranges::find(home.aliases, *own) == home.aliases.end()) {
    return "its socket belongs to " + who +
           ", the daemon of another home: " + one_line(*own);
  }
  const std::vector<ProcId> titled = titled_daemons(home, forest);
  if (!titled.empty() &&
      std::ranges::find(titled, process.id) == titled.end()) {
    return "its socket belongs to " + who +
           ", which is not this home's God Daemon (pid " +
           std::to_string(titled.front().pid) + ")";
  }
  return std::nullopt;
}

}  // namespace

std::vector<ProcId> titled_daemons(const Pm2Home& home, const Forest& forest) {
  std::vector<ProcId> titled;
  for (const ProcId& id : home.daemons) {
    const Process* const process = forest.find(id);
    if (process != nullptr && god_daemon_home(*process)) titled.push_back(id);
  }
  return titled;
}

std::vector<ProcId> known_daemons(const Pm2Home& home, const Forest& forest) {
  std::vector<ProcId> known = titled_daemons(home, forest);
  for (const ProcId& id : home.answered) {
    if (std::ranges::find(known, id) == known.end()) known.push_back(id);
  }
  return known;
}

std::optional<std::string> doubt_of(const Pm2Peer& peer,
                                    const Pm2Home& home,
                                    const Forest& forest) {
  if (peer.pid <= 0) return "its daemon lives in another pid namespace";
  const std::string who = "pid " + std::to_string(peer.pid);
  if (peer.uid != 0 && peer.uid != peer.socket_owner) {
    return "its socket belongs to user " + std::to_string(peer.socket_owner) +
           ", and user " + std::to_string(peer.uid) + " (" + who +
           ") listens there";
  }
  const Process* const process = forest.find(peer.pid);
  if (process == nullptr) return "its daemon (" + who + ") started just now";
  return doubt_of_process(*process, home, forest);
}

}  // namespace strayd
