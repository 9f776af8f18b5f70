#include "strayd/core/harm.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <ranges>
#include <set>
#include <utility>

#include "blame.h"
#include "harm_text.h"
#include "lost_ports.h"

namespace strayd {
namespace {

WatchedKill& watch_of(HarmRecord& record, const Kill& kill, BootTime now) {
  auto found = std::ranges::find(record.kills, kill, &WatchedKill::kill);
  if (found == record.kills.end()) {
    record.kills.push_back({.kill = kill, .began = now});
    found = std::prev(record.kills.end());
  }
  return *found;
}

void watch_apps(WatchedKill& kill, const std::map<AppKey, SeenApp>& seen) {
  for (const auto& [app, last] : seen) {
    WatchedApp watched{.before = last.facts};
    watched.before.past = {};
    kill.watched.try_emplace(app, std::move(watched));
  }
}

const AppTies& ties_to(const WatchedKill& kill, const AppKey& app) {
  static const AppTies kUnknown;
  const auto found = kill.ties.find(app);
  return found == kill.ties.end() ? kUnknown : found->second;
}

bool is_tied(const AppTies& ties, std::uint16_t port) {
  return ties.tie || ties.held.contains(port);
}

// One look under way.
class Look {
 public:
  Look(HarmMemory before, const Aftermath& aftermath)
      : memory_(std::move(before)), aftermath_(aftermath) {}

  HarmFindings run() {
    for (const Ended& ended : aftermath_.ended) take(ended);
    for (const AppFacts& facts : aftermath_.apps) {
      meet(history(), facts, aftermath_.now);
    }
    for (const Restart& restart : aftermath_.restarts) take(restart);
    for (const AppFacts& facts : aftermath_.apps) take(facts);
    for (const AppFacts& facts : aftermath_.apps) {
      memory_.seen[facts.app] = {.facts = facts, .at = aftermath_.now};
    }
    if (!aftermath_.apps.empty()) close_window(history(), aftermath_.now);
    forget();
    return {.memory = std::move(memory_),
            .harms = std::move(harms_),
            .coincidences = std::move(coincidences_)};
  }

 private:
  History& history() { return memory_.record.history; }
  std::vector<WatchedKill>& kills() { return memory_.record.kills; }
  std::set<AppKey> owners(const WatchedKill& kill, const ProcId& id) const;
  WatchedKill* newest_watch(const AppKey& app);
  WatchedKill* newest_tie(const Restart& restart);
  void take(const Ended& ended);
  void take(const Restart& restart);
  void take(const AppFacts& facts);
  void count_loss(WatchedKill& kill, const AppKey& app, std::uint16_t port);
  void follow(WatchedKill& kill,
              const AppKey& app,
              const std::string& event,
              const ExitStatus& how);
  void count(WatchedKill& kill, Harm harm);
  void forget();

  HarmMemory memory_;
  const Aftermath& aftermath_;
  std::vector<Harm> harms_{};
  std::vector<std::string> coincidences_{};
};

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
  const BootTime until = aftermath_.now + kHarmWatch;
  WatchedKill& kill = watch_of(memory_.record, ended.kill, aftermath_.now);
  watch_apps(kill, memory_.seen);
  kill.until = until;
  extend_window(history(), aftermath_.now, until);
  for (const AppKey& app : owners(kill, ended.id)) {
    count(kill,
          {.app = app,
           .kind = HarmKind::LostProcess,
           .text = lost_process_text(app, ended.id, kill.kill)});
  }
}

WatchedKill* Look::newest_watch(const AppKey& app) {
  for (WatchedKill& kill : kills() | std::views::reverse) {
    if (kill.watched.contains(app)) return &kill;
  }
  return nullptr;
}

// What had ended in the same way before needs no kill for it.
WatchedKill* Look::newest_tie(const Restart& restart) {
  for (WatchedKill& kill : kills() | std::views::reverse) {
    if (!kill.watched.contains(restart.app)) continue;
    if (!ties_to(kill, restart.app).tie) continue;
    if (ended_so_before(history(), restart.app, restart.how, aftermath_.now)) {
      continue;
    }
    return &kill;
  }
  return nullptr;
}

void Look::take(const Restart& restart) {
  if (!is_own(restart.cause)) return;
  const PastEnd end{.at = aftermath_.now, .how = restart.how};
  WatchedKill* const newest = newest_watch(restart.app);
  if (newest == nullptr || !may_be_ours(restart) || is_known_as_sent(restart)) {
    note_end(history(), restart.app, end);
    return;
  }
  if (newest->watched.at(restart.app).settled) return;
  if (restart.cause == Cause::Strayd) {
    count(*newest,
          {.app = restart.app,
           .kind = HarmKind::LostProcess,
           .text = signalled_text(restart.app, newest->kill)});
    return;
  }
  if (WatchedKill* const kill = newest_tie(restart)) {
    const Tie& tie = *ties_to(*kill, restart.app).tie;
    count(*kill,
          {.app = restart.app,
           .kind = HarmKind::Restarted,
           .text = tied_text(
               restart.app, event_text(restart), tie, *kill, aftermath_.now)});
    return;
  }
  if (is_sent(restart)) {
    note_end(history(), restart.app, end);
    return;
  }
  follow(*newest, restart.app, event_text(restart), restart.how);
}

void Look::follow(WatchedKill& kill,
                  const AppKey& app,
                  const std::string& event,
                  const ExitStatus& how) {
  note_follower(history(), app, {.at = aftermath_.now, .how = how});
  WatchedApp& watched = kill.watched.at(app);
  if (std::exchange(watched.counted, true)) return;
  const auto found = improbable(history(), app, memory_.seen.size());
  if (!found) {
    coincidences_.push_back(
        coincidence_text(app, event, ties_to(kill, app), kill, aftermath_.now));
    return;
  }
  count(kill,
        {.app = app,
         .kind = HarmKind::FollowsKills,
         .text = improbable_text(
             app, event, *found, history().apps.at(app), kill.kill)});
}

void Look::take(const AppFacts& facts) {
  WatchedKill* newest = nullptr;
  WatchedKill* tied = nullptr;
  std::uint16_t lost = 0;
  for (WatchedKill& kill : kills() | std::views::reverse) {
    const auto found = kill.watched.find(facts.app);
    if (found == kill.watched.end()) continue;
    note_lost(found->second, facts, aftermath_.now);
    const auto port = lost_port(found->second, facts, aftermath_.now);
    if (!port || found->second.settled) continue;
    if (newest == nullptr) {
      newest = &kill;
      lost = *port;
    }
    if (tied == nullptr && is_tied(ties_to(kill, facts.app), lost)) {
      tied = &kill;
    }
  }
  if (tied != nullptr) return count_loss(*tied, facts.app, lost);
  if (newest == nullptr) return;
  for (WatchedKill& kill : kills()) {
    const auto found = kill.watched.find(facts.app);
    if (found == kill.watched.end()) continue;
    found->second.before.ports.erase(lost);
    found->second.lost.erase(lost);
  }
  follow(*newest, facts.app, event_text(lost), {});
}

void Look::count_loss(WatchedKill& kill,
                      const AppKey& app,
                      std::uint16_t port) {
  const AppTies& ties = ties_to(kill, app);
  const bool held = ties.held.contains(port);
  count(
      kill,
      {.app = app,
       .kind = HarmKind::LostListener,
       .text =
           held ? held_text(app, port, kill, aftermath_.now)
                : tied_text(
                      app, event_text(port), *ties.tie, kill, aftermath_.now)});
}

void Look::count(WatchedKill& kill, Harm harm) {
  WatchedApp& watched = kill.watched[harm.app];
  if (watched.harmed) return;
  watched.harmed = true;
  for (WatchedKill& each : kills()) {
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
  std::set<AppKey> listed;
  for (const auto& [app, seen] : memory_.seen) listed.insert(app);
  bound_histories(history(), listed);
  // An app is watched until it was seen once more after the time, however long
  // that takes.
  const auto cleared = [&](const auto& entry) {
    const auto& [app, watched] = entry;
    const auto seen = memory_.seen.find(app);
    return !watched.settled && watched.lost.empty() &&
           (seen == memory_.seen.end() || seen->second.at == now);
  };
  for (WatchedKill& kill : kills()) {
    if (now >= kill.until) std::erase_if(kill.watched, cleared);
  }
  std::erase_if(kills(), [&](const WatchedKill& kill) {
    const bool is_over = kill.watched.empty() && now - kill.began > kHarmMemory;
    return now >= kill.until && (is_over || now - kill.until > kHarmMemory);
  });
}

}  // namespace

HarmMemory begin_watch(HarmMemory memory,
                       const Kill& kill,
                       const KillTies& ties,
                       BootTime now) {
  WatchedKill& watched = watch_of(memory.record, kill, now);
  watched.until = now + kHarmWatch;
  watched.ties = ties;
  watch_apps(watched, memory.seen);
  open_window(memory.record.history, now, watched.until);
  return memory;
}

HarmFindings look_for_harm(HarmMemory before, const Aftermath& aftermath) {
  return Look(std::move(before), aftermath).run();
}

HarmMemory pardoned(HarmMemory memory) {
  const bool did_harm =
      std::ranges::any_of(memory.record.kills, [](const WatchedKill& kill) {
        return std::ranges::any_of(kill.watched, [](const auto& entry) {
          return entry.second.harmed;
        });
      });
  if (did_harm) {
    memory.record.kills.clear();
    forget_windows(memory.record.history);
  }
  return memory;
}

}  // namespace strayd
