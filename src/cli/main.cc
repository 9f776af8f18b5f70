// strayd: ends the processes that no supervisor owns any more.
#include <cstdio>
#include <exception>
#include <functional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "strayd/agent/log.h"
#include "strayd/cli/options.h"
#include "strayd/report/version.h"

namespace strayd {
namespace {

using Command = std::function<ExitCode(const CommandLine&)>;

// The flags that every command takes which looks at this host.
void add_common(CLI::App& command,
                CommandLine& line,
                const std::string& without_config) {
  command.add_option(
      "--config",
      line.config_file,
      "Configuration file (JSON with comments); " + without_config);
  command.add_option("--path.procfs",
                     line.procfs,
                     "Where procfs is mounted; anything but /proc only looks");
  command.add_option("--log.level", line.log.level, "debug, info, warn, error");
  command.add_option("--log.format", line.log.format, "text or json");
}

// See config_of_this_host().
std::string or_the_installed() {
  return fmt::format("without it {}, if that is there", kInstalledConfig);
}

void add_run(CLI::App& app, CommandLine& line, Command& chosen) {
  CLI::App* run = app.add_subcommand("run", "The agent: scan for ever, export");
  add_common(*run, line, "without it the embedded default");
  CLI::Option* enforce = run->add_flag_callback(
      "--enforce", [&] { line.mode = Mode::Enforce; }, "End orphans");
  run->add_flag_callback(
         "--observe",
         [&] { line.mode = Mode::Observe; },
         "Do everything but the signal")
      ->excludes(enforce);
  run->add_option("--web.listen-address",
                  line.listen,
                  "Address to serve on, 127.0.0.1:9586 by default");
  run->add_option("--web.telemetry-path",
                  line.telemetry_path,
                  "Path of the metrics, /metrics by default");
  run->add_option("--web.config.file",
                  line.web_config_file,
                  "Web configuration in the format of the exporters");
  run->callback([&] { chosen = run_command; });
}

void add_scan(CLI::App& app, CommandLine& line, Command& chosen) {
  CLI::App* scan = app.add_subcommand("scan", "One pass; prints the verdicts");
  add_common(*scan, line, or_the_installed());
  scan->add_flag("--json", line.json, "Print one JSON object");
  CLI::Option* reap = scan->add_flag(
      "--reap", line.reap, "End what is found, whatever the mode");
  scan->add_flag("--quick",
                 line.quick,
                 "One snapshot only; what needs more is shown as pending")
      ->excludes(reap);
  scan->callback([&] { chosen = scan_command; });
}

void add_others(CLI::App& app, CommandLine& line, Command& chosen) {
  CLI::App* explain =
      app.add_subcommand("explain", "Why a process is, or is not, an orphan");
  add_common(*explain, line, or_the_installed());
  explain->add_option("PID", line.pid, "The process")
      ->required()
      ->check(CLI::Range(1, 1 << 22));
  explain->callback([&] { chosen = explain_command; });

  CLI::App* doctor =
      app.add_subcommand("doctor", "What works here, and what lacks what");
  add_common(*doctor, line, or_the_installed());
  doctor->callback([&] { chosen = doctor_command; });

  CLI::App* check = app.add_subcommand(
      "check-config", "Check a configuration; 0 if it is good, else 2");
  check->add_option("FILE,--config", line.config_file, "The file to check");
  check->add_flag("--print-default",
                  line.print_default,
                  "Print the embedded default configuration");
  CLI::Option* live =
      check->add_flag("--live",
                      line.live,
                      "Say which rules mean no process that runs here now");
  check->add_option("--path.procfs", line.procfs, "Where procfs is mounted")
      ->needs(live);
  check->add_flag("--print-schema", line.print_schema, "Print the JSON Schema");
  check->callback([&] { chosen = check_config_command; });
}

void add_breaker(CLI::App& app, CommandLine& line, Command& chosen) {
  CLI::App* breaker = app.add_subcommand(
      "breaker", "The switch that sent strayd back to observing");
  breaker->require_subcommand(1);
  CLI::App* status =
      breaker->add_subcommand("status", "Whether it is open, since when, why");
  status->callback([&] { chosen = breaker_status_command; });
  CLI::App* close = breaker->add_subcommand(
      "close", "Let strayd act again, once you know what opened it");
  close->callback([&] { chosen = breaker_close_command; });
  for (CLI::App* each : {status, close}) {
    each->add_option(
        "--config",
        line.config_file,
        "The configuration that the agent runs with; " + or_the_installed());
  }
}

int parse_and_run(int argc, char** argv) {
  CommandLine line;
  Command chosen;
  CLI::App app{
      "Leaves what PM2 owns strictly alone and ends the orphans that nobody "
      "owns.\nExit codes: 0 nothing to do or all done, 1 failed, 2 usage or "
      "configuration,\n3 orphans found and left, 4 evidence was missing."};
  app.set_version_flag(
      "--version",
      fmt::format("strayd {} ({})\n{}", version(), revision(), notices()));
  app.require_subcommand(0, 1);
  add_run(app, line, chosen);
  add_scan(app, line, chosen);
  add_others(app, line, chosen);
  add_breaker(app, line, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool asked = error.get_exit_code() == 0;  // --help, --version
    (void)app.exit(error);
    return static_cast<int>(asked ? ExitCode::Done : ExitCode::Usage);
  }
  // Not require_subcommand(1): for a misspelled one it would say the same.
  if (!chosen) {
    return static_cast<int>(complain({.what = "a command is required: run, "
                                              "scan, explain, doctor, "
                                              "check-config or breaker (see "
                                              "--help)"},
                                     ExitCode::Usage));
  }
  if (auto logging = start_logging(line.log); !logging) {
    return static_cast<int>(complain(logging.error(), ExitCode::Usage));
  }
  return static_cast<int>(chosen(line));
}

}  // namespace
}  // namespace strayd

int main(int argc, char** argv) {
  try {
    return strayd::parse_and_run(argc, argv);
  } catch (const std::exception& error) {
    static_cast<void>(std::fputs("strayd: ", stderr));
    static_cast<void>(std::fputs(error.what(), stderr));
    static_cast<void>(std::fputs("\n", stderr));
    return static_cast<int>(strayd::ExitCode::Failed);
  }
}
