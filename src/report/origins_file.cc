#include "strayd/report/origins_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "strayd/sys/os.h"

#include "set_aside.h"

namespace strayd {
namespace {

constexpr std::string_view kFile = "origins.json";

std::string path_in(const std::string& directory) {
  return std::string(directory).append("/").append(kFile);
}

std::unexpected<Error> unusable(const std::string& path,
                                const std::string& why) {
  return fail(Fault::Malformed,
              "origins file " + path + " is not usable (" + why + ")");
}

}  // namespace

Result<std::optional<StoredOrigins>> load_origins(
    const std::string& directory) {
  const std::string path = path_in(directory);
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return std::nullopt;
    return std::unexpected(errno_error("stat " + path, errno));
  }
  if (!S_ISREG(found.st_mode)) return unusable(path, "not a regular file");
  if (std::cmp_greater(found.st_size, kLargestOriginsFile)) {
    return unusable(path, "too large");
  }
  const Result<std::string> text = read_file(path, kLargestOriginsFile);
  if (!text) return std::unexpected(text.error());
  Result<StoredOrigins> stored = parse_origins(*text);
  if (!stored) return unusable(path, stored.error().what);
  return *std::move(stored);
}

Result<void> save_origins(const std::string& directory,
                          const StoredOrigins& stored) {
  if (stored.origins.size() > kMostOrigins ||
      stored.places.size() > kMostOrigins ||
      stored.launches.size() > kMostLaunches) {
    return fail(Fault::Exhausted, "origins: too many processes or launches");
  }
  const std::string text = format_origins(stored);
  if (text.size() > kLargestOriginsFile) {
    return fail(Fault::Exhausted, "origins: larger than they may be read");
  }
  const Result<void> made = make_directories(directory);
  if (!made) return made;
  return replace_file_unsynced(path_in(directory), text);
}

Result<std::string> set_origins_aside(const std::string& directory) {
  return set_aside(directory, kFile);
}

Result<void> remove_origins(const std::string& directory) {
  const std::string path = path_in(directory);
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return std::unexpected(errno_error("unlink " + path, errno));
}

}  // namespace strayd
