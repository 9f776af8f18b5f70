#include "endings.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

namespace strayd {
namespace {

// PM2 restarts at once for memory; for a change after the app's watch_delay,
// and several instances one after the other.
constexpr std::chrono::minutes kLineLife{2};
constexpr std::size_t kMostEndings = 1'000;

bool is_better(const Ending& fresh, const Ending& known) {
  if (fresh.pm_uptime_ms != known.pm_uptime_ms) {
    return fresh.pm_uptime_ms > known.pm_uptime_ms;
  }
  return known.how != fresh.how && (known.how == Ending::How::Replaced ||
                                    fresh.how == Ending::How::Wanted);
}

void answer_lines(const Subject& subject, Ending& ending) {
  HomeTrail& home = subject.home;
  const auto is_fresh = [&](BootTime at) {
    return subject.now - at <= kLineLife;
  };
  const auto watch = home.watch.find(subject.trail.name);
  ending.watch = watch != home.watch.end() && is_fresh(watch->second.at) &&
                 watch->second.number > subject.trail.watch_lines;
  subject.trail.watch_lines = home.watch_lines;
  const auto memory = home.memory_limit.find(subject.pm_id);
  if (memory == home.memory_limit.end()) return;
  ending.memory_limit = is_fresh(memory->second);
  home.memory_limit.erase(memory);
}

}  // namespace

void note_ending(const Subject& subject, std::int64_t restart, Ending ending) {
  auto& endings = subject.trail.endings;
  const auto known = endings.find(restart);
  if (known != endings.end() && !is_better(ending, known->second)) return;
  if (ending.how == Ending::How::Wanted ||
      ending.how == Ending::How::Replaced) {
    answer_lines(subject, ending);
  }
  ending.starving =
      subject.home.oom_at && subject.now - *subject.home.oom_at <= kLineLife;
  endings[restart] = std::move(ending);
  while (endings.size() > kMostEndings) endings.erase(endings.begin());
}

void conclude_reload(const Subject& subject, const Trail::Start& launch) {
  const std::optional<Trail::Start>& alive = subject.trail.alive;
  if (!alive || alive->restart_time + 1 != launch.restart_time ||
      alive->pm_uptime_ms >= launch.pm_uptime_ms) {
    return;
  }
  note_ending(subject,
              launch.restart_time,
              {.how = Ending::How::Replaced,
               .pm_uptime_ms = alive->pm_uptime_ms,
               .whole = !subject.home.mute});
}

void note_launch(const Subject& subject, const Trail::Start& launch) {
  conclude_reload(subject, launch);
  const auto found = subject.trail.endings.find(launch.restart_time);
  if (found == subject.trail.endings.end()) return;
  Ending& ending = found->second;
  if (ending.pm_uptime_ms >= launch.pm_uptime_ms) return;
  // A later one of that number was started, not restarted.
  ending.led_to = std::min(ending.led_to.value_or(launch.pm_uptime_ms),
                           launch.pm_uptime_ms);
}

}  // namespace strayd
