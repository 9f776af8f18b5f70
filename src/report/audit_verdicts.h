// What is new in a report, for the ledger: an idle host has no news. Pure.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "strayd/core/plan.h"
#include "strayd/core/report.h"
#include "strayd/core/verdict.h"

#include "audit_line.h"

namespace strayd {

// What the ledger was last told. Bounded by the report: what it no longer
// mentions is forgotten.
struct Told {
  std::map<ProcId, std::pair<Standing, Why>> verdicts{};
  std::map<ProcId, std::pair<std::string, Withheld>> withheld{};
  std::vector<PortConflict> conflicts{};
  Breaker breaker{};
};

struct News {
  std::vector<Fields> lines{};
  Told told{};  // what is told once the lines are written
};

// Of candidates only: the other members of a tree come and go with its life,
// and an intent names each of them. A scan that failed is no news: it says
// nothing of anyone. What is more than kMostVerdicts comes with the next
// report.
News news_of(const Report& report, const Told& before);

inline constexpr std::size_t kMostVerdicts = 500;

}  // namespace strayd
