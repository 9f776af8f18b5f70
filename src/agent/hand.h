// What ends orphans: it asks whether it may, spends the budget, writes down
// what it is about to do, and has the reaper do it. And it watches what came of
// it.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "strayd/core/app_facts.h"
#include "strayd/core/harm.h"
#include "strayd/core/plan.h"
#include "strayd/core/policy.h"
#include "strayd/core/port.h"
#include "strayd/core/process.h"
#include "strayd/core/report.h"
#include "strayd/core/restarts.h"
#include "strayd/core/result.h"
#include "strayd/core/ties.h"
#include "strayd/reap/reaper.h"

#include "kill_watch.h"
#include "look.h"
#include "records.h"
#include "terms.h"

namespace strayd {

// The world, as the hand sees it; the first four as in ReaperPorts.
struct HandPorts {
  Port<Result<Snapshot>()> snapshot;
  Port<Result<Process>(const ProcId&)> read;
  Port<std::vector<std::optional<Claim>>(const Snapshot&,
                                         std::span<const ProcId>)>
      claims;
  Port<bool()> stopping;
  // What ties PM2's apps to the trees of these orders, one for each.
  Port<std::vector<KillTies>(std::span<const AppFacts>,
                             std::span<const TreeOrder>)>
      ties;
  // That process was ended by us: a restart that follows has that cause.
  Port<void(const ProcId&)> ended;
};

// Used by one thread.
class Hand {
 public:
  // Borrows the terms. `lacks`: what is missing here, so that nobody may be
  // signalled whatever else is well: feature -> why.
  Hand(HandPorts ports,
       const Terms& terms,
       std::map<std::string, std::string> lacks,
       Records records);

  // --- once in each scan, in this order

  // What other strayds wrote is read, what can be written again is.
  void begin_scan();
  // Whether acting on that would signal somebody or open the breaker.
  bool would_act(const Seen& seen) const;
  // A scan failed: nothing is known of anybody, and no reap goes on.
  void note_failure();
  // The apps, held against what they were before the last kills. A scan that
  // failed saw no app.
  void look_for_harm(const Seen& seen,
                     BootTime now,
                     std::span<const AppFacts> apps,
                     std::span<const Restart> restarts);
  // What somebody keeps, besides what was kept before.
  KeptKeys kept(const Seen& seen);
  // `urgent`: these trees come first.
  Plan plan(const Seen& seen, const std::set<ProcId>& urgent);
  // Obeys the orders of that plan, and tells in it what was withheld.
  void act(Plan& plan, const Seen& seen);

  // Every suspicion starts anew.
  void forget_suspicions() { watchlist_.clear(); }
  bool suspects(const ProcId& tree) const { return watchlist_.contains(tree); }

  // --- the reaps under way: see Reaper

  void advance();
  std::vector<int> wait_fds() const { return reaper_.wait_fds(); }
  std::optional<std::chrono::nanoseconds> deadline() const {
    return reaper_.deadline();
  }
  std::size_t awaited() const { return reaper_.awaited(); }
  void abandon();

  // --- what is told

  // Why nobody may be signalled, whatever the mode is: feature -> why.
  std::map<std::string, std::string> blind() const;
  // Since they were taken.
  const std::vector<Reaped>& reaped() const { return reaped_; }
  std::vector<Reaped> take_reaped() { return std::exchange(reaped_, {}); }
  std::vector<Harm> take_harms() { return std::exchange(harms_, {}); }
  std::size_t take_coincidences() { return std::exchange(coincidences_, 0); }
  std::map<ProcId, Returned> returned(const Seen& seen,
                                      std::span<const Verdict> verdicts) {
    return kills_.returned(seen.snapshot, verdicts);
  }

  Records& records() { return records_; }
  const Records& records() const { return records_; }
  // Durably. An error: it stays open.
  Result<void> close_breaker(const std::string& by);
  // The kills under watch and all else that is kept, on disk if it is news.
  void save(const Seen& seen);

 private:
  ReaperPorts reaper_ports();
  Authority authority() const;
  std::optional<std::string> withdrawn(const TreeOrder& order) const;
  void note_outcome(const std::string& reap, const Reaped& done);
  void hold_suspects(const Plan& plan, const Snapshot& snapshot);
  void obey(Plan& plan);
  bool spend(const TreeOrder& order);
  void carry_out(const TreeOrder& order);
  void end_reaping();

  HandPorts ports_;
  const Terms& terms_;
  std::map<std::string, std::string> lacks_;
  Records records_;
  Reaper reaper_;
  KillWatch kills_{};
  Watchlist watchlist_{};
  bool scan_failed_ = false;
  // What the rule of a reap meant when it was ordered, by its root.
  std::map<ProcId, Match> ordered_under_{};
  std::vector<Reaped> reaped_{};
  std::vector<Harm> harms_{};
  std::size_t coincidences_ = 0;
};

}  // namespace strayd
