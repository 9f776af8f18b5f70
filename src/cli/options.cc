#include "strayd/cli/options.h"

#include <cstdio>

#include <fmt/core.h>

namespace strayd {

Result<Config> effective_config(const CommandLine& line) {
  Result<Config> config = line.config_file.empty()
                              ? default_config()
                              : load_config(line.config_file);
  if (!config) return config;
  if (line.mode) config->policy.mode = *line.mode;
  if (line.listen) config->web.listen = *line.listen;
  if (line.telemetry_path) config->telemetry_path = *line.telemetry_path;
  if (line.web_config_file) config->web.config_file = *line.web_config_file;
  return config;
}

ExitCode complain(const Error& error, ExitCode code) {
  fmt::print(stderr, "strayd: {}\n", error.what);
  return code;
}

}  // namespace strayd
