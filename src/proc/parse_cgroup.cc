#include <optional>

#include "strayd/proc/parse.h"

#include "text.h"

namespace strayd {
namespace {

// Of a cgroup that was removed while a process was still in it.
constexpr std::string_view kDeleted = " (deleted)";

std::string_view without_suffix(std::string_view path) {
  if (path.ends_with(kDeleted)) path.remove_suffix(kDeleted.size());
  return path;
}

}  // namespace

// Lines of `id:controllers:path`; the unified hierarchy has id 0 and no
// controllers (cgroups(7)). A hybrid host has it too, with every process at
// "/".
Result<std::string> parse_cgroup(std::string_view text) {
  std::optional<std::string_view> unified;
  std::optional<std::string_view> systemd;
  std::optional<std::string_view> first;
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    const std::string_view id = take_until(line, ':');
    const std::string_view controllers = take_until(line, ':');
    const std::string_view path = without_suffix(line);
    if (!path.starts_with('/')) continue;
    if (id == "0" && controllers.empty()) {
      unified = path;
    } else if (controllers == "name=systemd") {
      systemd = path;
    } else if (!first) {
      first = path;
    }
  }
  if (unified && (*unified != "/" || (!systemd && !first))) {
    return std::string(*unified);
  }
  if (systemd) return std::string(*systemd);
  if (first) return std::string(*first);
  return fail(Fault::Malformed, "parse cgroup: no line with a path");
}

}  // namespace strayd
