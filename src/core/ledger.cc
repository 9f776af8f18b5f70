#include "strayd/core/ledger.h"

#include <algorithm>
#include <set>

namespace strayd {
namespace {

template <typename Map>
std::map<std::string, std::size_t> count_by_home(const Map& entries) {
  std::map<std::string, std::size_t> counts;
  for (const auto& entry : entries) ++counts[entry.first.home];
  return counts;
}

// The home that has the most of them; none is never asked for.
template <typename Map>
std::string largest_home(const Map& entries) {
  const auto counts = count_by_home(entries);
  return std::ranges::max_element(
             counts, {}, [](const auto& entry) { return entry.second; })
      ->first;
}

// Returns how many went.
std::size_t forget_unlisted_apps(RestartLedger& ledger,
                                 const std::string& home) {
  std::set<AppKey> listed;
  for (const auto& [key, baseline] : ledger.instances) {
    listed.insert({.home = key.home, .app = baseline.app});
  }
  return std::erase_if(ledger.apps, [&](const auto& entry) {
    return entry.first.home == home && !listed.contains(entry.first);
  });
}

void forget_home(RestartLedger& ledger, const std::string& home) {
  const auto is_of_home = [&](const auto& entry) {
    return entry.first.home == home;
  };
  std::erase_if(ledger.apps, is_of_home);
  std::erase_if(ledger.instances, is_of_home);
  ledger.homes.erase(home);
}

// What is too much to be saved would disarm strayd for good.
void bound(RestartLedger& ledger, const LedgerLimits& limits) {
  while (ledger.apps.size() > limits.apps) {
    const std::string home = largest_home(ledger.apps);
    if (forget_unlisted_apps(ledger, home) == 0) forget_home(ledger, home);
  }
  while (ledger.instances.size() > limits.instances) {
    forget_home(ledger, largest_home(ledger.instances));
  }
}

// Homes that do not answer: those of jobs that came and went.
void bound_homes(RestartLedger& ledger,
                 std::span<const Pm2View> pm2,
                 std::size_t most) {
  std::set<std::string> answering;
  for (const Pm2View& view : pm2) {
    if (view.reply) answering.insert(view.home);
  }
  for (auto home = ledger.homes.begin();
       home != ledger.homes.end() && ledger.homes.size() > most;) {
    const std::string path = (home++)->first;
    if (!answering.contains(path)) forget_home(ledger, path);
  }
}

// nullopt: nobody can tell whether an app of that home is listed.
std::optional<std::set<std::string>> listed_in(const Pm2View& view,
                                               bool has_ended) {
  if (view.reply) {
    std::set<std::string> apps;
    for (const Pm2Instance& instance : view.reply->instances) {
      apps.insert(app_name(instance));
    }
    return apps;
  }
  if (has_ended) return std::set<std::string>{};
  return std::nullopt;
}

}  // namespace

bool is_long_gone(const RestartLedger& ledger,
                  const AppKey& app,
                  std::int64_t now_unix_ms) {
  constexpr std::chrono::milliseconds kTold = kToldAfterDelete;
  const AppAccount* const account = account_of(ledger, app);
  return account != nullptr && account->unlisted_since_unix_ms &&
         now_unix_ms - *account->unlisted_since_unix_ms >= kTold.count();
}

void note_unlisted(RestartLedger& ledger,
                   std::span<const Pm2View> pm2,
                   const std::set<std::string>& ended,
                   std::int64_t now_unix_ms) {
  for (const Pm2View& view : pm2) {
    const auto listed = listed_in(view, ended.contains(view.home));
    if (!listed) continue;
    for (auto app = ledger.apps.lower_bound({.home = view.home});
         app != ledger.apps.end() && app->first.home == view.home;
         ++app) {
      auto& since = app->second.unlisted_since_unix_ms;
      if (listed->contains(app->first.app)) {
        since.reset();
      } else if (!since || *since > now_unix_ms) {
        since = now_unix_ms;
      }
    }
  }
}

const AppAccount* account_of(const RestartLedger& ledger, const AppKey& app) {
  const auto account = ledger.apps.find(app);
  return account == ledger.apps.end() ? nullptr : &account->second;
}

RestartLedger bounded(RestartLedger ledger,
                      std::span<const Pm2View> pm2,
                      const LedgerLimits& limits) {
  bound(ledger, limits);
  bound_homes(ledger, pm2, limits.homes);
  return ledger;
}

}  // namespace strayd
