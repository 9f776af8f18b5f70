#include <optional>
#include <utility>

#include <fmt/core.h>

#include "strayd/agent/commands.h"
#include "strayd/agent/scanner.h"
#include "strayd/agent/start.h"
#include "strayd/cli/options.h"
#include "strayd/core/forest.h"
#include "strayd/core/opinion.h"
#include "strayd/report/render.h"

#include "agent_word.h"
#include "rule_words.h"

namespace strayd {
ExitCode explain_command(const CommandLine& line) {
  Result<Config> config = config_of_this_host(line, "rules");
  if (!config) return complain(config.error(), ExitCode::Usage);
  Result<Scanner::Parts> parts = prepare(*config, line.procfs, Wish::Look);
  if (!parts) return complain(parts.error(), ExitCode::Failed);
  Scanner scanner(*std::move(parts));
  scanner.look_closer_at(line.pid);
  // A list of PM2 counts once it was the same in two scans.
  scanner.scan();
  Report report = *scanner.scan();
  if (report.failure) return complain(*report.failure, ExitCode::Failed);
  const Process* process = Forest(scanner.snapshot()).find(line.pid);
  if (process == nullptr) {
    return complain({.fault = Fault::NotFound,
                     .what = fmt::format("there is no process {}", line.pid)},
                    ExitCode::Failed);
  }
  const auto word =
      ask_for_word(config->state_dir, verdict_request(process->id));
  const auto opinion =
      word && word->heard ? parse_opinion(word->text) : std::nullopt;
  if (opinion) add_opinion(report, process->id, *opinion);
  fmt::print(
      "{}",
      explain_text(scanner.snapshot(), report, scanner.memory(), line.pid));
  fmt::print("{}",
             keys_text(*process, scanner.memory(), scanner.config().policy));
  // As it is in the audit log (I9).
  if (word) fmt::print("Agent:        {}\n", word->text);
  return ExitCode::Done;
}

}  // namespace strayd
