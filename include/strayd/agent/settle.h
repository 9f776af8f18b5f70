// What a strayd that was ended in the middle of a reap left behind.
#pragma once

#include <string>

#include "strayd/report/audit.h"

namespace strayd {

// Finds out what became of each promise without an outcome, lets frozen
// processes go on, and accounts for all of it. Never ends anything. A failure
// is logged: it disarms through the audit ledger itself.
void settle_unresolved(Audit& audit, const std::string& boot_id);

}  // namespace strayd
