// How apps end by themselves, and whether it is by chance that one ends after
// kills of ours that nothing tied it to. Pure.
//
// The test. A kill is followed by an app's end if that comes within its window:
// from the first signal until the watch is over, or the next kill. Were the two
// unrelated, a window of length W would hold an end of the app with a
// probability of at most rate * W, whether it ends at random or like clockwork:
// kills come at any moment of its clock. So of the last kKillsTested kills k
// were followed by it, and P is the probability that so many are by chance, a
// sum of independent events of those probabilities. The breaker opens if
// P * (the number of apps) <= kFalseAlarm and k >= kKillsToTell.
//
// The rate is what the app does by itself, outside of all windows, so that what
// kills do to it is not taken for its nature: (ends + 1) / time, for a history
// without an end is no proof that there are none; for the first day with what
// PM2 says of the time before. It is the rate of its newest ends before the
// kill, if that is higher: what is worse than usual just now ends more often.
// What has just ended, by whatever cause, is likelier to end again (a loop): as
// often as its ends were repeated before.
//
// An end that is due is not counted: one that comes when the app's own regular
// clock says, which it has shown three times in a row where nobody killed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "strayd/core/app_facts.h"
#include "strayd/core/exit_status.h"
#include "strayd/core/ledger.h"
#include "strayd/core/process.h"

namespace strayd {

inline constexpr std::size_t kKillsToTell = 3;
inline constexpr std::size_t kKillsTested = 10;
inline constexpr double kFalseAlarm = 1.0 / 1'000;
// What ends again so soon after an end may be in a loop.
inline constexpr std::chrono::minutes kRepeat{2};
// PM2's word on the time before strayd counts while our own is shorter.
inline constexpr std::chrono::hours kOwnWord{24};
inline constexpr std::size_t kRecentEnds = 16;

struct PastEnd {
  BootTime at{};
  ExitStatus how{};
  bool followed = false;  // it came within a window

  bool operator==(const PastEnd&) const = default;
};

struct AppHistory {
  BootTime first{};  // seen in this boot
  // Time until `counted`, and of it what was within windows.
  std::chrono::nanoseconds seen{};
  std::chrono::nanoseconds within{};
  BootTime counted{};
  std::uint64_t ends = 0;         // by itself, outside of windows
  std::uint64_t repeats = 0;      // of them, within kRepeat of the one before
  std::vector<PastEnd> recent{};  // of all, the newest last
  // Its clock; 0: it has none.
  std::chrono::nanoseconds period{};
  std::vector<BootTime> followed{};  // windows, by when they began
  // What PM2 said of the time before.
  std::uint64_t past_ends = 0;
  std::chrono::nanoseconds past{};

  bool operator==(const AppHistory&) const = default;
};

struct KillWindow {
  BootTime began{};
  BootTime until{};

  bool operator==(const KillWindow&) const = default;
};

// From scan to scan, and over a restart of strayd.
struct History {
  std::map<AppKey, AppHistory> apps{};
  std::vector<KillWindow> windows{};  // the newest last, none within another
  BootTime counted{};  // until then they are in AppHistory::within

  bool operator==(const History&) const = default;
};

// An app is seen; for the first time, PM2's word on its past is taken.
void meet(History& history, const AppFacts& app, BootTime now);

void open_window(History& history, BootTime now, BootTime until);
// An exit was seen: the newest window lasts longer.
void extend_window(History& history, BootTime now, BootTime until);
// A look that saw apps: what is over ends with it.
void close_window(History& history, BootTime now);

// It ended by itself: no kill was watched.
void note_end(History& history, const AppKey& app, const PastEnd& end);
// It ended, and nothing tied it to the kill that is watched.
void note_follower(History& history, const AppKey& app, const PastEnd& end);

// At least twice within the day before that moment, or once just before.
bool ended_so_before(const History& history,
                     const AppKey& app,
                     const ExitStatus& how,
                     BootTime moment);

struct Improbable {
  std::size_t followed = 0;
  std::size_t kills = 0;
  double chance = 0;  // corrected for the number of apps

  bool operator==(const Improbable&) const = default;
};
// nullopt: it may well be chance.
std::optional<Improbable> improbable(const History& history,
                                     const AppKey& app,
                                     std::size_t apps);

// Beyond kMostHistories those of apps that are not seen any more are forgotten.
inline constexpr std::size_t kMostHistories = 5'000;
void bound_histories(History& history, const std::set<AppKey>& seen);

// What an operator has looked at counts no more.
void forget_windows(History& history);
// As another boot may use it: moments of this one mean nothing there.
History of_next_boot(History history);

}  // namespace strayd
