#include "strayd/agent/agent.h"
#include "strayd/cli/options.h"
#include "strayd/web/server.h"

namespace strayd {

ExitCode run_command(const CommandLine& line) {
  const AgentOptions options{.procfs = line.procfs, .load = [&] {
                               return effective_config(line);
                             }};
  const Result<Config> config = options.load();
  if (!config) return complain(config.error(), ExitCode::Usage);
  if (const Result<Users> users = load_users(config->web); !users) {
    return complain(users.error(), ExitCode::Usage);
  }
  if (auto ran = run_agent(options, *config); !ran) {
    return complain(ran.error(), ExitCode::Failed);
  }
  return ExitCode::Done;
}

}  // namespace strayd
