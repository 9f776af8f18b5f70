#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "strayd/core/cookie.h"
#include "strayd/core/forest.h"
#include "strayd/core/home_path.h"
#include "strayd/core/supervisor.h"
#include "strayd/pm2/observe.h"

namespace strayd {
namespace {

constexpr std::size_t kMostHomes = 64;

std::optional<std::string> normal(const std::optional<std::string>& path) {
  return path ? normal_home(*path) : std::nullopt;
}

std::optional<uid_t> known(const Observed<uid_t>& uid) {
  return uid ? std::optional(*uid) : std::nullopt;
}

std::optional<std::string> home_in(const Environment& environment) {
  const auto home = environment.find("PM2_HOME");
  if (home == environment.end()) return std::nullopt;
  return home->second;
}

// A home while it is being found.
struct Found {
  Pm2Home home{};
  std::optional<BootTime> oldest{};  // of its daemons
  std::optional<uid_t> holder{};     // of a cookie that names it
  bool long_dead = false;
};

class Finder {
 public:
  Finder(const Snapshot& snapshot, bool automatic)
      : forest_(snapshot),
        self_(forest_.find(snapshot.self)),
        automatic_(automatic) {}

  void add_configured(const std::string& path);
  void add_remembered(const std::string& path, const HomeMemory& memory);
  void add_process(const Process& process);

  std::vector<Pm2Home> homes() &&;

 private:
  Found* at(const std::optional<std::string>& path);
  void add_daemon(const Process& process, const std::string& path);
  void add_cookie(const Process& process);

  // In another file system, most likely.
  bool elsewhere(const Process& process) const {
    return process.pid_namespace_depth.value_or(1) != 1 ||
           in_other_container(process, self_);
  }

  Forest forest_;
  const Process* self_;
  bool automatic_;
  std::map<std::string, Found> found_{};
  std::set<std::string> told_{};  // absolute paths, as cookies spell them
};

// nullptr: it is not to be asked.
Found* Finder::at(const std::optional<std::string>& path) {
  if (!path) return nullptr;
  if (!automatic_) {
    const auto known = found_.find(*path);
    return known == found_.end() ? nullptr : &known->second;
  }
  Found& found = found_[*path];
  found.home.path = *path;
  return &found;
}

void Finder::add_configured(const std::string& path) {
  const std::optional<std::string> spelled = normal_home(path);
  if (!spelled) return;
  Pm2Home& home = found_[*spelled].home;
  home.path = *spelled;
  home.configured = true;
}

void Finder::add_remembered(const std::string& path, const HomeMemory& memory) {
  if (!memory.seen) return;
  if (Found* const found = at(normal_home(path))) {
    found->home.seen = true;
    found->home.uid = memory.uid;
    found->long_dead = memory.long_dead;
    for (const ProcId& id : memory.answered) {
      const Process* const daemon = forest_.find(id);
      if (daemon == nullptr || is_dead(*daemon)) continue;
      found->home.answered.push_back(id);
    }
  }
}

void Finder::add_process(const Process& process) {
  if (elsewhere(process)) return;
  if (!is_dead(process)) {
    if (const auto title = normal(god_daemon_home(process))) {
      if (!is_fork_of_daemon(process, forest_.find(process.parent))) {
        add_daemon(process, *title);
      }
    } else if (supervisor_kind(process) == SupervisorKind::Pm2Runtime) {
      const auto home = normal(pm2_home_of(process));
      if (home) add_daemon(process, *home);
    }
  }
  if (process.environment) add_cookie(process);
}

void Finder::add_daemon(const Process& process, const std::string& path) {
  Found* const found = at(path);
  if (found == nullptr) return;
  found->home.daemons.push_back(process.id);
  found->oldest =
      std::min(found->oldest.value_or(process.started), process.started);
}

// The second that names a home by the same path has nothing to add.
void Finder::add_cookie(const Process& process) {
  const std::optional<std::string> text = home_in(*process.environment);
  if (text && told_.contains(*text)) return;
  const CookieReading reading = read_cookie(*process.environment);
  std::optional<std::string> home = normal(text);
  if (const Cookie* const cookie = std::get_if<Cookie>(&reading)) {
    home = cookie->home;
  } else if (forest_.children(process.id.pid).empty()) {
    return;  // an operator's shell has one too
  }
  if (Found* const found = at(home)) {
    if (!found->holder) found->holder = known(process.uid);
    if (found->holder && text && text->starts_with('/')) told_.insert(*text);
  }
}

// The lowest is asked first, and the last to be dropped.
auto rank(const Found& found) {
  const bool living =
      !found.home.daemons.empty() || !found.home.answered.empty();
  return std::tuple(!found.home.configured,
                    !living,
                    found.oldest.value_or(BootTime{}),
                    found.long_dead,
                    !found.home.seen,
                    found.home.path);
}

// Cuts to the homes that are asked. Returns how many are gone that might still
// own something.
std::size_t leave_out(std::vector<Found>& found) {
  if (found.size() <= kMostHomes) return 0;
  const auto missed = std::count_if(
      found.begin() + kMostHomes, found.end(), [](const Found& one) {
        return !one.long_dead;
      });
  found.resize(kMostHomes);
  return static_cast<std::size_t>(missed);
}

std::vector<Pm2Home> Finder::homes() && {
  std::vector<Found> found;
  found.reserve(found_.size());
  for (auto& [path, one] : found_) found.push_back(std::move(one));
  std::ranges::sort(found, {}, rank);
  const std::size_t left_out = leave_out(found);
  std::ranges::sort(found, {}, [](const Found& one) { return one.home.path; });
  std::vector<Pm2Home> homes;
  for (Found& one : found) {
    if (!one.home.uid) one.home.uid = one.holder;
    homes.push_back(std::move(one.home));
  }
  if (left_out > 0) {
    homes.push_back({.path = "(more homes)", .left_out = left_out});
  }
  return homes;
}

}  // namespace

std::vector<Pm2Home> pm2_homes(const Snapshot& snapshot,
                               std::span<const std::string> configured,
                               bool automatic,
                               const Memory& memory) {
  Finder finder(snapshot, automatic);
  for (const std::string& path : configured) finder.add_configured(path);
  for (const auto& [path, past] : memory.homes) {
    finder.add_remembered(path, past);
  }
  for (const Process& process : snapshot.processes) finder.add_process(process);
  return std::move(finder).homes();
}

}  // namespace strayd
