#include <utility>

#include <fmt/core.h>

#include "strayd/agent/scanner.h"
#include "strayd/agent/start.h"
#include "strayd/cli/options.h"
#include "strayd/core/forest.h"
#include "strayd/report/render.h"

namespace strayd {

ExitCode explain_command(const CommandLine& line) {
  Result<Config> config = effective_config(line);
  if (!config) return complain(config.error(), ExitCode::Usage);
  Result<Scanner::Parts> parts = prepare(*config, line.procfs, Wish::Look);
  if (!parts) return complain(parts.error(), ExitCode::Failed);
  Scanner scanner(*std::move(parts));
  scanner.look_closer_at(line.pid);
  // A list of PM2 counts once it was the same in two scans.
  scanner.scan();
  const Report report = scanner.scan();
  if (report.failure) return complain(*report.failure, ExitCode::Failed);
  if (Forest(scanner.snapshot()).find(line.pid) == nullptr) {
    return complain({.fault = Fault::NotFound,
                     .what = fmt::format("there is no process {}", line.pid)},
                    ExitCode::Failed);
  }
  fmt::print("{}", explain_text(scanner.snapshot(), report, line.pid));
  return ExitCode::Done;
}

}  // namespace strayd
