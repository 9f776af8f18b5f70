// The command line, parsed.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "strayd/agent/log.h"
#include "strayd/config/config.h"
#include "strayd/core/result.h"

namespace strayd {

enum class ExitCode {
  Done = 0,  // nothing to do, or all done
  Failed = 1,
  Usage = 2,        // usage or configuration
  OrphansLeft = 3,  // found and left
  // Something is held, a supervisor does not answer, or not all that a rule may
  // mean could be seen.
  EvidenceMissing = 4
};

// What the service of the package runs with.
inline constexpr const char* kInstalledConfig = "/etc/strayd/strayd.json";

struct CommandLine {
  // Empty: the embedded default, or what config_of_this_host() finds.
  std::string config_file{};
  std::optional<Mode> mode{};
  std::optional<std::string> listen{};
  std::optional<std::string> telemetry_path{};
  std::optional<std::string> web_config_file{};
  std::string procfs = "/proc";
  LogOptions log{};
  // scan
  bool json = false;
  bool reap = false;
  bool quick = false;
  // explain
  pid_t pid = 0;
  // check-config
  bool live = false;
  bool print_default = false;
  bool print_schema = false;
};

// The file or the embedded default, with the flags on top.
Result<Config> effective_config(const CommandLine& line);
// The same for the commands of an operator who is on the host of an agent:
// where no file is named it is the installed one, if that is there, and
// standard error says so: `used` is what the command takes from it, "rules".
// One that is there and no good is an error, and never passed by.
Result<Config> config_of_this_host(
    const CommandLine& line,
    std::string_view used,
    const std::string& installed = kInstalledConfig);

ExitCode run_command(const CommandLine& line);
ExitCode scan_command(const CommandLine& line);
ExitCode explain_command(const CommandLine& line);
ExitCode doctor_command(const CommandLine& line);
ExitCode check_config_command(const CommandLine& line);
ExitCode breaker_status_command(const CommandLine& line);
ExitCode breaker_close_command(const CommandLine& line);

// One line, or one for each problem, on standard error.
ExitCode complain(const Error& error, ExitCode code);

}  // namespace strayd
