#include "findings.h"

#include <utility>

#include "strayd/core/forest.h"

namespace strayd {

void add_findings(Report& report,
                  const Snapshot& snapshot,
                  std::set<ProcId>& known) {
  report.taken = snapshot.taken;
  report.processes = snapshot.processes.size();
  report.vanished = snapshot.vanished;
  report.unreadable = snapshot.unreadable;
  const Forest forest(snapshot);
  const auto add_shown = [&](const ProcId& id) {
    const Process* process = forest.find(id);
    if (process != nullptr) report.shown[id] = show(*process, snapshot.taken);
  };
  std::set<ProcId> orphans;
  for (const Verdict& verdict : report.verdicts) {
    add_shown(verdict.id);
    for (const ProcId& id : verdict.chain) add_shown(id);
    if (verdict.reason.why == Why::Zombie) ++report.zombies[verdict.rule];
    if (!verdict.kind) continue;
    orphans.insert(verdict.id);
    if (!known.contains(verdict.id)) {
      report.newly_detected.push_back(verdict.id);
    }
  }
  known = std::move(orphans);
}

}  // namespace strayd
