// What commands that scan need before their first scan.
#pragma once

#include <string>

#include "strayd/agent/scanner.h"
#include "strayd/config/config.h"
#include "strayd/core/result.h"

namespace strayd {

// The boot id of the kernel whose /proc this is; "unknown" where it can't be
// read.
std::string boot_of(const std::string& procfs = "/proc");

// Opens the process table and, unless the wish is only to look, the audit
// ledger and the state; settles what an earlier strayd left behind. Fails where
// nothing could be seen; what merely disarms is said in the report.
Result<Scanner::Parts> prepare(const Config& config,
                               const std::string& procfs,
                               Wish wish);

// In the log of an agent that starts: no restart closes it, with whatever
// configuration.
void say_open_breaker(const Breaker& breaker);

}  // namespace strayd
