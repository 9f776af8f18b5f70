// What one scan found, put into the report.
#pragma once

#include <set>

#include "strayd/core/process.h"
#include "strayd/core/report.h"

namespace strayd {

// `report` has its verdicts already, and nothing else that is found here.
// `known` are the orphans of the scan before, and those of this one afterwards.
void add_findings(Report& report,
                  const Snapshot& snapshot,
                  std::set<ProcId>& known);

}  // namespace strayd
