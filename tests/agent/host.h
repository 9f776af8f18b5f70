// A host as the agent finds it: a procfs of the test's own, and a place for the
// state and the ledger.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "strayd/agent/scanner.h"
#include "strayd/agent/start.h"
#include "strayd/config/config.h"

#include "report/audit_support.h"
#include "support/proc_tree.h"

namespace strayd::test {

struct Host {
  Host() {
    config.state_dir = dir / "state";
    config.audit.file = dir / "audit.jsonl";
  }

  // As a command prepares itself. The wish must be possible.
  Scanner::Parts prepared(Wish wish) const {
    Result<Scanner::Parts> parts = prepare(config, procfs.root(), wish);
    if (!parts) {
      std::fprintf(stderr, "%s\n", parts.error().what.c_str());
      std::abort();
    }
    return *std::move(parts);
  }

  // A process that the rule matches.
  static FakeProcess server(pid_t pid, pid_t parent = 1) {
    return {.pid = pid, .parent = parent, .argv = {"node", "src/server.ts"}};
  }

  std::vector<nlohmann::json> audit(const std::string& event) const {
    std::vector<nlohmann::json> found;
    for (nlohmann::json& line : lines_of(config.audit.file)) {
      if (line["event"] == event) found.push_back(std::move(line));
    }
    return found;
  }

  RamDir dir{};
  ProcTree procfs{{.pid = 1, .start_ticks = 1, .comm = "init"}};
  Config config = quick_config();

 private:
  // Scans follow one upon another.
  static Config quick_config() {
    Config config = parse_config(R"({"mode": "enforce",
                       "rules": [{"name": "server", "exe": "node",
                                  "pattern": "server\\.ts"}],
                       "scan": {"min_age": "1s", "confirmations": 2}})",
                                 "host")
                        .value();
    config.policy.interval = {};
    return config;
  }
};

}  // namespace strayd::test
