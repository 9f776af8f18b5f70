// What one scan found, put into the report.
#pragma once

#include <set>

#include "strayd/core/process.h"
#include "strayd/core/report.h"

namespace strayd {

// Of a scan that judged: `report` has its verdicts already. `known` are the
// orphans of the scan before, and those of this one afterwards.
void add_findings(Report& report,
                  const Snapshot& snapshot,
                  std::set<ProcId>& known);

// Of a scan that failed: nothing is known of anybody.
void forget_findings(Report& report);

}  // namespace strayd
