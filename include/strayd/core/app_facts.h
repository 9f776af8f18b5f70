// What one scan saw of each app that PM2 manages, as far as a harm to it shows.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "strayd/core/app_report.h"
#include "strayd/core/exit_status.h"
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

// What PM2's list says of how an app ended before: at most so many times by
// itself in so long. An operator's restart begins that time anew, and keeps the
// count (PM2 7.0.4).
struct AppPast {
  std::uint64_t ends = 0;
  std::chrono::nanoseconds time{};
  // Before now, where it was by itself, and with that code.
  std::optional<std::chrono::nanoseconds> newest_end{};
  ExitStatus how{};

  bool operator==(const AppPast&) const = default;
};

struct AppFacts {
  AppKey app{};
  std::map<InstanceKey, Launch> instances{};
  std::set<ProcId> processes{};  // the trees below its listed, valid pids
  // Ports that it has or had: whether a process of its own listens there now.
  // One that is not in it: that can't be told.
  std::map<std::uint16_t, bool> ports{};
  AppPast past{};

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
