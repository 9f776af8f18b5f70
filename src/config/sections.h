// One reader for each part of the configuration. Each starts from the defaults
// that `out` holds, and tells the problems of its value.
#pragma once

#include "strayd/config/config.h"

#include "value.h"

namespace strayd::config {

void read_scan(const Value& value, Config& config);
void read_limits(const Value& value, Limits& out);
void read_rules(const Value& value, std::vector<Rule>& out);
void read_protect(const Value& value, std::vector<ProtectRule>& out);
void read_programs(const Value& value, std::vector<ProgramRule>& out);
void read_pidfiles(const Value& value, std::vector<std::string>& out);
void read_pm2(const Value& value, Pm2Config& out);
void read_remotes(const Value& value, std::vector<RemoteConfig>& out);
void read_audit(const Value& value, AuditOptions& out);
void read_state(const Value& value, std::string& dir);
void read_web(const Value& value, Config& out);

// Lists are bounded: their names become labels, and series cost memory.
inline constexpr WholeRange kListLength{.least = 0, .most = 100};

}  // namespace strayd::config
