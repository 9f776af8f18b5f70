#include "strayd/report/state.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>

#include "strayd/report/render.h"
#include "strayd/sys/os.h"

namespace strayd {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFile = "state.json";
constexpr std::string_view kDamaged = "state.json.damaged-";
constexpr std::size_t kDamagedKept = 5;

std::string path_in(const std::string& directory, std::string_view name) {
  return std::string(directory).append("/").append(name);
}

// RENAME_NOREPLACE where the file system has it (Linux 3.15), else as good.
int rename_to_new(const std::string& from, const std::string& to) {
  const bool done =
      ::renameat2(
          AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0;
  if (done) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  struct stat found{};
  if (::lstat(to.c_str(), &found) == 0) return EEXIST;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

// The unix_ms in the name of a file that was set aside.
std::optional<std::int64_t> set_aside_at(const std::string& name) {
  constexpr std::size_t kMostDigits = 15;  // no sum overflows
  if (!name.starts_with(kDamaged)) return std::nullopt;
  const std::string_view digits =
      std::string_view(name).substr(kDamaged.size());
  std::int64_t moment = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), moment);
  if (error != std::errc{} || end != digits.data() + digits.size() ||
      digits.size() > kMostDigits) {
    return std::nullopt;
  }
  return moment;
}

using SetAside = std::vector<std::pair<std::int64_t, fs::path>>;

// Oldest first. What can't be listed is none.
SetAside list_set_aside(const std::string& directory) {
  SetAside found;
  std::error_code ignored;
  fs::directory_iterator entry(directory, ignored);
  for (; entry != fs::directory_iterator{}; entry.increment(ignored)) {
    const std::optional<std::int64_t> moment =
        set_aside_at(entry->path().filename().string());
    if (moment) found.emplace_back(*moment, entry->path());
  }
  std::ranges::sort(found);
  return found;
}

// What can't be removed stays: it is no harm.
void prune_set_aside(const std::string& directory) {
  const SetAside found = list_set_aside(directory);
  std::error_code ignored;
  for (std::size_t i = 0; i + kDamagedKept < found.size(); ++i) {
    fs::remove(found[i].second, ignored);
  }
}

// Now, but later than all before it: the newest is never pruned for a clock
// that was set back.
std::int64_t next_moment(const std::string& directory) {
  const SetAside before = list_set_aside(directory);
  const std::int64_t now = unix_ms();
  return before.empty() ? now : std::max(now, before.back().first + 1);
}

Result<LoadedState> start_afresh(const std::string& directory,
                                 const std::string& why) {
  constexpr int kTries = 1000;
  const std::string path = path_in(directory, kFile);
  std::int64_t moment = next_moment(directory);
  std::string aside;
  int error = EEXIST;
  for (int i = 0; i < kTries && error == EEXIST; ++i, ++moment) {
    aside = path_in(directory, kDamaged) + std::to_string(moment);
    error = rename_to_new(path, aside);
  }
  if (error != 0) {
    return std::unexpected(
        errno_error("rename " + path + " to " + aside, error));
  }
  prune_set_aside(directory);
  return LoadedState{
      .state = {.breaker = opened({},
                                  "the state file was not usable, so nobody "
                                  "knows whether the breaker was open; it is "
                                  "kept as " +
                                      aside,
                                  unix_ms())},
      .complaint =
          one_line("state file " + path + " is not usable (" + why +
                   "); it is kept as " + aside + ", and strayd starts afresh")};
}

Result<void> check_size(const State& state) {
  const RestartLedger& ledger = state.ledger;
  if (ledger.apps.size() <= kMostApps &&
      ledger.instances.size() <= kMostInstances &&
      ledger.homes.size() <= kMostHomes &&
      state.homes_seen.size() <= kMostHomes &&
      state.in_grace.size() <= kMostInGrace &&
      state.kept.size() <= kMostKeptKeys &&
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
    state.in_grace.clear();
    state.kept.clear();
  }
  state.boot_id = boot_id;
  return state;
}

}  // namespace strayd
