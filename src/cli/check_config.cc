#include <cstdio>
#include <string>

#include <fmt/core.h>

#include "strayd/cli/options.h"
#include "strayd/web/server.h"

namespace strayd {

ExitCode check_config_command(const CommandLine& line) {
  if (line.print_default || line.print_schema) {
    fmt::print(
        "{}",
        line.print_default ? default_config_text() : config_schema_text());
    return ExitCode::Done;
  }
  const Result<Config> config = effective_config(line);
  if (!config) return complain(config.error(), ExitCode::Usage);
  // `run` would not start without it, and a reload would be refused.
  if (const Result<Users> users = load_users(config->web); !users) {
    return complain(users.error(), ExitCode::Usage);
  }
  if (const std::string warnings = load_config_warnings(line.config_file);
      !warnings.empty()) {
    fmt::print(stderr, "{}\n", warnings);
  }
  fmt::print(
      "{}: good, {} rules, mode {}\n",
      line.config_file.empty() ? "the embedded default" : line.config_file,
      config->policy.rules.size(),
      config->policy.mode == Mode::Enforce ? "enforce" : "observe");
  return ExitCode::Done;
}

}  // namespace strayd
