// What one scan saw of each app that PM2 manages, as far as a harm to it shows.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "strayd/core/app_report.h"
#include "strayd/core/ledger.h"
#include "strayd/core/policy.h"
#include "strayd/core/process.h"
#include "strayd/core/supervisor.h"

namespace strayd {

// What changes when PM2 stops an instance or starts it again.
struct Launch {
  Pm2Status status = Pm2Status::Unknown;
  std::optional<std::int64_t> pm_uptime_ms{};

  bool operator==(const Launch&) const = default;
};

struct AppFacts {
  AppKey app{};
  std::map<InstanceKey, Launch> instances{};
  std::set<ProcId> processes{};  // the trees below its listed, valid pids
  // Ports that it has or had: whether a process of its own listens there now.
  // One that is not in it: that can't be told.
  std::map<std::uint16_t, bool> ports{};

  bool operator==(const AppFacts&) const = default;
};

// Of the homes that answer, ascending by app. An app that is not in it was not
// seen, which says nothing of it. Ports are left out.
std::vector<AppFacts> app_facts(const Snapshot& snapshot,
                                std::span<const Pm2View> pm2,
                                const Policy& policy);

// Their ports, from what was told of the same apps.
void add_ports(std::vector<AppFacts>& facts, std::span<const AppReport> apps);

}  // namespace strayd
