// The configuration: JSON with comments, checked against what is published as
// JSON Schema. Every error names file, line, column, key and what was expected.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "strayd/core/policy.h"
#include "strayd/core/result.h"
#include "strayd/report/audit.h"
#include "strayd/web/server.h"

namespace strayd {

struct Pm2Config {
  bool automatic = true;  // "homes": "auto"
  // Absolute; in auto mode besides those found.
  std::vector<std::string> homes{};
  std::chrono::milliseconds timeout{2000};
  bool events = true;  // follow their event buses: why apps restart

  bool operator==(const Pm2Config&) const = default;
};

struct RemoteConfig {
  std::string name{};
  std::vector<std::string> hosts{};
  std::vector<int> ports{};

  bool operator==(const RemoteConfig&) const = default;
};

// Where a scan looks for what has changed.
enum class ScanSource { Automatic, Procfs, Bpf };

struct Config {
  Policy policy{};
  // Within so many scans the numbers of every process are read again; 0:
  // everything of every process in each.
  int rotation = 12;
  ScanSource source = ScanSource::Automatic;
  bool events = true;  // look at once when something happens to a candidate
  Pm2Config pm2{};
  std::vector<RemoteConfig> remotes{};
  AuditOptions audit{};
  std::string state_dir{};
  WebOptions web{};
  std::string telemetry_path = "/metrics";

  bool operator==(const Config&) const = default;
};

// The text of the embedded default: rule `tsx-server`, observing, 127.0.0.1.
std::string_view default_config_text();
std::string_view config_schema_text();

// `name` is for the errors: "strayd.json:12:5: …".
Result<Config> parse_config(std::string_view text, std::string_view name);
Result<Config> load_config(const std::string& path);
// What is good and yet means nothing on this host: a directory that does not
// exist. One line each, as errors have them; empty: there is nothing.
std::string config_warnings(std::string_view text, std::string_view name);
std::string load_config_warnings(const std::string& path);
// The embedded default, with the state and audit paths that this user may use.
Result<Config> default_config();

// "500ms", "10s", "5m", "1h".
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

}  // namespace strayd
