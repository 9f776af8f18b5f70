// What ties an app to a process tree that is to be ended, so that its end may
// take the app along. Looked for before the first signal. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "strayd/core/app_facts.h"
#include "strayd/core/ledger.h"
#include "strayd/core/process.h"
#include "strayd/core/sockets.h"
#include "strayd/core/supervisor.h"

namespace strayd {

// The strongest first.
enum class TieKind {
  Connection,   // established TCP, one end in each
  UnixSocket,   // connected, or a pair, one end in each
  Pipe,         // both hold it, and PM2's daemon does not
  Session,      // and the daemon is not in it
  ProcessGroup  // likewise
};
inline constexpr std::array kTieKinds{TieKind::Connection,
                                      TieKind::UnixSocket,
                                      TieKind::Pipe,
                                      TieKind::Session,
                                      TieKind::ProcessGroup};
std::string_view to_string(TieKind kind);  // snake_case

struct Tie {
  TieKind kind = TieKind::Connection;
  ProcId of_tree{};
  // The program and script of that one; may hold foreign bytes.
  std::string program{};

  bool operator==(const Tie&) const = default;
};

// Of one app and one tree.
struct AppTies {
  std::optional<Tie> tie{};  // the strongest
  // Else the sockets or pipes of some process could not be read: that no tie
  // was seen does not mean that there was none. Then a restart is judged by
  // what is improbable, as where there is no tie: to take ignorance for
  // evidence would open the breaker by coincidence wherever a process can't be
  // read, and to hold every kill there would leave all orphans to it. A harm is
  // found three kills later then; an owner that can't be seen holds the kill
  // long before, in the verdict.
  bool whole = false;
  // Ports on which the tree listens.
  std::set<std::uint16_t> held{};

  bool operator==(const AppTies&) const = default;
};
// An app that is not in it: nothing is known.
using KillTies = std::map<AppKey, AppTies>;

// What was read just before an order is carried out. nullptr: it could not be.
struct TieEvidence {
  const Snapshot& snapshot;
  std::span<const Pm2View> pm2;
  const SocketTable* sockets = nullptr;  // with connections and unix pairs
  const Holdings* holdings = nullptr;
  const Holdings* pipes = nullptr;  // the inodes of those that each holds
};

// All cluster workers of a daemon are in its session and group, and so is what
// they leave; what was open where the daemon was started (a job server's pipe,
// a terminal's log) all of them hold, and so does whatever else was started
// there. That says who started them, and nothing of what they need.
KillTies ties_of(std::span<const ProcId> tree,
                 std::span<const AppFacts> apps,
                 const TieEvidence& evidence);

}  // namespace strayd
