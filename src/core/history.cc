#include "strayd/core/history.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <ranges>
#include <utility>

namespace strayd {
namespace {

using std::chrono::nanoseconds;

// Two moments that are those of scans, a few seconds apart, and a start that
// takes its time. More would excuse what is not due.
constexpr std::chrono::seconds kSlack{15};
constexpr std::chrono::minutes kShortestPeriod{1};
constexpr std::size_t kGapsOfAClock = 3;
constexpr std::chrono::hours kDay{24};
constexpr std::chrono::minutes kJustBefore{5};

double seconds_of(nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

bool alike(nanoseconds one, nanoseconds other) {
  return std::chrono::abs(one - other) <= kSlack;
}

// All that its clock can say of a gap; none: it comes when it likes.
bool is_due(const AppHistory& app, BootTime at) {
  return app.period > nanoseconds{0} && !app.recent.empty() &&
         alike(at - app.recent.back().at, app.period);
}

// Learned, and unlearned, from ends that no kill can have caused.
nanoseconds period_of(const AppHistory& app) {
  if (app.recent.size() <= kGapsOfAClock) return {};
  const auto newest = std::span(app.recent).last(kGapsOfAClock + 1);
  if (std::ranges::any_of(newest, &PastEnd::followed)) return {};
  const nanoseconds gap = newest[1].at - newest[0].at;
  for (std::size_t i = 2; i < newest.size(); ++i) {
    if (!alike(newest[i].at - newest[i - 1].at, gap)) return {};
  }
  return gap >= kShortestPeriod ? gap : nanoseconds{};
}

void remember(AppHistory& app, const PastEnd& end) {
  app.recent.push_back(end);
  if (app.recent.size() > kRecentEnds) app.recent.erase(app.recent.begin());
}

void count_until(AppHistory& app, BootTime now) {
  app.seen += std::max(now - app.counted, nanoseconds{0});
  app.counted = std::max(app.counted, now);
}

void count_window(History& history, const KillWindow& window) {
  const BootTime from = std::max(window.began, history.counted);
  history.counted = std::max(history.counted, window.until);
  for (auto& [key, app] : history.apps) {
    const BootTime begin = std::max(from, app.first);
    app.within += std::max(window.until - begin, nanoseconds{0});
    count_until(app, window.until);
  }
}

double rate_of(const AppHistory& app) {
  const nanoseconds own = app.seen - app.within;
  const bool is_short = own < kOwnWord;
  const double ends = static_cast<double>(app.ends) +
                      (is_short ? static_cast<double>(app.past_ends) : 0.0);
  const nanoseconds time = own + (is_short ? app.past : nanoseconds{0});
  return (ends + 1) / std::max(seconds_of(time), 1.0);
}

// Of the newest ends before that moment, three at least: what ends at random
// ends twice in an hour now and then.
double newest_rate(const AppHistory& app, BootTime moment) {
  double highest = 0;
  double ends = 0;
  for (const PastEnd& end : app.recent | std::views::reverse) {
    if (end.followed || end.at >= moment) continue;
    if (++ends < 3) continue;
    highest = std::max(highest, ends / seconds_of(moment - end.at));
  }
  return highest;
}

bool has_just_ended(const AppHistory& app, BootTime moment) {
  return std::ranges::any_of(app.recent, [&](const PastEnd& end) {
    return end.at < moment && moment - end.at <= kRepeat;
  });
}

double chance_of(const AppHistory& app, const KillWindow& window) {
  const double rate = std::max(rate_of(app), newest_rate(app, window.began));
  double chance = rate * seconds_of(window.until - window.began);
  if (has_just_ended(app, window.began)) {
    const double repeated = (static_cast<double>(app.repeats) + 0.5) /
                            (static_cast<double>(app.ends) + 1.0);
    chance = std::max(chance, repeated);
  }
  return std::min(chance, 1.0);
}

// Of so many or more of these events.
double tail(const std::vector<double>& chances, std::size_t least) {
  std::vector<double> count(chances.size() + 1, 0.0);
  count[0] = 1;
  for (const double chance : chances) {
    for (std::size_t i = count.size() - 1; i > 0; --i) {
      count[i] = count[i] * (1 - chance) + count[i - 1] * chance;
    }
    count[0] *= 1 - chance;
  }
  double sum = 0;
  for (std::size_t i = least; i < count.size(); ++i) sum += count[i];
  return sum;
}

}  // namespace

void meet(History& history, const AppFacts& app, BootTime now) {
  const auto [found, is_new] = history.apps.try_emplace(
      app.app, AppHistory{.first = now, .counted = now});
  if (!is_new) return;
  AppHistory& fresh = found->second;
  fresh.past_ends = app.past.ends;
  fresh.past = app.past.time;
  if (app.past.newest_end) {
    remember(fresh, {.at = now - *app.past.newest_end, .how = app.past.how});
  }
}

void open_window(History& history, BootTime now, BootTime until) {
  if (!history.windows.empty()) {
    KillWindow& before = history.windows.back();
    if (before.began == now) return;
    before.until = std::min(before.until, now);
    count_window(history, before);
  }
  history.windows.push_back({.began = now, .until = until});
  if (history.windows.size() <= kKillsTested) return;
  history.windows.erase(history.windows.begin());
  const BootTime oldest = history.windows.front().began;
  for (auto& [key, app] : history.apps) {
    std::erase_if(app.followed, [&](BootTime began) { return began < oldest; });
  }
}

void extend_window(History& history, BootTime now, BootTime until) {
  if (history.windows.empty()) return open_window(history, now, until);
  KillWindow& newest = history.windows.back();
  newest.until = std::max(newest.until, until);
}

void close_window(History& history, BootTime now) {
  if (history.windows.empty()) return;
  KillWindow& newest = history.windows.back();
  if (now < newest.until || history.counted >= newest.until) return;
  newest.until = now;
  count_window(history, newest);
}

void note_end(History& history, const AppKey& key, const PastEnd& end) {
  AppHistory& app = history.apps[key];
  count_until(app, end.at);
  const bool repeats =
      !app.recent.empty() && end.at - app.recent.back().at <= kRepeat;
  ++app.ends;
  if (repeats) ++app.repeats;
  const bool was_due = is_due(app, end.at);
  remember(app, end);
  if (!was_due) app.period = period_of(app);
}

void note_follower(History& history, const AppKey& key, const PastEnd& end) {
  AppHistory& app = history.apps[key];
  const bool due = is_due(app, end.at);
  PastEnd noted = end;
  noted.followed = true;
  remember(app, noted);
  if (due || history.windows.empty()) return;
  KillWindow& window = history.windows.back();
  window.until = std::max(window.until, end.at);
  if (std::ranges::find(app.followed, window.began) == app.followed.end()) {
    app.followed.push_back(window.began);
  }
}

bool ended_so_before(const History& history,
                     const AppKey& key,
                     const ExitStatus& how,
                     BootTime moment) {
  const bool tells = how.how == ExitStatus::How::Exited ||
                     (how.how == ExitStatus::How::Signalled && how.value != 0);
  const auto app = history.apps.find(key);
  if (!tells || app == history.apps.end()) return false;
  int of_the_day = 0;
  for (const PastEnd& end : app->second.recent) {
    if (end.followed || end.how != how || end.at > moment) continue;
    if (moment - end.at <= kJustBefore) return true;
    if (moment - end.at <= kDay) ++of_the_day;
  }
  return of_the_day >= 2;
}

std::optional<Improbable> improbable(const History& history,
                                     const AppKey& key,
                                     std::size_t apps) {
  const auto found = history.apps.find(key);
  if (found == history.apps.end()) return std::nullopt;
  const AppHistory& app = found->second;
  if (app.followed.size() < kKillsToTell) return std::nullopt;
  std::vector<double> chances;
  for (const KillWindow& window : history.windows) {
    if (window.began < app.first) continue;
    chances.push_back(chance_of(app, window));
  }
  if (app.followed.size() > chances.size()) return std::nullopt;
  const double chance = tail(chances, app.followed.size()) *
                        static_cast<double>(std::max<std::size_t>(apps, 1));
  if (chance > kFalseAlarm) return std::nullopt;
  return Improbable{.followed = app.followed.size(),
                    .kills = chances.size(),
                    .chance = chance};
}

void bound_histories(History& history, const std::set<AppKey>& seen) {
  if (history.apps.size() <= kMostHistories) return;
  std::erase_if(history.apps,
                [&](const auto& entry) { return !seen.contains(entry.first); });
  while (history.apps.size() > kMostHistories) {
    history.apps.erase(std::prev(history.apps.end()));
  }
}

void forget_windows(History& history) {
  history.windows.clear();
  for (auto& [key, app] : history.apps) app.followed.clear();
}

History of_next_boot(History history) {
  history.counted = {};
  history.windows.clear();
  for (auto& [key, app] : history.apps) {
    app.first = app.counted = {};
    app.recent.clear();
    app.followed.clear();
  }
  return history;
}

}  // namespace strayd
