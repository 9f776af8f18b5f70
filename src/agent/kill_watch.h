// What came of our kills: the agent's memory of them, from scan to scan.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "strayd/core/app_facts.h"
#include "strayd/core/harm.h"
#include "strayd/core/plan.h"
#include "strayd/core/reactions.h"
#include "strayd/core/report.h"
#include "strayd/core/restarts.h"
#include "strayd/core/returned.h"
#include "strayd/core/ties.h"

namespace strayd {

// Used by one thread.
class KillWatch {
 public:
  // What an earlier strayd watched, and what is to be kept of it: before a tree
  // is signalled, and after each scan.
  void restore(HarmRecord record);
  const HarmRecord& record() const { return harm_.record; }

  // As the last scan saw them.
  std::vector<AppFacts> apps() const;
  // A tree is about to be signalled. Nobody of it was: as if it had never been.
  void begin(const TreeOrder& order, const KillTies& ties, BootTime now);
  void call_off();
  void note(const Reaped& reaped, BootTime now);

  // Once in each scan, before anything is ended in it. A scan that failed saw
  // no app and no restart.
  struct Found {
    std::vector<Harm> harms{};
    std::vector<std::string> coincidences{};
  };
  Found harms(BootTime now,
              std::span<const AppFacts> apps,
              std::span<const Restart> restarts);
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
  HarmMemory before_{};  // the newest begin()
  ReactionMemory reactions_{};
  ReturnMemory returns_{};
  std::vector<Ended> ended_{};  // since the last harms()
  std::vector<Ended> gone_{};   // before it, and since the last returned()
};

}  // namespace strayd
