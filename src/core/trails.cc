#include "trails.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <span>

namespace strayd {
namespace {

// The list may be older than what was heard.
bool is_over(const Trail& trail, const Trail::Start& launch) {
  const auto ending = trail.endings.find(launch.restart_time + 1);
  const bool ended = ending != trail.endings.end() &&
                     ending->second.pm_uptime_ms >= launch.pm_uptime_ms;
  return ended || trail.newest_ms > launch.pm_uptime_ms;
}

// A launch that outlives its server for a whole scan did not end by it.
void grow_old(Trail& trail, std::int64_t pm_uptime_ms) {
  const auto found = trail.deaths.find(pm_uptime_ms);
  if (found == trail.deaths.end()) return;
  Trail::Deaths& deaths = found->second;
  if (deaths.served_is_old) deaths.served.reset();
  deaths.served_is_old = true;
}

// The newest, of the tree of PM2's own child.
std::vector<SentSignal> signals_to(const ProcId& top,
                                   std::span<const SentSignal> all) {
  constexpr std::ptrdiff_t kMost = 64;
  std::vector<SentSignal> found;
  std::ranges::copy_if(all,
                       std::back_inserter(found),
                       [&](const SentSignal& each) { return each.top == top; });
  if (std::ssize(found) > kMost) {
    found.erase(found.begin(), found.end() - kMost);
  }
  return found;
}

}  // namespace

void witness(Trails& trails, const Clues& clues) {
  for (const Death& death : clues.deaths) {
    const auto found = trails.instances.find(death.launch.instance);
    if (found == trails.instances.end()) continue;
    Trail::Deaths& known = found->second.deaths[death.launch.pm_uptime_ms];
    (death.served ? known.served : known.own) = death;
    if (death.served) {
      known.served_is_old = false;
    } else {
      known.signals = signals_to(death.id, clues.signals);
    }
  }
}

void see(Trail& trail, const Pm2Instance& instance, bool unbroken) {
  trail.name = instance.name;
  trail.expected = false;
  trail.listed.reset();
  if (!instance.pm_uptime_ms) return;
  trail.listed = {.restart_time = instance.restart_time,
                  .pm_uptime_ms = *instance.pm_uptime_ms};
  if (instance.status != Pm2Status::Online &&
      instance.status != Pm2Status::Launching) {
    return;
  }
  if (unbroken && !is_over(trail, *trail.listed)) trail.alive = trail.listed;
  grow_old(trail, *instance.pm_uptime_ms);
}

void forget_explained(Trail& trail, const Pm2Instance& now) {
  std::erase_if(trail.endings, [&](const auto& entry) {
    return entry.first <= now.restart_time || !now.pm_uptime_ms ||
           entry.second.pm_uptime_ms < *now.pm_uptime_ms;
  });
  std::erase_if(trail.deaths, [&](const auto& entry) {
    return !now.pm_uptime_ms || entry.first < *now.pm_uptime_ms;
  });
}

}  // namespace strayd
