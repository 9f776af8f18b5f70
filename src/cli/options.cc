#include "strayd/cli/options.h"

#include <cstdio>
#include <filesystem>
#include <system_error>

#include <fmt/core.h>

namespace strayd {
namespace {

// A link that leads nowhere, or a directory that may not be searched, is no
// sign that nothing was installed.
bool is_absent(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::symlink_status(path, ignored).type() ==
         std::filesystem::file_type::not_found;
}

}  // namespace

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

// `scan --reap` by root must heed the protect rules of the host that it is on,
// whoever forgets to name their file.
Result<Config> config_of_this_host(const CommandLine& line,
                                   std::string_view used,
                                   const std::string& installed) {
  if (!line.config_file.empty() || is_absent(installed)) {
    return effective_config(line);
  }
  CommandLine named = line;
  named.config_file = installed;
  Result<Config> config = effective_config(named);
  if (config) fmt::print(stderr, "strayd: {} of {}\n", used, installed);
  return config;
}

ExitCode complain(const Error& error, ExitCode code) {
  fmt::print(stderr, "strayd: {}\n", error.what);
  return code;
}

}  // namespace strayd
