// The agent: scans for ever, reaps what it may, and serves its newest report.
#pragma once

#include <functional>
#include <string>

#include "strayd/agent/signals.h"
#include "strayd/config/config.h"
#include "strayd/core/result.h"

namespace strayd {

struct AgentOptions {
  std::string procfs = "/proc";
  // Reads the configuration again, flags applied. Called at start and on
  // SIGHUP.
  std::function<Result<Config>()> load{};
};

// Runs until SIGTERM or SIGINT. An error is a failure to start.
Result<void> run_agent(const AgentOptions& options, const Config& config);

}  // namespace strayd
