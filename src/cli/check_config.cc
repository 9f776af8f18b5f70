#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "strayd/agent/scanner.h"
#include "strayd/agent/start.h"
#include "strayd/cli/options.h"
#include "strayd/report/render.h"
#include "strayd/web/server.h"

namespace strayd {

namespace {

// What the rules mean here and now. That one means nothing is no error: what it
// is for may not run at the moment.
ExitCode look_at_the_host(const CommandLine& line, const Config& config) {
  Result<Scanner::Parts> parts = prepare(config, line.procfs, Wish::Look);
  if (!parts) return complain(parts.error(), ExitCode::Failed);
  Scanner scanner(*std::move(parts));
  const std::shared_ptr<const Report> report = scanner.scan();
  if (report->failure) return complain(*report->failure, ExitCode::Failed);
  for (const IdleRule& idle : report->idle_rules) {
    fmt::print("{}\n", idle_rule_text(idle));
  }
  if (report->idle_rules.empty()) fmt::print("Every rule means a process.\n");
  return ExitCode::Done;
}

}  // namespace

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
  return line.live ? look_at_the_host(line, *config) : ExitCode::Done;
}

}  // namespace strayd
