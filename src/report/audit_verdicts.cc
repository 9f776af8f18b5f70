#include "audit_verdicts.h"

#include <algorithm>
#include <utility>

namespace strayd {
namespace {

// Candidates whose verdict was not told, orphans first.
std::vector<const Verdict*> untold(const Report& report, const Told& before) {
  std::vector<const Verdict*> found;
  for (const Verdict& verdict : report.verdicts) {
    if (verdict.role != Role::Candidate) continue;
    const auto told = before.verdicts.find(verdict.id);
    const std::pair now{verdict.standing, verdict.reason.why};
    if (told == before.verdicts.end() || told->second != now) {
      found.push_back(&verdict);
    }
  }
  std::ranges::sort(found, {}, [](const Verdict* verdict) {
    return std::pair(!is_orphan(verdict->standing), verdict->id);
  });
  if (found.size() > kMostVerdicts) found.resize(kMostVerdicts);
  return found;
}

void tell_verdicts(const Report& report, const Told& before, News& news) {
  for (const Verdict& verdict : report.verdicts) {
    const auto told = before.verdicts.find(verdict.id);
    if (told != before.verdicts.end()) news.told.verdicts.insert(*told);
  }
  for (const Verdict* verdict : untold(report, before)) {
    news.lines.push_back(verdict_fields(*verdict, report));
    news.told.verdicts[verdict->id] = {verdict->standing, verdict->reason.why};
  }
}

void tell_withheld(const Report& report, const Told& before, News& news) {
  for (const WithheldTree& tree : report.withheld) {
    const std::pair now{tree.rule, tree.why};
    const auto told = before.withheld.find(tree.root);
    if (told == before.withheld.end() || told->second != now) {
      news.lines.push_back(withheld_fields(tree));
    }
    news.told.withheld[tree.root] = now;
  }
}

void tell_conflicts(const Report& report, const Told& before, News& news) {
  for (const PortConflict& conflict : report.conflicts) {
    if (std::ranges::find(before.conflicts, conflict) ==
        before.conflicts.end()) {
      news.lines.push_back(conflict_fields(conflict, report));
    }
  }
  news.told.conflicts = report.conflicts;
}

// A report tells each once.
void tell_restarts(const Report& report, News& news) {
  for (const Restart& restart : report.restarts) {
    if (news.lines.size() >= kMostVerdicts) return;
    news.lines.push_back(restart_fields(restart, report));
  }
}

}  // namespace

News news_of(const Report& report, const Told& before) {
  News news;
  if (report.failure) {
    news.told = before;
    return news;
  }
  tell_verdicts(report, before, news);
  tell_withheld(report, before, news);
  tell_conflicts(report, before, news);
  tell_restarts(report, news);
  news.told.breaker = report.breaker;
  if (report.breaker != before.breaker) {
    news.lines.push_back(breaker_fields(report.breaker));
  }
  return news;
}

}  // namespace strayd
