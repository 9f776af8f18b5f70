// The restart ledger: strayd's own count of an app's restarts. It only goes up,
// whatever PM2's does (reset, resurrect, update, delete and start again).
//
// PM2's `restart_time` goes down in many ways (measured on 7.0.4), is lost with
// the daemon, and belongs to one instance under a pm_id that is reused. So the
// ledger keeps a baseline for each (unique_id, pm_id) and adds what was gained.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "strayd/core/supervisor.h"

namespace strayd {

enum class Cause {
  Operator,
  Watch,
  MemoryLimit,
  ExitCode,
  Signal,
  Fault,
  Oom,
  PortConflict,
  Strayd,
  Missed,
  Unknown
};
inline constexpr std::array kCauses{Cause::Operator,
                                    Cause::Watch,
                                    Cause::MemoryLimit,
                                    Cause::ExitCode,
                                    Cause::Signal,
                                    Cause::Fault,
                                    Cause::Oom,
                                    Cause::PortConflict,
                                    Cause::Strayd,
                                    Cause::Missed,
                                    Cause::Unknown};
std::string_view to_string(Cause cause);

struct AppKey {
  std::string home{};
  std::string app{};
  auto operator<=>(const AppKey&) const = default;
};

struct InstanceKey {
  std::string home{};
  std::string unique_id{};
  std::int64_t pm_id = -1;
  auto operator<=>(const InstanceKey&) const = default;
};

// One launch of an instance: PM2 gives each its own pm_uptime.
struct LaunchKey {
  InstanceKey instance{};
  std::int64_t pm_uptime_ms = 0;

  auto operator<=>(const LaunchKey&) const = default;
};

struct AppAccount {
  std::map<Cause, std::uint64_t> restarts{};
  std::uint64_t resets = 0;  // how often PM2's own count went down
  // Since when no list of its home has it, Unix time: PM2 has deleted it, or
  // its home has ended on purpose. nullopt: it is listed, or its home is
  // silent, which says nothing of it.
  std::optional<std::int64_t> unlisted_since_unix_ms{};

  bool operator==(const AppAccount&) const = default;
};

struct InstanceBaseline {
  std::string app{};
  std::int64_t restart_time = 0;

  bool operator==(const InstanceBaseline&) const = default;
};

struct RestartLedger {
  std::map<AppKey, AppAccount> apps{};
  std::map<InstanceKey, InstanceBaseline> instances{};
  // Homes that answered before: an instance that is new there was started since
  // and its whole count is news. In a home seen for the first time the count is
  // the past, and becomes the baseline.
  std::map<std::string, bool> homes{};

  bool operator==(const RestartLedger&) const = default;
};

// For how long an app that PM2 has deleted is told of. Its account is kept: an
// app of that name that comes back goes on counting.
inline constexpr std::chrono::hours kToldAfterDelete{24};

// Whether its series and its row have had their time.
bool is_long_gone(const RestartLedger& ledger,
                  const AppKey& app,
                  std::int64_t now_unix_ms);

// Takes note of who is listed now. `ended` are homes that ended on purpose.
void note_unlisted(RestartLedger& ledger,
                   std::span<const Pm2View> pm2,
                   const std::set<std::string>& ended,
                   std::int64_t now_unix_ms);

// nullptr: nothing was ever counted for it.
const AppAccount* account_of(const RestartLedger& ledger, const AppKey& app);

struct LedgerLimits {
  std::size_t apps = 8000;
  std::size_t instances = 80'000;
  std::size_t homes = 1000;
};

// Beyond the limits apps that are listed no more are forgotten, those of the
// home that has the most of them first, and then whole homes.
RestartLedger bounded(RestartLedger ledger,
                      std::span<const Pm2View> pm2,
                      const LedgerLimits& limits = {});

}  // namespace strayd
