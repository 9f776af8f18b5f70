#include "strayd/core/app_facts.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "strayd/core/judge.h"

#include "scene.h"

namespace strayd {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// PM2 launches and dates a new instance in the same moment.
constexpr milliseconds kSameMoment{1000};

// Of several instances: the sum of their rates over the longest time.
void add_past(AppPast& past, const Pm2Instance& instance, milliseconds now) {
  if (!instance.created_at_ms || !instance.pm_uptime_ms) return;
  const milliseconds created{*instance.created_at_ms};
  const milliseconds launched{*instance.pm_uptime_ms};
  const milliseconds time = now - created;
  if (time <= milliseconds{0} || launched > now) return;
  const bool ended =
      launched - created > kSameMoment && instance.restart_time > 0;
  const double longest =
      static_cast<double>(std::max<nanoseconds>(past.time, time).count());
  const auto scaled = [&](std::uint64_t ends, nanoseconds span) {
    if (ends == 0) return std::uint64_t{0};
    return static_cast<std::uint64_t>(
        std::ceil(static_cast<double>(ends) * longest /
                  static_cast<double>(span.count())));
  };
  const auto own =
      ended ? static_cast<std::uint64_t>(instance.restart_time) : 0;
  past.ends = scaled(past.ends, past.time) + scaled(own, time);
  past.time = std::max<nanoseconds>(past.time, time);
  if (!ended) return;
  if (past.newest_end && *past.newest_end <= now - launched) return;
  past.newest_end = now - launched;
  // 0 may be a signal's.
  past.how = {};
  if (instance.exit_code.value_or(0) != 0) {
    past.how = {.how = ExitStatus::How::Exited, .value = *instance.exit_code};
  }
}

void add_instance(AppFacts& facts,
                  const Scene& scene,
                  const Pm2Instance& instance) {
  facts.instances[{.home = facts.app.home,
                   .unique_id = instance.unique_id,
                   .pm_id = instance.pm_id}] = {
      .status = instance.status, .pm_uptime_ms = instance.pm_uptime_ms};
  if (!instance.pid) return;
  const Process* top = scene.forest.find(*instance.pid);
  if (top == nullptr || scene.listed(*top) == nullptr) return;
  for (const Process* process : scene.forest.subtree(*top)) {
    facts.processes.insert(process->id);
  }
}

}  // namespace

std::vector<AppFacts> app_facts(const Snapshot& snapshot,
                                std::span<const Pm2View> pm2,
                                const Policy& policy) {
  const Memory nothing;
  const Evidence evidence{.snapshot = snapshot, .pm2 = pm2, .memory = nothing};
  const Scene scene(evidence, policy);
  const milliseconds now =
      milliseconds{snapshot.boot_epoch_ms} +
      std::chrono::duration_cast<milliseconds>(snapshot.taken);
  std::map<AppKey, AppFacts> apps;
  for (const Pm2View& view : pm2) {
    if (!view.reply) continue;
    for (const Pm2Instance& instance : view.reply->instances) {
      const AppKey key{.home = view.home, .app = app_name(instance)};
      AppFacts& facts = apps[key];
      facts.app = key;
      add_instance(facts, scene, instance);
      add_past(facts.past, instance, now);
    }
  }
  std::vector<AppFacts> all;
  all.reserve(apps.size());
  for (auto& [key, facts] : apps) all.push_back(std::move(facts));
  return all;
}

void add_ports(std::vector<AppFacts>& facts, std::span<const AppReport> apps) {
  for (const AppReport& app : apps) {
    const auto found = std::ranges::find(
        facts, AppKey{.home = app.home, .app = app.app}, &AppFacts::app);
    if (found == facts.end() || !app.ports) continue;
    for (const PortShare& share : *app.ports) {
      if (share.owner != Owner::Managed) continue;
      found->ports[share.port] = share.sockets > 0;
    }
  }
}

}  // namespace strayd
