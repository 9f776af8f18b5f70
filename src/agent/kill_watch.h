// What came of our kills: the agent's memory of them, from scan to scan.
#pragma once

#include <map>
#include <set>
#include <span>
#include <vector>

#include "strayd/core/app_facts.h"
#include "strayd/core/harm.h"
#include "strayd/core/ledger.h"
#include "strayd/core/plan.h"
#include "strayd/core/reactions.h"
#include "strayd/core/report.h"
#include "strayd/core/returned.h"

namespace strayd {

// What the ledger gained, one for each app and cause.
std::vector<AppRestart> restarts_since(const RestartLedger& before,
                                       const RestartLedger& now);

// Used by one thread.
class KillWatch {
 public:
  // The first signal of a tree was sent.
  void note_begun(const TreeOrder& order);
  void note(const Reaped& reaped, BootTime now);

  // Once in each scan, before anything is ended in it. A scan that failed saw
  // no app and no restart.
  std::vector<Harm> harms(BootTime now,
                          std::span<const AppFacts> apps,
                          std::span<const AppRestart> restarts);
  // Once in each scan that judged, after harms() and before returned(): what is
  // kept from now on. `reaping` are the processes whose end is awaited.
  KeptKeys kept(KeptKeys before,
                const Snapshot& snapshot,
                std::span<const Verdict> verdicts,
                const std::set<ProcId>& reaping);
  // Once in each scan that judged, after harms().
  std::map<ProcId, Returned> returned(const Snapshot& snapshot,
                                      std::span<const Verdict> verdicts);

  // An operator closed the breaker.
  void pardon();

 private:
  HarmMemory harm_{};
  ReactionMemory reactions_{};
  ReturnMemory returns_{};
  std::vector<Kill> begun_{};   // since the last harms()
  std::vector<Ended> ended_{};  // since the last harms()
  std::vector<Ended> gone_{};   // before it, and since the last returned()
};

}  // namespace strayd
