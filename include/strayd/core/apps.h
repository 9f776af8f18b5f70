// What strayd says of PM2's apps, from one scan and the memory of those before.
// Pure.
//
// A home that does not answer has no apps here; what is remembered of them
// waits until it answers again.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "strayd/core/app_report.h"
#include "strayd/core/backends.h"
#include "strayd/core/known_ports.h"
#include "strayd/core/policy.h"
#include "strayd/core/process.h"
#include "strayd/core/sockets.h"
#include "strayd/core/supervisor.h"
#include "strayd/core/verdict.h"

namespace strayd {

// Borrowed. All of one moment, and the holdings read after the sockets: then a
// socket without a holder is a stranger's, not one that was just opened.
struct AppsEvidence {
  const Snapshot& snapshot;
  std::span<const Pm2View> pm2{};
  const Policy& policy;
  std::span<const Verdict> verdicts{};
  std::span<const Remote> remotes{};
  // nullptr: not available. Without either of them nothing is said of ports
  // and connections, and rules alone tell who serves.
  const SocketTable* sockets = nullptr;
  const Holdings* holdings = nullptr;
  // What the apps' errors named since the scan before; nullptr: nothing.
  const AskedPorts* asked = nullptr;
};

struct PortMemory {
  BootTime first{};  // remembered since
  BootTime last{};   // when the app, or an orphan of it, was last seen there
  // In cluster mode the God Daemon listens on it for the app.
  bool by_daemon = false;
  // None but carriers were seen there: a debugger's, or a watcher's own.
  bool by_carrier = false;

  bool operator==(const PortMemory&) const = default;
};

// A port that an app asked for in vain, by its own errors.
struct AskedMemory {
  BootTime first{};  // remembered since
  BootTime last{};   // when it was named last

  bool operator==(const AskedMemory&) const = default;
};

struct AppMemory {
  std::chrono::nanoseconds cpu{};  // all that was added up
  std::map<std::uint16_t, PortMemory> ports{};
  // None of `ports`, and none once the app listens anywhere. At most
  // kMostAskedPorts.
  std::map<std::uint16_t, AskedMemory> asked{};
  std::set<std::string> remotes{};  // names of those that it talked to

  bool operator==(const AppMemory&) const = default;
};

// An inode is used again once its socket is closed.
struct ConnectionKey {
  SocketInode inode = 0;
  Endpoint local{};
  Endpoint remote{};
  auto operator<=>(const ConnectionKey&) const = default;
};

struct ConnectionMemory {
  BootTime first{};
  // A name may resolve to other addresses meanwhile; the connection stays one
  // to that far end.
  std::set<std::string> remotes{};

  bool operator==(const ConnectionMemory&) const = default;
};

// On an app's port, held by no known process.
struct UnclaimedSocket {
  BootTime first{};
  bool searched = false;  // its holder was looked for among all processes

  bool operator==(const UnclaimedSocket&) const = default;
};

// Bounded by the snapshot, the sockets and the apps that are listed.
struct AppsMemory {
  BackendLedger backends{};  // the part to keep over restarts of strayd
  std::map<AppKey, AppMemory> apps{};
  std::map<std::string, BootTime> homes{};  // when each answered last
  // What each process of a tree had spent when it was last seen.
  std::map<ProcId, std::chrono::nanoseconds> cpu{};
  // Established connections to far ends.
  std::map<ConnectionKey, ConnectionMemory> connections{};
  // The launches in whose trees the sockets that listen were held first.
  std::map<SocketInode, LaunchKey> listened{};
  std::map<SocketInode, UnclaimedSocket> unclaimed{};
  std::optional<BootTime> searched{};  // when that was done last
  std::set<ProcId> strangers{};        // the holders that were found

  bool operator==(const AppsMemory&) const = default;
};

struct AppsPicture {
  AppsMemory memory{};
  std::vector<AppReport> apps{};  // by home and name
  // What orphans that belong to none of these apps have open to each far end.
  // nullopt: the connections are not known.
  std::optional<std::vector<RemoteShare>> strays{};
  std::vector<PortConflict> conflicts{};  // by app and port
};

AppsPicture observe_apps(const AppsEvidence& evidence,
                         const AppsMemory& before);

// The processes whose sockets observe_apps() needs. Each is in one of the two,
// which are ascending.
struct HoldersWanted {
  // To be read in each scan: orphans and those that may be; the workers of a
  // cluster and the God Daemon that listens for them, which share sockets; who
  // else is on an app's port. At most once a minute, all processes, if somebody
  // unknown listens on an app's port.
  std::vector<ProcId> always{};
  // Managed. What was read of them holds until there is a new socket of note;
  // that one of them gave a socket away to a process that had begun before, or
  // closed one that another still holds, may be seen later.
  std::vector<ProcId> settled{};
};

// Sockets and holdings are not looked at.
HoldersWanted holders_wanted(const AppsEvidence& evidence,
                             const AppsMemory& before);

// The sockets whose holders are of interest: those that listen, and those that
// are connected to one of the far ends. Ascending.
std::vector<SocketInode> sockets_of_note(const SocketTable& table,
                                         std::span<const Remote> remotes);

// Of the established connections those to the far ends; all, where one that
// came in tells apart what a God Daemon listens on for several apps.
SocketsWanted sockets_wanted(std::span<const Pm2View> pm2,
                             std::span<const Remote> remotes);

// To keep over restarts of strayd, and back: of these apps nothing else is
// remembered yet.
KnownPorts known_ports(const AppsMemory& memory);
void restore_ports(AppsMemory& memory, const KnownPorts& known);
AskedPorts asked_ports(const AppsMemory& memory);
void restore_asked(AppsMemory& memory, const AskedPorts& asked);

// All that this app has, had or asked for; of the last on its word alone.
std::set<std::uint16_t> all_ports(const AppMemory& memory);

// The roots of the orphan trees that keep an app off its port. An app's word
// alone brings none of them forward.
std::set<ProcId> trees_in_conflict(std::span<const PortConflict> conflicts);

// No app has more ports, and none more far ends, in a report. Beyond that, a
// port that is in use now and known for long stays.
inline constexpr std::size_t kMostPorts = 16;
inline constexpr std::size_t kMostRemotes = 16;
inline constexpr std::size_t kMostConnections = 65'536;

}  // namespace strayd
