// What a report says of one app of PM2: which process serves, what its trees
// use, and who holds its ports and its far ends.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strayd/core/ledger.h"
#include "strayd/core/process.h"
#include "strayd/core/supervisor.h"

namespace strayd {

// The process at the end of an instance's chain: the one that serves.
struct Backend {
  std::optional<ProcId> id{};  // nullopt: there is none
  std::optional<std::int64_t> start_unix_ms{};
  bool listens = false;  // by itself; a cluster's daemon does it for a worker
};

struct InstanceReport {
  int slot = 0;  // 0…, by pm_id within the app; stable while instances live
  Pm2Instance pm2{};
  std::optional<std::int64_t> start_unix_ms{};  // of the listed, valid pid
  // nullopt: it can't be told (its tree is not known, or could not be read).
  std::optional<Backend> backend{};
  // See BackendAccount; nullopt: it serves.
  std::optional<std::int64_t> down_since_unix_ms{};
};

// Over all processes of all trees of an app.
struct AppUsage {
  std::size_t processes = 0;  // alive
  std::size_t zombies = 0;    // exited, and not collected by their parents
  // Spent since strayd first saw the app; only rises. What a process spends
  // after the last scan that saw it is not in it.
  std::chrono::nanoseconds cpu{};
  // The fair share (PSS) of each process where it is known, else all that it
  // has in memory (RSS), what it shares included.
  std::uint64_t resident_bytes = 0;
};

// Who holds a socket, as one app sees it. The strongest first.
enum class Owner {
  Managed,  // a process of the app's own trees; in cluster mode its God Daemon
  Orphan,   // a member of an orphan tree, also of a pending one
  Foreign   // anybody else: another app, a service, what is held
};
inline constexpr std::array kOwners{
    Owner::Managed, Owner::Orphan, Owner::Foreign};
std::string_view to_string(Owner owner);

// The listening sockets of one owner on one port of an app, whatever their
// addresses. A socket that several processes hold is the strongest one's, once.
struct PortShare {
  std::uint16_t port = 0;
  Owner owner = Owner::Managed;
  std::size_t sockets = 0;
  // Of one of them; nullopt: there is none, or it is not known who.
  std::optional<ProcId> holder{};

  bool operator==(const PortShare&) const = default;
};

// The established connections of one owner to one configured far end.
struct RemoteShare {
  std::string remote{};
  Owner owner = Owner::Managed;  // or Orphan
  std::size_t connections = 0;
  // Of the oldest, since strayd first saw it; nullopt: there is none.
  std::optional<std::chrono::nanoseconds> age{};
  // Since the newest byte came in over any of them. With several connections a
  // dead one hides behind a living one. nullopt: none, or the kernel did not
  // say.
  std::optional<std::chrono::milliseconds> since_receive{};

  bool operator==(const RemoteShare&) const = default;
};

struct AppReport {
  std::string home{};
  std::string app{};
  std::vector<InstanceReport> instances{};  // by slot
  // nullopt: one of its trees is not known.
  std::optional<AppUsage> usage{};
  // Every port that it has or had while strayd watched, with all three owners,
  // ascending; a port of which that can't be told is left out. Then those that
  // it asked for while there is a conflict. nullopt: the sockets are not known.
  std::optional<std::vector<PortShare>> ports{};
  // Every far end that it talks or talked to, and that an orphan of it talks
  // to, with both owners. nullopt: the connections are not known.
  std::optional<std::vector<RemoteShare>> remotes{};
};

// A port of an app that somebody else listens on while the app does not.
struct PortConflict {
  AppKey app{};
  std::uint16_t port = 0;
  Owner owner = Owner::Foreign;    // Orphan where one is among the holders
  std::optional<ProcId> holder{};  // nullopt: it is not known who
  std::optional<ProcId> tree{};    // the root of the orphan's tree
  // The launch that the socket comes from; nullopt: from none that is known.
  std::optional<LaunchKey> launch{};
  // The app's own error named it, and nothing else tells that it is its port.
  bool asked = false;

  bool operator==(const PortConflict&) const = default;
};

}  // namespace strayd
