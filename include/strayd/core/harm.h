// Harm: what a kill of ours did to an app that PM2 manages. Pure.
//
// Any harm is one too many: the caller opens the breaker. So what may be our
// doing counts, unless something else is known to have done it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strayd/core/app_facts.h"
#include "strayd/core/kill.h"
#include "strayd/core/ledger.h"
#include "strayd/core/process.h"

namespace strayd {

// Long enough for an app to notice (a connection that times out, a probe that
// fails), for PM2 to restart it (a backoff is 15 s at most) and for several
// scans to see it; short enough that what happens by itself is not blamed on
// us.
inline constexpr std::chrono::seconds kHarmWatch{60};
// A crash loop goes on whatever we do.
inline constexpr std::chrono::minutes kFlapping{5};
// In two scans at least. A watcher's own reload takes one to three seconds.
inline constexpr std::chrono::seconds kListenerGone{4};
// An app that can't be seen after a kill is waited for this long. No reap
// takes longer either: a grace is 10 minutes at most.
inline constexpr std::chrono::minutes kHarmMemory{15};

enum class HarmKind {
  LostProcess,   // we ended a process of its tree
  LostListener,  // nobody of the app listens on its port any more
  Restarted      // and nothing else explains it
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

struct AppRestart {
  AppKey app{};
  Cause cause = Cause::Unknown;
};

struct WatchedApp {
  AppFacts before{};  // as the last scan before the signal saw it
  bool flapping = false;
  // Ports of before that nobody of it listens on any more, and since when.
  std::map<std::uint16_t, BootTime> lost{};
  bool harmed = false;   // by this kill: it was counted
  bool settled = false;  // by any: what follows is a part of that

  bool operator==(const WatchedApp&) const = default;
};

struct WatchedKill {
  Kill kill{};
  BootTime until{};
  std::map<AppKey, WatchedApp> watched{};

  bool operator==(const WatchedKill&) const = default;
};

struct SeenApp {
  AppFacts facts{};
  BootTime at{};

  bool operator==(const SeenApp&) const = default;
};

// From scan to scan. Bounded by the apps, and by the kills of kHarmMemory.
struct HarmMemory {
  std::map<AppKey, SeenApp> seen{};      // the last sight of each app
  std::map<AppKey, BootTime> crashed{};  // the last crash of each app
  std::vector<WatchedKill> kills{};      // the newest last

  bool operator==(const HarmMemory&) const = default;
};

// What became known since the look before. Borrowed.
struct Aftermath {
  BootTime now{};
  std::span<const AppFacts> apps{};  // none where the scan failed
  std::span<const AppRestart> restarts{};
  // Reaps whose first signal was sent after the look before. A reap that is not
  // in it is known from the first exit on.
  std::span<const Kill> begun{};
  std::span<const Ended> ended{};
};

struct HarmFindings {
  HarmMemory memory{};
  std::vector<Harm> harms{};  // new ones, each kill and app at most once
};

// Call it once in each scan, before anything is ended in it. What could be the
// work of several kills is put down to the newest.
HarmFindings look_for_harm(HarmMemory before, const Aftermath& aftermath);

// An operator has looked at it and closed the breaker: if a kill did harm, no
// kill is watched any more.
HarmMemory pardoned(HarmMemory memory);

}  // namespace strayd
