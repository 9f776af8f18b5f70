#include "strayd/core/backends.h"

#include <set>
#include <utility>

#include "app_parts.h"

namespace strayd {
namespace {

// A pid and a start time are soon had again after a boot.
void enter_boot(BackendLedger& ledger, const std::string& boot_id) {
  if (ledger.boot_id == boot_id) return;
  ledger.boot_id = boot_id;
  for (auto& [slot, account] : ledger.slots) {
    if (account.last) account.last = ProcId{};
  }
}

SlotKey key_of(const AppReport& app, const InstanceReport& instance) {
  return {.home = app.home, .app = app.app, .slot = instance.slot};
}

std::set<ProcId> served_last(const BackendLedger& ledger,
                             const AppReport& app) {
  std::set<ProcId> served;
  const SlotKey first{.home = app.home, .app = app.app};
  for (auto slot = ledger.slots.lower_bound(first);
       slot != ledger.slots.end() && slot->first.home == app.home &&
       slot->first.app == app.app;
       ++slot) {
    const std::optional<ProcId>& last = slot->second.last;
    if (last) served.insert(*last);
  }
  return served;
}

bool lives_in(const AppScene& scene, const AppTree& app, const ProcId& id) {
  const Process* process = scene.forest().find(id);
  return process != nullptr && !is_dead(*process) &&
         scene.app_of(*process) == &app;
}

void account_slot(BackendAccount& account,
                  const AppScene& scene,
                  const AppTree& app,
                  const std::set<ProcId>& served,
                  const ProcId& now) {
  const std::optional<ProcId> before = std::exchange(account.last, now);
  if (!before || *before == now || served.contains(now)) return;
  if (!lives_in(scene, app, *before)) ++account.restarts;
}

void forget_unlisted(BackendLedger& ledger, const std::set<SlotKey>& listed) {
  if (ledger.slots.size() <= kMostSlots) return;
  std::erase_if(ledger.slots,
                [&](const auto& slot) { return !listed.contains(slot.first); });
}

}  // namespace

BackendLedger account_backends(BackendLedger before,
                               const AppScene& scene,
                               std::span<const AppReport> apps) {
  enter_boot(before, scene.evidence.snapshot.boot_id);
  std::set<SlotKey> listed;
  for (std::size_t i = 0; i < apps.size(); ++i) {
    const std::set<ProcId> served = served_last(before, apps[i]);
    for (const InstanceReport& instance : apps[i].instances) {
      const SlotKey key = key_of(apps[i], instance);
      listed.insert(key);
      BackendAccount& account = before.slots[key];
      if (!instance.backend || !instance.backend->id) continue;
      account_slot(
          account, scene, scene.apps()[i], served, *instance.backend->id);
    }
  }
  forget_unlisted(before, listed);
  return before;
}

}  // namespace strayd
