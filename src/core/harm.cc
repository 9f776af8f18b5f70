#include "strayd/core/harm.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <ranges>
#include <set>
#include <utility>

namespace strayd {
namespace {

// What may be our doing: the app ended, and nobody is known who wanted it to.
bool may_be_ours(Cause cause) {
  switch (cause) {
    case Cause::ExitCode:
    case Cause::Signal:
    case Cause::Fault:
    case Cause::Strayd:
    case Cause::Unknown:
      return true;
    case Cause::Operator:
    case Cause::Watch:
    case Cause::MemoryLimit:
    case Cause::Oom:
    case Cause::PortConflict:
      return false;
  }
  return true;
}

// What makes a crash loop. One that an orphan on the port began may go on under
// another cause once the orphan is gone.
bool is_crash(Cause cause) {
  return may_be_ours(cause) || cause == Cause::Oom ||
         cause == Cause::PortConflict;
}

std::string named(const AppKey& app) {
  return app.app + " (PM2 in " + app.home + ")";
}

std::string named(const Kill& kill) {
  return "the orphan tree of pid " + std::to_string(kill.tree.pid) + " (rule " +
         kill.rule + ")";
}

// PM2 stopped one of the instances, started it anew or forgot it.
bool changed_by_pm2(const AppFacts& before, const AppFacts& now) {
  return std::ranges::any_of(before.instances, [&](const auto& instance) {
    const auto found = now.instances.find(instance.first);
    return found == now.instances.end() || found->second != instance.second;
  });
}

// One look under way.
class Look {
 public:
  Look(HarmMemory before, const Aftermath& aftermath)
      : memory_(std::move(before)), aftermath_(aftermath) {}

  HarmFindings run() {
    for (const Kill& kill : aftermath_.begun) watch(kill);
    for (const Ended& ended : aftermath_.ended) take(ended);
    for (const AppRestart& restart : aftermath_.restarts) take(restart);
    for (const AppFacts& facts : aftermath_.apps) take(facts);
    for (const AppFacts& facts : aftermath_.apps) {
      memory_.seen[facts.app] = {.facts = facts, .at = aftermath_.now};
    }
    forget();
    return {.memory = std::move(memory_), .harms = std::move(harms_)};
  }

 private:
  // From now on, or for longer.
  WatchedKill& watch(const Kill& kill);
  std::set<AppKey> owners(const WatchedKill& kill, const ProcId& id) const;
  void take(const Ended& ended);
  void take(const AppRestart& restart);
  void take(const AppFacts& facts);
  void note_lost(WatchedApp& watched, const AppFacts& facts) const;
  std::optional<std::uint16_t> lost_port(const WatchedApp& watched,
                                         const AppFacts& facts) const;
  void count(WatchedKill& kill, Harm harm);
  void forget();

  HarmMemory memory_;
  const Aftermath& aftermath_;
  std::vector<Harm> harms_{};
};

WatchedKill& Look::watch(const Kill& kill) {
  auto found = std::ranges::find(memory_.kills, kill, &WatchedKill::kill);
  if (found == memory_.kills.end()) {
    memory_.kills.push_back({.kill = kill});
    found = std::prev(memory_.kills.end());
  }
  found->until = aftermath_.now + kHarmWatch;
  for (const auto& [app, seen] : memory_.seen) {
    const auto crashed = memory_.crashed.find(app);
    found->watched.try_emplace(
        app,
        WatchedApp{.before = seen.facts,
                   .flapping = crashed != memory_.crashed.end() &&
                               aftermath_.now - crashed->second <= kFlapping});
  }
  return *found;
}

// As it was before the first signal, or at the last look: PM2 may have come to
// list the process while its grace ran.
std::set<AppKey> Look::owners(const WatchedKill& kill, const ProcId& id) const {
  std::set<AppKey> found;
  for (const auto& [app, watched] : kill.watched) {
    if (watched.before.processes.contains(id)) found.insert(app);
  }
  for (const auto& [app, seen] : memory_.seen) {
    if (seen.facts.processes.contains(id)) found.insert(app);
  }
  return found;
}

void Look::take(const Ended& ended) {
  WatchedKill& kill = watch(ended.kill);
  for (const AppKey& app : owners(kill, ended.id)) {
    count(kill,
          {.app = app,
           .kind = HarmKind::LostProcess,
           .text = named(app) + " lost its process " +
                   std::to_string(ended.id.pid) + ": strayd ended it with " +
                   named(kill.kill)});
  }
}

void Look::take(const AppRestart& restart) {
  if (is_crash(restart.cause)) memory_.crashed[restart.app] = aftermath_.now;
  if (!may_be_ours(restart.cause)) return;
  for (WatchedKill& kill : memory_.kills | std::views::reverse) {
    const auto watched = kill.watched.find(restart.app);
    if (watched == kill.watched.end()) continue;
    if (watched->second.flapping || watched->second.settled) return;
    count(kill,
          {.app = restart.app,
           .kind = HarmKind::Restarted,
           .text = named(restart.app) + " restarted (cause: " +
                   std::string(to_string(restart.cause)) +
                   ") after strayd ended " + named(kill.kill)});
    return;
  }
}

void Look::take(const AppFacts& facts) {
  for (WatchedKill& kill : memory_.kills | std::views::reverse) {
    const auto watched = kill.watched.find(facts.app);
    if (watched == kill.watched.end()) continue;
    note_lost(watched->second, facts);
    const auto port = lost_port(watched->second, facts);
    if (!port || watched->second.settled) continue;
    count(kill,
          {.app = facts.app,
           .kind = HarmKind::LostListener,
           .text = named(facts.app) + " does not listen on port " +
                   std::to_string(*port) + " any more since strayd ended " +
                   named(kill.kill)});
  }
}

void Look::note_lost(WatchedApp& watched, const AppFacts& facts) const {
  if (changed_by_pm2(watched.before, facts)) {
    watched.before.ports.clear();
    watched.lost.clear();
  }
  for (const auto& [port, listened] : watched.before.ports) {
    const auto now = facts.ports.find(port);
    if (!listened || now == facts.ports.end()) continue;
    if (now->second) {
      watched.lost.erase(port);
    } else {
      watched.lost.try_emplace(port, aftermath_.now);
    }
  }
}

std::optional<std::uint16_t> Look::lost_port(const WatchedApp& watched,
                                             const AppFacts& facts) const {
  for (const auto& [port, since] : watched.lost) {
    if (facts.ports.contains(port) && aftermath_.now - since >= kListenerGone) {
      return port;
    }
  }
  return std::nullopt;
}

void Look::count(WatchedKill& kill, Harm harm) {
  WatchedApp& watched = kill.watched[harm.app];
  if (watched.harmed) return;
  watched.harmed = true;
  for (WatchedKill& each : memory_.kills) {
    const auto found = each.watched.find(harm.app);
    if (found != each.watched.end()) found->second.settled = true;
  }
  harm.kill = kill.kill;
  harms_.push_back(std::move(harm));
}

void Look::forget() {
  const BootTime now = aftermath_.now;
  std::erase_if(memory_.seen, [&](const auto& entry) {
    return now - entry.second.at > kHarmMemory;
  });
  std::erase_if(memory_.crashed, [&](const auto& entry) {
    return now - entry.second > kFlapping;
  });
  // An app is watched until it was seen once more after the time, however long
  // that takes.
  const auto cleared = [&](const auto& entry) {
    const auto& [app, watched] = entry;
    const auto seen = memory_.seen.find(app);
    return !watched.settled && watched.lost.empty() &&
           (seen == memory_.seen.end() || seen->second.at == now);
  };
  for (WatchedKill& kill : memory_.kills) {
    if (now >= kill.until) std::erase_if(kill.watched, cleared);
  }
  std::erase_if(memory_.kills, [&](const WatchedKill& kill) {
    return now >= kill.until &&
           (kill.watched.empty() || now - kill.until > kHarmMemory);
  });
}

}  // namespace

HarmFindings look_for_harm(HarmMemory before, const Aftermath& aftermath) {
  return Look(std::move(before), aftermath).run();
}

HarmMemory pardoned(HarmMemory memory) {
  const bool did_harm =
      std::ranges::any_of(memory.kills, [](const WatchedKill& kill) {
        return std::ranges::any_of(kill.watched, [](const auto& entry) {
          return entry.second.harmed;
        });
      });
  if (did_harm) memory.kills.clear();
  return memory;
}

}  // namespace strayd
