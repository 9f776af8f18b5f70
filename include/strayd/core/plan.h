// From verdicts to orders: ripening, budget, breaker. Pure; all waiting
// between scans happens here.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strayd/core/judge.h"
#include "strayd/core/policy.h"
#include "strayd/core/verdict.h"

namespace strayd {

// An orphan tree under watch. It is forgotten in the first scan that clears it.
struct Suspect {
  ProcId root{};  // the topmost process of the tree
  Standing kind = Standing::Stray;
  BootTime first_seen{};
  int confirmations = 0;  // scans in a row, no two of them within an interval
  BootTime confirmed{};   // the last of those

  bool operator==(const Suspect&) const = default;
};
using Watchlist = std::map<ProcId, Suspect>;

// End one tree. Members are parents before children; the first is the root.
struct TreeOrder {
  ProcId root{};
  std::vector<ProcId> members{};
  Standing kind = Standing::Stray;  // Leftover or Stray
  std::string rule{};
  std::string app{};
  std::string home{};
  Reason reason{};
  std::chrono::nanoseconds grace{};
};

// Why a ripe tree is not ended. Fixed words, for the label `reason`.
enum class Withheld {
  Observing,
  RuleForbids,
  BreakerOpen,
  OverBudget,
  Disarmed,        // strayd is blind here (I14)
  EvidenceMissing  // it is held
};
inline constexpr std::array kWithheld{Withheld::Observing,
                                      Withheld::RuleForbids,
                                      Withheld::BreakerOpen,
                                      Withheld::OverBudget,
                                      Withheld::Disarmed,
                                      Withheld::EvidenceMissing};
std::string_view to_string(Withheld why);

struct WithheldTree {
  ProcId root{};
  std::string rule{};
  Withheld why = Withheld::Observing;
};

// The switch that sends strayd back to observing. Latched: it survives a
// restart, and only an operator closes it.
struct Breaker {
  bool open = false;
  std::string why{};
  // When it was last opened or closed: of two accounts the newer one holds.
  std::int64_t since_unix_ms = 0;

  bool operator==(const Breaker&) const = default;
};

// The next account of a breaker: newer than the one before it, however the
// clock was set meanwhile.
Breaker opened(const Breaker& before,
               std::string why,
               std::int64_t now_unix_ms);
Breaker closed(const Breaker& before, std::int64_t now_unix_ms);

// What may be done now, and by whose wish.
struct Authority {
  bool act = false;   // enforcing, or an explicit --reap
  bool armed = true;  // nothing is blind (I14)
  Breaker breaker{};
  std::size_t kills_last_hour = 0;  // trees
  // Processes of the reaps under way, and of an earlier strayd's whose grace is
  // not over. Their trees are neither ordered again nor counted again: one that
  // shuts down slowly is no second orphan.
  std::set<ProcId> reaping{};
};

struct Plan {
  std::vector<Verdict> verdicts{};  // with `pending` where it applies
  Watchlist watchlist{};
  std::vector<TreeOrder> orders{};
  std::vector<WithheldTree> withheld{};
  std::optional<std::string> trip{};  // set: the breaker opens, for this reason
  // When a scan may bring a pending tree further; nullopt: none is pending.
  std::optional<BootTime> next{};
};

// The orders on `urgent` roots (see trees_in_conflict) come first. They count
// against the budget as all others do: a kill set above it kills nothing.
Plan plan(std::vector<Verdict> verdicts,
          const Watchlist& before,
          const Snapshot& snapshot,
          const Policy& policy,
          const Authority& authority,
          const std::set<ProcId>& urgent = {});

}  // namespace strayd
