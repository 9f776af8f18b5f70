#include "listing.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>

#include "strayd/sys/fd.h"
#include "strayd/sys/os.h"

#include "text.h"

namespace strayd {
namespace {

// Of 10 000 processes.
constexpr std::size_t kRecords = std::size_t{256} * 1024;

// One buffer of getdents64(2): records of a fixed head and a name.
void collect(std::span<const char> records, std::vector<Listed>& into) {
  while (!records.empty()) {
    unsigned short length = 0;
    std::memcpy(
        &length, records.data() + offsetof(dirent64, d_reclen), sizeof length);
    ino64_t inode = 0;
    std::memcpy(
        &inode, records.data() + offsetof(dirent64, d_ino), sizeof inode);
    const char* const name = records.data() + offsetof(dirent64, d_name);
    const std::optional<pid_t> pid = to_number<pid_t>(name);
    if (pid && *pid > 0) into.push_back({.pid = *pid, .inode = inode});
    records = records.subspan(length);
  }
}

}  // namespace

Result<void> Listing::read(int root) {
  const UniqueFd fd{::openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd) return std::unexpected(errno_error("open the procfs root", errno));
  records_.resize(kRecords);
  all_.clear();
  for (;;) {
    const ssize_t got =
        ::getdents64(fd.get(), records_.data(), records_.size());
    if (got < 0) return std::unexpected(errno_error("list processes", errno));
    if (got == 0) break;
    collect({records_.data(), static_cast<std::size_t>(got)}, all_);
  }
  if (!std::ranges::is_sorted(all_, {}, &Listed::pid)) {
    std::ranges::sort(all_, {}, &Listed::pid);
  }
  const auto repeated = std::ranges::unique(all_, {}, &Listed::pid);
  all_.erase(repeated.begin(), repeated.end());
  return {};
}

}  // namespace strayd
