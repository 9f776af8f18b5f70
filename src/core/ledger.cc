#include "strayd/core/ledger.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

namespace strayd {
namespace {

void gain(AppAccount& account, std::uint64_t restarts) {
  account.restarts[Cause::Unknown] += restarts;
}

// What an instance's count says of restarts that were not counted yet.
std::uint64_t uncounted(const InstanceBaseline* before,
                        const Pm2Instance& now,
                        bool home_was_watched,
                        AppAccount& account) {
  const auto current = static_cast<std::uint64_t>(now.restart_time);
  if (before == nullptr) return home_was_watched ? current : 0;
  if (now.restart_time >= before->restart_time) {
    return static_cast<std::uint64_t>(now.restart_time - before->restart_time);
  }
  // PM2's own count went down: what it shows was gained since.
  ++account.resets;
  return current;
}

void account_home(RestartLedger& ledger, const Pm2View& view) {
  const bool watched = ledger.homes.contains(view.home);
  std::set<InstanceKey> listed;
  for (const Pm2Instance& instance : view.reply->instances) {
    if (instance.restart_time < 0) continue;
    const InstanceKey key{.home = view.home,
                          .unique_id = instance.unique_id,
                          .pm_id = instance.pm_id};
    if (!listed.insert(key).second) continue;
    const std::string app = app_name(instance);
    AppAccount& account = ledger.apps[{.home = view.home, .app = app}];
    const auto known = ledger.instances.find(key);
    const bool same =
        known != ledger.instances.end() && known->second.app == app;
    gain(
        account,
        uncounted(same ? &known->second : nullptr, instance, watched, account));
    ledger.instances[key] = {.app = app, .restart_time = instance.restart_time};
  }
  std::erase_if(ledger.instances, [&](const auto& entry) {
    return entry.first.home == view.home && !listed.contains(entry.first);
  });
  ledger.homes[view.home] = true;
}

template <typename Map>
std::map<std::string, std::size_t> count_by_home(const Map& entries) {
  std::map<std::string, std::size_t> counts;
  for (const auto& entry : entries) ++counts[entry.first.home];
  return counts;
}

// The home that has the most of them; none is never asked for.
template <typename Map>
std::string largest_home(const Map& entries) {
  const auto counts = count_by_home(entries);
  return std::ranges::max_element(
             counts, {}, [](const auto& entry) { return entry.second; })
      ->first;
}

// Returns how many went.
std::size_t forget_unlisted_apps(RestartLedger& ledger,
                                 const std::string& home) {
  std::set<AppKey> listed;
  for (const auto& [key, baseline] : ledger.instances) {
    listed.insert({.home = key.home, .app = baseline.app});
  }
  return std::erase_if(ledger.apps, [&](const auto& entry) {
    return entry.first.home == home && !listed.contains(entry.first);
  });
}

void forget_home(RestartLedger& ledger, const std::string& home) {
  const auto is_of_home = [&](const auto& entry) {
    return entry.first.home == home;
  };
  std::erase_if(ledger.apps, is_of_home);
  std::erase_if(ledger.instances, is_of_home);
  ledger.homes.erase(home);
}

// What is too much to be saved would disarm strayd for good.
void bound(RestartLedger& ledger, const LedgerLimits& limits) {
  while (ledger.apps.size() > limits.apps) {
    const std::string home = largest_home(ledger.apps);
    if (forget_unlisted_apps(ledger, home) == 0) forget_home(ledger, home);
  }
  while (ledger.instances.size() > limits.instances) {
    forget_home(ledger, largest_home(ledger.instances));
  }
}

// Homes that do not answer: those of jobs that came and went.
void bound_homes(RestartLedger& ledger,
                 std::span<const Pm2View> pm2,
                 std::size_t most) {
  std::set<std::string> answering;
  for (const Pm2View& view : pm2) {
    if (view.reply) answering.insert(view.home);
  }
  for (auto home = ledger.homes.begin();
       home != ledger.homes.end() && ledger.homes.size() > most;) {
    const std::string path = (home++)->first;
    if (!answering.contains(path)) forget_home(ledger, path);
  }
}

}  // namespace

RestartLedger account_restarts(RestartLedger before,
                               std::span<const Pm2View> pm2,
                               const LedgerLimits& limits) {
  for (const Pm2View& view : pm2) {
    // An empty list is what a daemon says that was started by accident, or
    // that is about to resurrect: it takes nothing from the ledger.
    if (view.reply && !view.reply->instances.empty()) {
      account_home(before, view);
    }
  }
  bound(before, limits);
  bound_homes(before, pm2, limits.homes);
  return before;
}

}  // namespace strayd
