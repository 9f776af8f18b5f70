// Orphans that somebody keeps: whenever one is ended it is there again at once,
// so it is no orphan but somebody's in a way that strayd can't see. A brake: it
// is held for a day. Pure.
//
// A clock (cron, a loop that sleeps) starts things, too, whether the last one
// lives or not. That is told by what only a clock does: it starts one although
// none was ended just before.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>

#include "strayd/core/kill.h"
#include "strayd/core/process.h"
#include "strayd/core/verdict.h"

namespace strayd {

// How soon after the end of the last one a start is a reaction to it.
inline constexpr std::chrono::seconds kReactionWindow{30};
inline constexpr int kReactionsOfAKeeper = 3;  // in a row
inline constexpr std::chrono::hours kKeptFor{24};
inline constexpr std::size_t kMostKeptKeys = 1'000;

// What is started again: the same user's same program in the same place.
struct ReactionKey {
  uid_t uid = 0;
  // A hash of its executable, script and working directory.
  std::uint64_t print = 0;

  auto operator<=>(const ReactionKey&) const = default;
};

// nullopt: one of them is not known.
std::optional<ReactionKey> reaction_key_of(const Process& process);

struct Kept {
  BootTime until{};
  std::chrono::nanoseconds within{};  // of each end it was there again

  bool operator==(const Kept&) const = default;
};
using KeptKeys = std::map<ReactionKey, Kept>;

// A candidate that is nobody's, or that is held because somebody keeps it.
struct SeenOrphan {
  std::optional<ReactionKey> key{};
  ProcId tree{};
  BootTime began{};  // its tree
  BootTime seen{};   // last
  // Nobody ever owned it, and it has answered no kill yet.
  bool may_answer = true;

  bool operator==(const SeenOrphan&) const = default;
};

// Of one tree.
struct NotedKill {
  std::set<ProcId> candidates{};
  BootTime signalled{};
  BootTime gone{};                   // the last of it
  std::optional<BootTime> answer{};  // when the reaction began
  bool over = false;                 // answered, or too late for an answer

  bool operator==(const NotedKill&) const = default;
};

struct ReactionAccount {
  std::map<ProcId, NotedKill> kills{};  // by the tree's root
  int in_a_row = 0;                     // kills that were answered
  std::chrono::nanoseconds within{};    // the slowest of these answers

  bool operator==(const ReactionAccount&) const = default;
};

// From scan to scan. Bounded by the orphans of kReturnWindow.
struct ReactionMemory {
  std::optional<BootTime> taken{};         // of the last scan
  std::map<ProcId, SeenOrphan> orphans{};  // candidates
  std::set<ProcId> managed{};              // candidates that ever were
  std::map<ReactionKey, ReactionAccount> accounts{};

  bool operator==(const ReactionMemory&) const = default;
};

struct ReactionScan {
  const Snapshot& snapshot;
  std::span<const Verdict> verdicts;
  std::span<const Ended> ended;  // since the last one
  const std::set<ProcId>& reaping;
};

struct ReactionFindings {
  ReactionMemory memory{};
  KeptKeys kept{};
};

// Call it once in each scan that judged, before anything is ended in it. A tree
// that nobody ever owned answers a kill if it began within kReactionWindow of
// it; each kill is answered once, and none by what began as cron begins things.
// The third answer in a row adds to `kept`; a kill without one, or a start
// without a kill, begins the row anew. What starts beside one that is kept,
// although none was ended, is a clock's: it is kept no more.
ReactionFindings look_for_reactions(ReactionMemory before,
                                    KeptKeys kept,
                                    const ReactionScan& scan);

}  // namespace strayd
