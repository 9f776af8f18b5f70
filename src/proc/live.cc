#include "live.h"

#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstddef>
#include <string_view>

#include "strayd/proc/parse.h"

#include "files.h"

namespace strayd {
namespace {

constexpr std::size_t kStatusLimit = std::size_t{1} << 20U;

std::string_view without_trailing_slashes(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

}  // namespace

bool is_procfs(int root) {
  struct statfs found{};
  return ::fstatfs(root, &found) == 0 && found.f_type == PROC_SUPER_MAGIC;
}

std::optional<std::string> foreign_namespace(int root) {
  const Read<std::string> self = read_link_at(root, "self");
  if (!self) return "it does not show this process";
  const std::string pid = std::to_string(::getpid());
  if (*self != pid) {
    return "it shows this process, pid " + pid + ", as " + *self +
           ": it is of another pid namespace";
  }
  // The same number twice would be a coincidence, but is possible.
  const Read<std::string> status =
      read_text_at(root, pid + "/status", kStatusLimit);
  if (!status) return "the status of this process is not readable there";
  if (parse_status(*status).pid_namespace_depth != 1) {
    return "it is of a pid namespace above this process's own";
  }
  return std::nullopt;
}

std::optional<std::string> why_not_live(const std::string& path, int root) {
  if (without_trailing_slashes(path) != "/proc") {
    return "the root is " + path + ", not /proc";
  }
  if (!is_procfs(root)) return path + " is not a procfs";
  return foreign_namespace(root);
}

}  // namespace strayd
