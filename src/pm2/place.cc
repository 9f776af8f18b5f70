#include "place.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "strayd/pm2/client.h"

namespace strayd {
namespace {

constexpr std::array kFilesOfPm2{"pm2.pid", "rpc.sock", "dump.pm2", "pids"};

using Identity = std::pair<dev_t, ino_t>;

// What a look into the directory says.
struct Sight {
  std::optional<Identity> identity{};
  std::optional<uid_t> owner{};
  std::set<uid_t> owners_of_files{};  // of PM2
  bool traces = false;                // an answer that can't be had is yes
};

Sight look_into(const UniqueFd& directory) {
  Sight sight;
  struct stat status{};
  if (::fstat(directory.get(), &status) == 0) {
    sight.identity = Identity{status.st_dev, status.st_ino};
    sight.owner = status.st_uid;
  }
  for (const char* file : kFilesOfPm2) {
    if (::fstatat(directory.get(), file, &status, AT_SYMLINK_NOFOLLOW) == 0) {
      sight.owners_of_files.insert(status.st_uid);
      sight.traces = true;
    } else if (errno != ENOENT) {
      sight.traces = true;
    }
  }
  return sight;
}

std::optional<uid_t> uid_of(const ProcId& id, const Forest& forest) {
  const Process* const process = forest.find(id);
  if (process == nullptr || !process->uid) return std::nullopt;
  return *process->uid;
}

// Whose daemon it is decides only where all of that is known.
bool may_be_daemon(std::optional<uid_t> uid, const Sight& sight) {
  if (!uid || *uid == 0 || !sight.owner) return true;
  return *uid == *sight.owner || sight.owners_of_files.contains(*uid);
}

// The one user of all its daemons.
std::optional<uid_t> user_of_daemons(const Pm2Home& home,
                                     const Forest& forest) {
  if (home.daemons.empty()) return std::nullopt;
  const std::optional<uid_t> first = uid_of(home.daemons.front(), forest);
  const bool same = std::ranges::all_of(home.daemons, [&](const ProcId& id) {
    return uid_of(id, forest) == first;
  });
  return same ? first : std::nullopt;
}

// Anybody may make a home of any directory in his own cookie; only what lies in
// it shows that its owner did so too.
std::optional<uid_t> user_of(const Pm2Home& home,
                             const Sight& sight,
                             const Forest& forest) {
  if (const auto user = user_of_daemons(home, forest)) return user;
  if (!sight.owner) return home.uid;
  const bool owner_s = !home.daemons.empty() || !home.uid ||
                       sight.owners_of_files.contains(*sight.owner);
  if (!owner_s) return home.uid;
  // `sudo pm2` in a home of its user: what is left may be either's.
  if (home.seen && home.uid && *home.uid != *sight.owner) return std::nullopt;
  return sight.owner;
}

struct Found {
  Place place{};
  Sight sight{};
};

Found find(const Pm2Home& home, const Forest& forest) {
  Found found{.place = {.home = home, .directory = open_pm2_home(home.path)}};
  if (found.place.directory) found.sight = look_into(*found.place.directory);
  std::erase_if(found.place.home.daemons, [&](const ProcId& id) {
    return !may_be_daemon(uid_of(id, forest), found.sight);
  });
  found.place.traces = found.sight.traces;
  return found;
}

// The lowest gives the place its name.
auto rank(const Pm2Home& home) {
  return std::tuple(
      !home.configured, home.daemons.empty(), !home.seen, home.path);
}

void add_new(std::vector<ProcId>& into, const std::vector<ProcId>& from) {
  into.insert(into.end(), from.begin(), from.end());
  std::ranges::sort(into);
  const auto repeated = std::ranges::unique(into);
  into.erase(repeated.begin(), repeated.end());
}

void merge(Pm2Home& into, const Pm2Home& alias) {
  if (alias.path != into.path) into.aliases.push_back(alias.path);
  add_new(into.daemons, alias.daemons);
  add_new(into.answered, alias.answered);
  into.configured = into.configured || alias.configured;
  into.seen = into.seen || alias.seen;
  if (!into.uid) into.uid = alias.uid;
}

}  // namespace

std::vector<Place> places_of(std::span<const Pm2Home> homes,
                             const Forest& forest) {
  std::vector<Found> all;
  for (const Pm2Home& home : homes) all.push_back(find(home, forest));
  std::vector<std::size_t> order;
  order.reserve(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) order.push_back(i);
  std::ranges::sort(
      order, {}, [&](std::size_t i) { return rank(all[i].place.home); });
  std::map<Identity, std::size_t> first;
  std::set<std::size_t> kept;  // in the order of `homes`
  for (const std::size_t i : order) {
    const std::optional<Identity>& identity = all[i].sight.identity;
    if (!identity) {
      kept.insert(i);
      continue;
    }
    const auto [known, fresh] = first.emplace(*identity, i);
    if (fresh) kept.insert(i);
    if (!fresh) merge(all[known->second].place.home, all[i].place.home);
  }
  std::vector<Place> places;
  for (const std::size_t i : kept) {
    Place& place = all[i].place;
    place.uid = user_of(place.home, all[i].sight, forest);
    places.push_back(std::move(place));
  }
  return places;
}

}  // namespace strayd
