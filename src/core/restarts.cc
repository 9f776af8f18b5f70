#include "strayd/core/restarts.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "endings.h"
#include "explain.h"
#include "trails.h"

namespace strayd {
namespace {

// The restarts (from, to] are news.
struct News {
  std::int64_t from = 0;
  std::int64_t to = 0;
  bool went_down = false;
};

News news_of(const RestartLedger& ledger, const InList& listed) {
  const std::int64_t now = listed.instance.restart_time;
  const auto known = ledger.instances.find(listed.key);
  if (known == ledger.instances.end() || known->second.app != listed.app.app) {
    return {.from = listed.home.watched ? 0 : now, .to = now};
  }
  const std::int64_t before = known->second.restart_time;
  // PM2's own count went down: what it shows was gained since.
  if (now < before) return {.from = 0, .to = now, .went_down = true};
  return {.from = before, .to = now};
}

void count(Accounts& accounts, const InList& listed, const Trail& trail) {
  const News news = news_of(accounts.ledger, listed);
  AppAccount& account = accounts.ledger.apps[listed.app];
  if (news.went_down) ++account.resets;
  const std::int64_t untold =
      std::max<std::int64_t>(news.to - news.from - kMostExplained, 0);
  if (untold > 0) {
    account.restarts[unexplained(listed.home)] +=
        static_cast<std::uint64_t>(untold);
  }
  for (std::int64_t at = news.from + untold; at < news.to; ++at) {
    Restart restart = explain(listed, trail, at + 1);
    ++account.restarts[restart.cause];
    if (is_known(restart.how)) {
      ++accounts.ends[listed.app][end_word(restart.how)];
    }
    if (restart.sent) {
      note_sender(accounts.senders, listed.app, *restart.sent);
    }
    if (accounts.restarts.size() < kMostRestarts) {
      accounts.restarts.push_back(std::move(restart));
    }
  }
  accounts.ledger.instances[listed.key] = {
      .app = listed.app.app, .restart_time = listed.instance.restart_time};
}

void account_instance(Accounts& accounts, const InList& listed) {
  const Pm2Instance& now = listed.instance;
  Trails& trails = accounts.trails;
  Trail& trail = trails.instances[listed.key];
  if (listed.home.caught_up && now.pm_uptime_ms) {
    conclude_reload(
        {.pm_id = now.pm_id,
         .home = trails.homes[listed.home.name],
         .trail = trail,
         .now = listed.home.clues.at},
        {.restart_time = now.restart_time, .pm_uptime_ms = *now.pm_uptime_ms});
  }
  count(accounts, listed, trail);
  forget_explained(trail, now);
  see(trail, now, listed.home.unbroken);
}

// An instance that was only heard of is looked for in one more list.
void forget_unlisted(Accounts& accounts,
                     const std::string& home,
                     const std::set<InstanceKey>& listed) {
  std::erase_if(accounts.ledger.instances, [&](const auto& entry) {
    return entry.first.home == home && !listed.contains(entry.first);
  });
  auto& trails = accounts.trails.instances;
  for (auto trail = trails.lower_bound(
           {.home = home, .pm_id = std::numeric_limits<std::int64_t>::min()});
       trail != trails.end() && trail->first.home == home;) {
    const bool forget = !listed.contains(trail->first) &&
                        !std::exchange(trail->second.expected, false);
    trail = forget ? trails.erase(trail) : std::next(trail);
  }
}

// Homes that nobody asks any more.
void forget_homes(Trails& trails, std::span<const Pm2View> pm2) {
  std::set<std::string> asked;
  for (const Pm2View& view : pm2) asked.insert(view.home);
  std::erase_if(trails.homes, [&](const auto& entry) {
    return !asked.contains(entry.first);
  });
  std::erase_if(trails.instances, [&](const auto& entry) {
    return !asked.contains(entry.first.home);
  });
}

void account_home(Accounts& accounts,
                  const HomeScan& home,
                  const Pm2Answer& answer) {
  std::set<InstanceKey> listed;
  for (const Pm2Instance& instance : answer.instances) {
    if (instance.restart_time < 0) continue;
    const InstanceKey key{.home = home.name,
                          .unique_id = instance.unique_id,
                          .pm_id = instance.pm_id};
    if (!listed.insert(key).second) continue;
    account_instance(accounts,
                     {.home = home,
                      .instance = instance,
                      .key = key,
                      .app = {.home = home.name, .app = app_name(instance)}});
  }
  forget_unlisted(accounts, home.name, listed);
  accounts.ledger.homes[home.name] = true;
}

// How long strayd is given to be let into a bus.
constexpr std::chrono::minutes kBeginning{1};
// No list for so long: it was not running, or PM2 did not answer.
constexpr std::chrono::minutes kLongAway{5};

// Before its first list, until it followed the bus, and where it lost the bus
// and had no list for long. A bus that breaks while lists come, or that nobody
// may follow, is no absence: a loop would hide behind it.
bool was_away(const HomeTrail& trail, BootTime now, bool unbroken) {
  if (!trail.first_list || !trail.last_list) return true;
  if (!trail.followed && now - *trail.first_list <= kBeginning) return true;
  return !unbroken && now - *trail.last_list > kLongAway;
}

void note_list(HomeTrail& trail, const HomeScan& home) {
  if (trail.first_list && home.caught_up && home.unbroken) {
    trail.followed = true;
  }
  if (!trail.first_list) trail.first_list = home.clues.at;
  trail.last_list = home.clues.at;
}

std::set<std::string> broken_homes(const Clues& clues) {
  std::set<std::string> homes;
  for (const Pm2Event& event : clues.events) {
    if (event.kind == Pm2Event::Kind::Gap) homes.insert(event.home);
  }
  return homes;
}

}  // namespace

Accounts account_restarts(Accounts before,
                          std::span<const Pm2View> pm2,
                          const Clues& clues) {
  before.restarts.clear();
  hear(before.trails, clues);
  witness(before.trails, clues);
  const std::set<std::string> broken = broken_homes(clues);
  for (const Pm2View& view : pm2) {
    // An empty list is what a daemon says that was started by accident, or
    // that is about to resurrect: it takes nothing from the ledger.
    if (!view.reply || view.reply->instances.empty()) continue;
    HomeTrail& trail = before.trails.homes[view.home];
    const bool unbroken = !broken.contains(view.home);
    const HomeScan home{.name = view.home,
                        .clues = clues,
                        .watched = before.ledger.homes.contains(view.home),
                        .caught_up = clues.caught_up.contains(view.home),
                        .unbroken = unbroken,
                        .was_away = was_away(trail, clues.at, unbroken)};
    account_home(before, home, *view.reply);
    note_list(trail, home);
  }
  before.ledger = bounded(std::move(before.ledger), pm2);
  forget_homes(before.trails, pm2);
  const auto is_forgotten = [&](const auto& entry) {
    return !before.ledger.apps.contains(entry.first);
  };
  std::erase_if(before.ends, is_forgotten);
  std::erase_if(before.senders, is_forgotten);
  return before;
}

}  // namespace strayd
