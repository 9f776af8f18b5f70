// Harm: what a kill of ours did to an app that PM2 manages. Pure.
//
// Any harm is one too many: the caller opens the breaker. It is told by
// evidence: an app lost a process that we signalled; or it ended, or lost its
// listener, and something had tied it to the tree that we ended (ties.h). Where
// nothing is seen to tie them, what happens within the watch is a coincidence:
// a host that needs strayd is one where much ends by itself. It is counted, and
// is harm where it is improbable by that app's own history (history.h). What
// another is known to have done is neither.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strayd/core/app_facts.h"
#include "strayd/core/history.h"
#include "strayd/core/kill.h"
#include "strayd/core/ledger.h"
#include "strayd/core/process.h"
#include "strayd/core/restarts.h"
#include "strayd/core/ties.h"

namespace strayd {

// Long enough for an app to notice (a connection that times out, a probe that
// fails), for PM2 to restart it (a backoff is 15 s at most) and for several
// scans to see it; short enough that what happens by itself is not blamed on
// us.
inline constexpr std::chrono::seconds kHarmWatch{60};
// In two scans at least. A watcher's own reload takes one to three seconds.
inline constexpr std::chrono::seconds kListenerGone{4};
// An app that can't be seen after a kill is waited for this long. No reap
// takes longer either: a grace is 10 minutes at most.
inline constexpr std::chrono::minutes kHarmMemory{15};

enum class HarmKind {
  LostProcess,   // we ended a process of its tree
  LostListener,  // nobody of the app listens on its port any more
  Restarted,     // and something had tied it to what we ended
  FollowsKills   // too often for a coincidence
};
std::string_view to_string(HarmKind kind);  // snake_case

struct Harm {
  AppKey app{};
  HarmKind kind = HarmKind::Restarted;
  Kill kill{};
  std::string text{};  // one line for a person; may hold foreign bytes
  std::int64_t found_unix_ms = 0;  // for its reader; set by the caller

  bool operator==(const Harm&) const = default;
};

struct WatchedApp {
  // As the last scan before the signal saw it, without its past. Over a restart
  // of strayd also without its processes: a tree that is ended has none of
  // them, and those that it came to have are in the next list.
  AppFacts before{};
  // Ports of before that nobody of it listens on any more, and since when.
  std::map<std::uint16_t, BootTime> lost{};
  bool counted = false;  // as a coincidence, for this kill
  bool harmed = false;   // by this kill: it was counted
  bool settled = false;  // by any: what follows is a part of that

  bool operator==(const WatchedApp&) const = default;
};

struct WatchedKill {
  Kill kill{};
  BootTime began{};
  BootTime until{};
  // Kept for kHarmMemory: its last exit may come after a long grace.
  KillTies ties{};
  std::map<AppKey, WatchedApp> watched{};

  bool operator==(const WatchedKill&) const = default;
};

// What outlives strayd. Bounded by the apps, and by the kills of kHarmMemory.
struct HarmRecord {
  std::vector<WatchedKill> kills{};  // the newest last
  History history{};

  bool operator==(const HarmRecord&) const = default;
};

struct SeenApp {
  AppFacts facts{};
  BootTime at{};

  bool operator==(const SeenApp&) const = default;
};

// From scan to scan.
struct HarmMemory {
  std::map<AppKey, SeenApp> seen{};  // the last sight of each app
  HarmRecord record{};

  bool operator==(const HarmMemory&) const = default;
};

// A tree is about to be signalled. Before the signal, so that the watch is
// durable when it is sent; if nobody was, the memory before is to be kept.
HarmMemory begin_watch(HarmMemory memory,
                       const Kill& kill,
                       const KillTies& ties,
                       BootTime now);

// What became known since the look before. Borrowed.
struct Aftermath {
  BootTime now{};
  std::span<const AppFacts> apps{};  // none where the scan failed
  std::span<const Restart> restarts{};
  std::span<const Ended> ended{};
};

struct HarmFindings {
  HarmMemory memory{};
  std::vector<Harm> harms{};  // new ones, each kill and app at most once
  // What followed a kill, and nothing tied it to that: one line for each.
  std::vector<std::string> coincidences{};
};

// Call it once in each scan, before anything is ended in it. What could be the
// work of several kills is put down to the newest that the app was tied to,
// else to the newest.
HarmFindings look_for_harm(HarmMemory before, const Aftermath& aftermath);

// An operator has looked at it and closed the breaker: if a kill did harm, no
// kill is watched any more.
HarmMemory pardoned(HarmMemory memory);

}  // namespace strayd
