#include "strayd/core/cookie_reader.h"

#include <algorithm>
#include <vector>

#include "strayd/core/forest.h"
#include "strayd/core/home_path.h"

namespace strayd {
namespace {

std::optional<std::string> text_of(const Environment& environment,
                                   const char* key) {
  const auto found = environment.find(key);
  if (found == environment.end()) return std::nullopt;
  return found->second;
}

}  // namespace

CookieReader::CookieReader(const Snapshot& snapshot,
                           std::span<const Pm2View> asked) {
  for (const Pm2View& view : asked) {
    known_.emplace(view.home, view.home);
    for (const std::string& path : view.aliases) {
      known_.emplace(path, view.home);
    }
  }
  index_daemons(snapshot);
}

void CookieReader::index_daemons(const Snapshot& snapshot) {
  std::vector<const Process*> titled;
  for (const Process& process : snapshot.processes) {
    if (home_in_title(process)) titled.push_back(&process);
  }
  if (titled.empty()) return;
  const Forest forest(snapshot);
  const Process* const self = forest.find(snapshot.self);
  for (const Process* const daemon : titled) {
    // What is in another pid namespace is in another file system, most likely.
    if (is_dead(*daemon) || daemon->pid_namespace_depth.value_or(1) != 1 ||
        in_other_container(*daemon, self) ||
        is_fork_of_daemon(*daemon, forest.find(daemon->parent))) {
      continue;
    }
    std::optional<std::string> home = god_daemon_home(*daemon);
    if (home) known_.emplace(*home, *home);
    if (!daemon->uid) continue;
    titled_[{*home_in_title(*daemon), *daemon->uid}].insert(std::move(home));
  }
}

CookieReading CookieReader::read(const Process& process) const {
  if (!process.environment) return NoCookie{};
  const auto text = text_of(*process.environment, "PM2_HOME");
  if (!text || text->empty() || text->starts_with('/')) {
    return read_cookie(*process.environment);
  }
  Environment environment = *process.environment;
  if (auto home = home_of(process, *text)) {
    environment["PM2_HOME"] = *std::move(home);
  }
  return read_cookie(environment);
}

// Where PM2 started the app, or where the process works now: whichever is known
// as a home. If neither is, the one of the only daemon of its user with the
// same text in its title. Between two nobody can tell.
std::optional<std::string> CookieReader::home_of(
    const Process& process, const std::string& text) const {
  std::vector<std::string> directories;
  if (auto launched = text_of(*process.environment, "pm_cwd")) {
    directories.push_back(*std::move(launched));
  }
  if (process.cwd) directories.push_back(*process.cwd);

  std::optional<std::string> found;
  std::optional<std::string> stands_for;
  for (const std::string& directory : directories) {
    const std::optional<std::string> home = home_from(directory, text);
    const auto known = home ? known_.find(*home) : known_.end();
    if (known == known_.end()) continue;
    if (stands_for && *stands_for != known->second) return std::nullopt;
    if (!found) found = home;
    stands_for = known->second;
  }
  if (found || !process.uid) return found;
  return only_daemon_of({text, *process.uid});
}

std::optional<std::string> CookieReader::only_daemon_of(
    const Title& title) const {
  const auto homes = titled_.find(title);
  if (homes == titled_.end() || homes->second.size() != 1) return std::nullopt;
  return *homes->second.begin();
}

}  // namespace strayd
