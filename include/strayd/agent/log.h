// Where strayd speaks to its operator: one line an event, to standard error.
#pragma once

#include <string>

#include "strayd/core/report.h"
#include "strayd/core/result.h"

namespace strayd {

struct LogOptions {
  std::string level = "info";   // debug, info, warn, error
  std::string format = "text";  // text, json
};

Result<void> start_logging(const LogOptions& options);

// What changed from one report to the next: orphans found and ended, PM2s that
// fell silent, the breaker. A quiet host logs nothing.
void log_changes(const Report& before, const Report& now);

}  // namespace strayd
