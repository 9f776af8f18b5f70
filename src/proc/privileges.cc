#include "privileges.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>

#include "strayd/core/result.h"
#include "strayd/sys/os.h"

#include "files.h"

namespace strayd {

bool is_effective(const Capability& capability) {
  const auto release = [](cap_t set) {
    ::cap_free(set);
  };
  const std::unique_ptr<std::remove_pointer_t<cap_t>, decltype(release)> set{
      ::cap_get_proc(), release};
  cap_flag_value_t flag = CAP_CLEAR;
  return set &&
         ::cap_get_flag(set.get(), capability.value, CAP_EFFECTIVE, &flag) ==
             0 &&
         flag == CAP_SET;
}

std::string missing_of(const std::vector<Capability>& wanted) {
  std::string missing;
  for (const Capability& capability : wanted) {
    if (is_effective(capability)) continue;
    if (!missing.empty()) missing += ", ";
    missing += capability.name;
  }
  return missing;
}

bool in_initial_user_namespace() {
  // It alone maps every id to itself. No file: a kernel without them.
  const Result<std::string> map = read_file("/proc/self/uid_map", 4096);
  if (!map) return map.error().fault == Fault::NotFound;
  std::string squeezed = *map;
  const auto repeated = std::ranges::unique(
      squeezed, [](char a, char b) { return a == ' ' && b == ' '; });
  squeezed.erase(repeated.begin(), repeated.end());
  return squeezed == " 0 0 4294967295\n";
}

bool all_are_ours(int root) {
  const Result<std::vector<pid_t>> pids = list_pids(root);
  if (!pids) return false;
  return std::ranges::all_of(*pids, [&](pid_t pid) {
    struct stat found{};
    const std::string name = std::to_string(pid);
    // One that is gone by now is nobody's.
    return ::fstatat(root, name.c_str(), &found, 0) != 0 ||
           found.st_uid == ::geteuid();
  });
}

}  // namespace strayd
