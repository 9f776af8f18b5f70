#include <optional>
#include <utility>

#include <fmt/core.h>

#include "strayd/agent/commands.h"
#include "strayd/agent/scanner.h"
#include "strayd/agent/start.h"
#include "strayd/cli/options.h"
#include "strayd/core/forest.h"
#include "strayd/report/render.h"

#include "agent_word.h"
#include "rule_words.h"

namespace strayd {
namespace {

// As it is in the audit log (I9). Two looks of this command's own confirm
// nothing: an orphan that the agent knows for long is only `pending` above.
void print_what_the_agent_says(const std::string& state_dir, const ProcId& id) {
  const std::optional<AgentWord> word =
      ask_for_word(state_dir, verdict_request(id));
  if (word) fmt::print("Agent:        {}\n", word->text);
}

}  // namespace

ExitCode explain_command(const CommandLine& line) {
  Result<Config> config = config_of_this_host(line, "rules");
  if (!config) return complain(config.error(), ExitCode::Usage);
  Result<Scanner::Parts> parts = prepare(*config, line.procfs, Wish::Look);
  if (!parts) return complain(parts.error(), ExitCode::Failed);
  Scanner scanner(*std::move(parts));
  scanner.look_closer_at(line.pid);
  // A list of PM2 counts once it was the same in two scans.
  scanner.scan();
  const Report report = *scanner.scan();
  if (report.failure) return complain(*report.failure, ExitCode::Failed);
  const Process* process = Forest(scanner.snapshot()).find(line.pid);
  if (process == nullptr) {
    return complain({.fault = Fault::NotFound,
                     .what = fmt::format("there is no process {}", line.pid)},
                    ExitCode::Failed);
  }
  fmt::print(
      "{}",
      explain_text(scanner.snapshot(), report, scanner.memory(), line.pid));
  fmt::print("{}",
             keys_text(*process, scanner.memory(), scanner.config().policy));
  print_what_the_agent_says(config->state_dir, process->id);
  return ExitCode::Done;
}

}  // namespace strayd
