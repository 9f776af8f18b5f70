// What survives a restart of strayd: the restart ledger with how apps ended
// and by whose signals, the ports that apps have and asked for, the breaker,
// the hour's kills, those that are watched for harm, the homes that were seen.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strayd/core/backends.h"
#include "strayd/core/ends.h"
#include "strayd/core/harm.h"
#include "strayd/core/known_ports.h"
#include "strayd/core/last_sender.h"
#include "strayd/core/ledger.h"
#include "strayd/core/plan.h"
#include "strayd/core/process.h"
#include "strayd/core/reactions.h"
#include "strayd/core/result.h"

namespace strayd {

struct State {
  std::string boot_id{};
  RestartLedger ledger{};
  Ends ends{};
  Senders senders{};
  BackendLedger backends{};
  KnownPorts ports{};
  AskedPorts asked{};
  Breaker breaker{};
  std::vector<std::int64_t> kills_unix_ms{};  // trees, of the last hour
  std::map<std::string, std::optional<uid_t>> homes_seen{};  // of this boot
  std::set<std::string> homes_ended{};  // of those, on purpose
  // Who was sent SIGTERM, and until when it may take its time (BootTime in
  // milliseconds, of this boot).
  std::map<ProcId, std::int64_t> in_grace{};
  // The boot in which the origins were last written (origins_file.h): that they
  // are not there in the same one means that they were lost. Empty: in none.
  std::string origins_boot_id{};
  KeptKeys kept{};  // of this boot
  // The kills that are watched, of this boot, and how apps end by themselves.
  HarmRecord harm{};

  bool operator==(const State&) const = default;
};

struct LoadedState {
  State state{};
  // Set: the file was unreadable or foreign, was kept aside under another name,
  // and we start afresh, but with an open breaker: nobody knows what it was.
  // One line that says so.
  std::optional<std::string> complaint{};
};

// No file is an empty state. Fails only if the directory can't be used, or if
// strayd has no file descriptor or memory left: then nothing is moved.
Result<LoadedState> load_state(const std::string& directory);

// What the file says, for whoever only asks: nothing is made or moved. No file
// is an empty state; NotFound: there is no such directory.
Result<State> peek_state(const std::string& directory);

// Tells one writing of the file from another without reading it.
struct StateStamp {
  ino_t inode = 0;
  std::chrono::nanoseconds changed{};  // Unix time

  bool operator==(const StateStamp&) const = default;
};
// nullopt: there is no file to look at.
std::optional<StateStamp> state_stamp(const std::string& directory);

// Atomic and durable. Exhausted: more of something than load_state() would
// believe; the file stays as it is.
Result<void> save_state(const std::string& directory, const State& state);

// A kill that was budgeted and did not happen: nobody of it was signalled.
struct UnspentKill {
  std::int64_t at_unix_ms = 0;
  std::vector<ProcId> members{};
};

// Which kills count.
struct KillsKept {
  std::int64_t later_than_unix_ms = 0;
  std::optional<UnspentKill> unspent{};
};

// What two strayds of one directory (an agent, and a `scan --reap` beside it)
// know together: the kills of both, whoever is in a grace of either, the newer
// account of the breaker, and that either has written origins. All else stays
// ours. Pure.
State shared(State ours, const State& theirs, const KillsKept& kept);

// Reads, merges, writes and takes over, while no other strayd does. Fails where
// the state can't be written.
Result<void> share_state(const std::string& directory,
                         State& state,
                         const KillsKept& kept);

// The state as this boot may use it: the homes and processes of another one,
// and that their origins were written, are forgotten; the ledger, the breaker
// and the hour's kills stay.
State of_boot(State state, const std::string& boot_id);

// The file's text, and back. Pure. JSON of the format "strayd-state", version
// 1, with a checksum: damage is found, not guessed at. Names are bytes; what is
// not printable ASCII in them, and '%', is %XX.
std::string format_state(const State& state);
Result<State> parse_state(std::string_view text);

// More is absurd, and not believed.
inline constexpr std::size_t kMostApps = 10'000;
inline constexpr std::size_t kMostInstances = 100'000;
inline constexpr std::size_t kMostHomes = 10'000;
inline constexpr std::size_t kMostPortsOfApp = 64;
inline constexpr std::size_t kMostKills = 10'000;
inline constexpr std::size_t kMostInGrace = 100'000;
inline constexpr std::size_t kLargestStateFile = 64UZ * 1024 * 1024;

}  // namespace strayd
