// What the events of PM2's bus add to the trails.
#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>

#include "strayd/core/supervisor.h"

#include "endings.h"
#include "trails.h"

namespace strayd {
namespace {

constexpr std::size_t kMostTrails = 10'000;
constexpr std::size_t kMostLines = 10'000;  // of one kind and home

template <typename Map>
void bound(Map& lines) {
  while (lines.size() > kMostLines) lines.erase(lines.begin());
}

// A process event names a launch that PM2 can have made.
bool is_sound(const Pm2Event& event) {
  return event.pm_uptime_ms && event.pm_id >= 0 && event.restart_time >= 0 &&
         event.restart_time < std::numeric_limits<std::int64_t>::max();
}

InstanceKey instance_of(const Pm2Event& event) {
  return {
      .home = event.home, .unique_id = event.unique_id, .pm_id = event.pm_id};
}

// nullptr: there are more than are believed.
Trail* trail_of(Trails& trails, const Pm2Event& event) {
  const InstanceKey key = instance_of(event);
  auto found = trails.instances.find(key);
  if (found == trails.instances.end()) {
    if (trails.instances.size() >= kMostTrails) return nullptr;
    const std::uint64_t said = trails.homes[event.home].watch_lines;
    found = trails.instances.emplace(key, Trail{.watch_lines = said}).first;
  }
  return &found->second;
}

Trail::Start launch_of(const Pm2Event& event) {
  return {.restart_time = event.restart_time,
          .pm_uptime_ms = event.pm_uptime_ms.value_or(0)};
}

std::optional<HomeTrail::ExitLine> take_exit_line(const Subject& subject) {
  auto node = subject.home.exits.extract(subject.pm_id);
  if (node.empty()) return std::nullopt;
  return std::move(node.mapped());
}

// PM2 says "stopping" of what it ends. What ended by itself has its line just
// before it; an exit without one is the second that PM2 tells of an end, once
// it is through with it, or gives up.
Ending::How how_it_ended(const Pm2Event& exit, bool has_line) {
  if (exit.status == Pm2Status::Stopping) return Ending::How::Wanted;
  return has_line ? Ending::How::Died : Ending::How::Unclear;
}

enum class KeptOff { No, ByWord, Yes };

// Judged when it is heard, and kept: PM2's count may rise much later.
KeptOff kept_off(const Clues& clues, const Pm2Event& exit) {
  const AppKey app{
      .home = exit.home,
      .app = app_name({.name = exit.name, .name_space = exit.name_space})};
  const LaunchKey ended{.instance = instance_of(exit),
                        .pm_uptime_ms = exit.pm_uptime_ms.value_or(0)};
  KeptOff found = KeptOff::No;
  for (const HeldPort& held : clues.port_conflicts) {
    if (held.app != app || held.left_by == ended) continue;
    if (!held.asked) return KeptOff::Yes;
    found = KeptOff::ByWord;
  }
  return found;
}

void hear_exit(const Subject& subject,
               const Pm2Event& event,
               const Clues& clues) {
  const Trail::Start launch = launch_of(event);
  auto line = take_exit_line(subject);
  std::optional<Trail::Start>& alive = subject.trail.alive;
  const bool lived = alive && alive->pm_uptime_ms == launch.pm_uptime_ms;
  if (lived) alive.reset();
  if (line || lived) subject.home.mute = !line;
  const KeptOff kept = kept_off(clues, event);
  Ending ending{.how = how_it_ended(event, line.has_value()),
                .pm_uptime_ms = launch.pm_uptime_ms,
                .at_ms = event.at_ms,
                .exit_code = event.exit_code,
                .port_conflict = kept != KeptOff::No,
                .port_by_word = kept == KeptOff::ByWord,
                .whole = line && lived};
  if (line) {
    if (!ending.exit_code) ending.exit_code = line->exit_code;
    ending.signal = std::move(line->signal);
  }
  note_ending(subject, launch.restart_time + 1, std::move(ending));
  subject.home.memory_limit.erase(subject.pm_id);
}

// Started, not restarted: an earlier launch of this number leads nowhere, and
// what PM2 said before is done.
void hear_start(const Subject& subject, const Trail::Start& launch) {
  auto& endings = subject.trail.endings;
  const auto earlier = endings.find(launch.restart_time + 1);
  const bool again = earlier != endings.end() &&
                     earlier->second.pm_uptime_ms < launch.pm_uptime_ms;
  if (again) endings.erase(earlier);
  if (again || launch.restart_time == 0) {
    subject.trail.watch_lines = subject.home.watch_lines;
  }
}

// The first word on a launch that lives.
void hear_launch(const Subject& subject, const Trail::Start& launch) {
  hear_start(subject, launch);
  subject.home.memory_limit.erase(subject.pm_id);
  subject.trail.alive = launch;
}

// Somebody asked for a launch whose number is the next after the list's, before
// the bus was followed: of the end of what the list showed nothing was heard.
// That it had crashed and was stopped, all in those seconds, is not believed.
void hear_of_a_missed_end(const Subject& subject, const Trail::Start& launch) {
  const std::optional<Trail::Start>& listed = subject.trail.listed;
  const bool ended = !subject.home.followed && listed &&
                     listed->restart_time + 1 == launch.restart_time &&
                     listed->pm_uptime_ms < launch.pm_uptime_ms;
  if (!ended || subject.trail.endings.contains(launch.restart_time)) return;
  note_ending(subject,
              launch.restart_time,
              {.how = Ending::How::Replaced,
               .pm_uptime_ms = listed->pm_uptime_ms,
               .led_to = launch.pm_uptime_ms});
}

// Somebody asked for the launch that lives now.
void hear_action(const Subject& subject, const Trail::Start& launch) {
  hear_of_a_missed_end(subject, launch);
  const auto ending = subject.trail.endings.find(launch.restart_time);
  if (ending == subject.trail.endings.end()) return;
  if (ending->second.led_to == launch.pm_uptime_ms) {
    ending->second.asked = true;
  }
}

// An action is also "stop".
bool says_it_lives(const Pm2Event& event) {
  return event.kind == Pm2Event::Kind::Online ||
         (event.kind == Pm2Event::Kind::Action &&
          (event.status == Pm2Status::Online ||
           event.status == Pm2Status::Launching));
}

void hear_process(Trails& trails, const Pm2Event& event, const Clues& clues) {
  Trail* const trail = is_sound(event) ? trail_of(trails, event) : nullptr;
  if (trail == nullptr) return;
  const Subject subject{.pm_id = event.pm_id,
                        .home = trails.homes[event.home],
                        .trail = *trail,
                        .now = clues.at};
  const Trail::Start launch = launch_of(event);
  const bool lives = says_it_lives(event);
  const bool is_new = launch.pm_uptime_ms > trail->newest_ms;
  trail->name = event.name;
  if (is_new) trail->newest_ms = launch.pm_uptime_ms;
  note_launch(subject, launch);
  if (event.kind == Pm2Event::Kind::Exit) hear_exit(subject, event, clues);
  if (lives && is_new) hear_launch(subject, launch);
  if (lives && event.kind == Pm2Event::Kind::Action) {
    hear_action(subject, launch);
  }
}

void hear_watch(HomeTrail& home, const Pm2Event& event, BootTime now) {
  home.watch[event.name] = {.number = ++home.watch_lines, .at = now};
  bound(home.watch);
}

void hear_memory_limit(HomeTrail& home, const Pm2Event& event, BootTime now) {
  home.memory_limit[event.pm_id] = now;
  bound(home.memory_limit);
}

void hear_exit_line(HomeTrail& home, const Pm2Event& event) {
  home.exits[event.pm_id] = {.exit_code = event.exit_code,
                             .signal = event.signal};
  bound(home.exits);
}

// What was seen whole stays; of the rest the other half may have been missed.
void hear_gap(Trails& trails, const std::string& home) {
  HomeTrail& trail = trails.homes[home];
  trail.watch.clear();
  trail.memory_limit.clear();
  trail.exits.clear();
  for (auto& [key, instance] : trails.instances) {
    if (key.home != home) continue;
    instance.alive.reset();
    std::erase_if(instance.endings,
                  [](const auto& ending) { return !ending.second.led_to; });
  }
}

void hear_event(Trails& trails, const Pm2Event& event, const Clues& clues) {
  HomeTrail& home = trails.homes[event.home];
  switch (event.kind) {
    case Pm2Event::Kind::Exit:
    case Pm2Event::Kind::Online:
    case Pm2Event::Kind::Action:
      hear_process(trails, event, clues);
      break;
    case Pm2Event::Kind::Watch:
      home.mute = false;
      hear_watch(home, event, clues.at);
      break;
    case Pm2Event::Kind::MemoryLimit:
      home.mute = false;
      hear_memory_limit(home, event, clues.at);
      break;
    case Pm2Event::Kind::Signal:
      home.mute = false;
      hear_exit_line(home, event);
      break;
    case Pm2Event::Kind::Gap:
      hear_gap(trails, event.home);
      break;
    case Pm2Event::Kind::ToldToEnd:
    case Pm2Event::Kind::Overlimit:
      break;  // its exit follows, and no launch
  }
}

}  // namespace

void hear(Trails& trails, const Clues& clues) {
  for (const Pm2Event& event : clues.events) trails.homes[event.home];
  if (clues.oom) {
    for (auto& [name, home] : trails.homes) home.oom_at = clues.at;
  }
  for (const Pm2Event& event : clues.events) {
    hear_event(trails, event, clues);
  }
}

}  // namespace strayd
