#include "set_aside.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "strayd/sys/os.h"

namespace strayd {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDamagedKept = 5;

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

// The unix_ms in the name of a file that was set aside; `prefix` is what comes
// before it.
std::optional<std::int64_t> set_aside_at(std::string_view name,
                                         std::string_view prefix) {
  constexpr std::size_t kMostDigits = 15;  // no sum overflows
  if (!name.starts_with(prefix)) return std::nullopt;
  const std::string_view digits = name.substr(prefix.size());
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
SetAside list_set_aside(const std::string& directory, std::string_view prefix) {
  SetAside found;
  std::error_code ignored;
  fs::directory_iterator entry(directory, ignored);
  for (; entry != fs::directory_iterator{}; entry.increment(ignored)) {
    const std::optional<std::int64_t> moment =
        set_aside_at(entry->path().filename().string(), prefix);
    if (moment) found.emplace_back(*moment, entry->path());
  }
  std::ranges::sort(found);
  return found;
}

// What can't be removed stays: it is no harm.
void prune(const SetAside& found) {
  std::error_code ignored;
  for (std::size_t i = 0; i + kDamagedKept < found.size(); ++i) {
    fs::remove(found[i].second, ignored);
  }
}

// Now, but later than all before it: the newest is never pruned for a clock
// that was set back.
std::int64_t next_moment(const SetAside& before) {
  const std::int64_t now = unix_ms();
  return before.empty() ? now : std::max(now, before.back().first + 1);
}

}  // namespace

Result<std::string> set_aside(const std::string& directory,
                              std::string_view file) {
  constexpr int kTries = 1000;
  const std::string prefix = std::string(file).append(".damaged-");
  const std::string path = std::string(directory).append("/").append(file);
  std::int64_t moment = next_moment(list_set_aside(directory, prefix));
  std::string aside;
  int error = EEXIST;
  for (int i = 0; i < kTries && error == EEXIST; ++i, ++moment) {
    aside = directory + "/" + prefix + std::to_string(moment);
    error = rename_to_new(path, aside);
  }
  if (error != 0) {
    return std::unexpected(
        errno_error("rename " + path + " to " + aside, error));
  }
  prune(list_set_aside(directory, prefix));
  return aside;
}

}  // namespace strayd
