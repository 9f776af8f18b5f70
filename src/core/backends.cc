#include "strayd/core/backends.h"

#include <algorithm>
#include <chrono>
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
    account.root.reset();
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

constexpr std::chrono::milliseconds kAgain = kServesAgain;

void note_last(BackendAccount& account,
               const std::optional<ProcId>& before,
               std::int64_t unix_ms) {
  if (before != account.last) account.steady = false;
  if (before != account.last || account.last_since_unix_ms == 0) {
    account.last_since_unix_ms = unix_ms;
  }
  account.steady =
      account.steady || unix_ms - account.last_since_unix_ms >= kAgain.count();
}

// Whether another serves than served last.
bool account_slot(BackendAccount& account,
                  const AppScene& scene,
                  const AppTree& app,
                  const std::set<ProcId>& served,
                  const ProcId& now) {
  const Snapshot& snapshot = scene.evidence.snapshot;
  const std::optional<ProcId> before = std::exchange(account.last, now);
  note_last(account, before, unix_ms(snapshot, snapshot.taken));
  if (!before || *before == now || served.contains(now)) return false;
  if (lives_in(scene, app, *before)) return false;
  ++account.restarts;
  return true;
}

// Below one and the same child of PM2's a server may be seen better later, and
// is no older for that.
void note_start(BackendAccount& account,
                const InstanceTree& tree,
                Backend& backend) {
  if (tree.members.empty() || !backend.start_unix_ms) return;
  const ProcId& root = tree.members.front().process->id;
  if (account.root == root) {
    backend.start_unix_ms =
        std::max(*backend.start_unix_ms, account.start_unix_ms);
  }
  account.root = root;
  account.start_unix_ms = *backend.start_unix_ms;
}

// `replaced`: nobody served for a moment, though no look saw it.
void note_service(BackendAccount& account,
                  bool serves,
                  bool replaced,
                  std::int64_t now) {
  if (!serves || replaced) {
    if (!account.down_since_unix_ms) account.down_since_unix_ms = now;
    account.up_since_unix_ms.reset();
  }
  if (!serves || !account.down_since_unix_ms) return;
  if (!account.up_since_unix_ms) account.up_since_unix_ms = now;
  if (now - *account.up_since_unix_ms < kAgain.count()) return;
  account.down_since_unix_ms.reset();
  account.up_since_unix_ms.reset();
}

void forget_unlisted(BackendLedger& ledger, const std::set<SlotKey>& listed) {
  if (ledger.slots.size() <= kMostSlots) return;
  std::erase_if(ledger.slots,
                [&](const auto& slot) { return !listed.contains(slot.first); });
}

}  // namespace

BackendLedger account_backends(BackendLedger before,
                               const AppScene& scene,
                               std::span<AppReport> apps) {
  const Snapshot& snapshot = scene.evidence.snapshot;
  enter_boot(before, snapshot.boot_id);
  std::set<SlotKey> listed;
  for (std::size_t i = 0; i < apps.size(); ++i) {
    const std::set<ProcId> served = served_last(before, apps[i]);
    const AppTree& app = scene.apps()[i];
    for (std::size_t j = 0; j < apps[i].instances.size(); ++j) {
      InstanceReport& instance = apps[i].instances[j];
      const SlotKey key = key_of(apps[i], instance);
      listed.insert(key);
      BackendAccount& account = before.slots[key];
      if (instance.backend) {
        Backend& backend = *instance.backend;
        const bool replaced =
            backend.id &&
            account_slot(account, scene, app, served, *backend.id);
        note_start(account, app.instances[j], backend);
        account.listened = account.listened || backend.listens;
        note_service(account,
                     backend.id.has_value(),
                     replaced,
                     unix_ms(snapshot, snapshot.taken));
      }
      instance.down_since_unix_ms = account.down_since_unix_ms;
    }
  }
  forget_unlisted(before, listed);
  return before;
}

}  // namespace strayd
