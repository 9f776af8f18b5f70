#include "strayd/report/state.h"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "strayd/report/render.h"
#include "strayd/sys/os.h"

#include "harm_json.h"
#include "set_aside.h"

namespace strayd {
namespace {

constexpr std::string_view kFile = "state.json";

std::string path_in(const std::string& directory, std::string_view name) {
  return std::string(directory).append("/").append(name);
}

Result<LoadedState> start_afresh(const std::string& directory,
                                 const std::string& why) {
  const Result<std::string> kept = set_aside(directory, kFile);
  if (!kept) return std::unexpected(kept.error());
  return LoadedState{
      .state = {.breaker = opened({},
                                  "the state file was not usable, so nobody "
                                  "knows whether the breaker was open; it is "
                                  "kept as " +
                                      *kept,
                                  unix_ms())},
      .complaint = one_line("state file " + path_in(directory, kFile) +
                            " is not usable (" + why + "); it is kept as " +
                            *kept + ", and strayd starts afresh")};
}

Result<void> check_size(const State& state) {
  const RestartLedger& ledger = state.ledger;
  if (ledger.apps.size() <= kMostApps && state.ends.size() <= kMostApps &&
      state.senders.size() <= kMostApps &&
      ledger.instances.size() <= kMostInstances &&
      ledger.homes.size() <= kMostHomes &&
      state.homes_seen.size() <= kMostHomes &&
      state.homes_ended.size() <= kMostHomes &&
      state.in_grace.size() <= kMostInGrace &&
      state.ports.size() <= kMostKnownPorts &&
      std::ranges::all_of(state.ports,
                          [](const auto& app) {
                            return app.second.size() <= kMostPortsOfApp;
                          }) &&
      state.asked.size() <= kMostKnownPorts &&
      std::ranges::all_of(state.asked,
                          [](const auto& app) {
                            return app.second.size() <= kMostPortsOfApp;
                          }) &&
      state.kept.size() <= kMostKeptKeys &&
      state.harm.kills.size() <= kMostWatchedKills &&
      std::ranges::all_of(state.harm.kills,
                          [](const WatchedKill& kill) {
                            return kill.watched.size() <= kMostWatchedApps &&
                                   kill.ties.size() <= kMostWatchedApps;
                          }) &&
      state.harm.history.apps.size() <= kMostWatchedApps &&
      state.kills_unix_ms.size() <= kMostKills) {
    return {};
  }
  return fail(Fault::Exhausted,
              "state: too many apps, instances, homes or processes");
}

}  // namespace

Result<LoadedState> load_state(const std::string& directory) {
  const Result<void> made = make_directories(directory);
  if (!made) return std::unexpected(made.error());
  const std::string path = path_in(directory, kFile);
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return LoadedState{};
    return std::unexpected(errno_error("stat " + path, errno));
  }
  if (!S_ISREG(found.st_mode)) {
    return start_afresh(directory, "not a regular file");
  }
  if (std::cmp_greater(found.st_size, kLargestStateFile)) {
    return start_afresh(directory, "too large");
  }
  const Result<std::string> text = read_file(path, kLargestStateFile);
  if (!text && text.error().fault == Fault::Exhausted) {
    return std::unexpected(text.error());
  }
  if (!text) return start_afresh(directory, text.error().what);
  Result<State> state = parse_state(*text);
  if (!state) return start_afresh(directory, state.error().what);
  return LoadedState{.state = std::move(*state)};
}

Result<State> peek_state(const std::string& directory) {
  struct stat found{};
  if (::stat(directory.c_str(), &found) != 0) {
    return std::unexpected(errno_error("stat " + directory, errno));
  }
  const std::string path = path_in(directory, kFile);
  const Result<std::string> text = read_file(path, kLargestStateFile);
  if (text) return parse_state(*text);
  if (text.error().fault == Fault::NotFound) return State{};
  return std::unexpected(text.error());
}

std::optional<StateStamp> state_stamp(const std::string& directory) {
  struct stat found{};
  if (::stat(path_in(directory, kFile).c_str(), &found) != 0) {
    return std::nullopt;
  }
  return StateStamp{.inode = found.st_ino,
                    .changed = std::chrono::seconds{found.st_mtim.tv_sec} +
                               std::chrono::nanoseconds{found.st_mtim.tv_nsec}};
}

Result<void> save_state(const std::string& directory, const State& state) {
  const Result<void> small_enough = check_size(state);
  if (!small_enough) return small_enough;
  const Result<void> made = make_directories(directory);
  if (!made) return made;
  const std::string text = format_state(state);
  if (text.size() > kLargestStateFile) {
    return fail(Fault::Exhausted, "state: larger than it may be read");
  }
  return replace_file(path_in(directory, kFile), text);
}

State of_boot(State state, const std::string& boot_id) {
  if (state.boot_id != boot_id) {
    state.homes_seen.clear();
    state.homes_ended.clear();
    state.in_grace.clear();
    state.kept.clear();
    state.harm = {.history = of_next_boot(std::move(state.harm.history))};
  }
  if (state.origins_boot_id != boot_id) state.origins_boot_id.clear();
  state.boot_id = boot_id;
  return state;
}

}  // namespace strayd
