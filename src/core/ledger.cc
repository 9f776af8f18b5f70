#include "strayd/core/ledger.h"

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

}  // namespace

RestartLedger account_restarts(RestartLedger before,
                               std::span<const Pm2View> pm2) {
  for (const Pm2View& view : pm2) {
    // An empty list is what a daemon says that was started by accident, or
    // that is about to resurrect: it takes nothing from the ledger.
    if (view.reply && !view.reply->instances.empty()) {
      account_home(before, view);
    }
  }
  return before;
}

}  // namespace strayd
