#include "listing.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <limits>
#include <optional>

#include "strayd/sys/fd.h"
#include "strayd/sys/os.h"

#include "text.h"

namespace strayd {
namespace {

// Of 10 000 processes.
constexpr std::size_t kRecords = std::size_t{256} * 1024;

// One buffer of getdents64(2): records of a fixed head and a name.
void collect(std::span<const char> records, std::vector<ListedPid>& into) {
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

// One number for all that makes a process another one, or another's. What
// changes by itself, as its number of threads, is not in it.
std::uint64_t fold(const task_record& record) {
  constexpr std::uint64_t kPrime = 0x100000001b3;  // FNV-1a
  std::uint64_t folded = 0xcbf29ce484222325;
  const auto add = [&](std::uint64_t value) {
    folded = (folded ^ value) * kPrime;
    folded ^= folded >> 32U;
  };
  add(record.started_ns);
  add(record.argv_at);
  add(static_cast<std::uint64_t>(record.parent));
  add(record.uid);
  add(static_cast<std::uint64_t>(record.tracer));
  add(static_cast<std::uint64_t>(record.exit_state));
  std::array<std::uint64_t, 2> name{};
  static_assert(sizeof name == sizeof record.comm);
  std::memcpy(name.data(), record.comm, sizeof name);
  for (const std::uint64_t part : name) add(part);
  return folded == 0 ? 1 : folded;
}

}  // namespace

void list_tasks(std::span<const task_record> records,
                std::span<const Process> known,
                std::vector<ListedPid>& into) {
  into.clear();
  auto process = known.begin();
  const auto take_known_below = [&](pid_t pid) {
    for (; process != known.end() && process->id.pid < pid; ++process) {
      into.push_back({.pid = process->id.pid});
    }
  };
  for (const task_record& record : records) {
    if (!into.empty() && into.back().pid == record.pid) continue;
    take_known_below(record.pid);
    into.push_back({.pid = record.pid, .glimpse = fold(record)});
    if (process != known.end() && process->id.pid == record.pid) ++process;
  }
  take_known_below(std::numeric_limits<pid_t>::max());
}

Result<void> Listing::read(TaskTable& table, std::span<const Process> known) {
  Result<void> done = table.read(records_of_tasks_);
  if (done) list_tasks(records_of_tasks_, known, all_);
  return done;
}

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
  if (!std::ranges::is_sorted(all_, {}, &ListedPid::pid)) {
    std::ranges::sort(all_, {}, &ListedPid::pid);
  }
  const auto repeated = std::ranges::unique(all_, {}, &ListedPid::pid);
  all_.erase(repeated.begin(), repeated.end());
  return {};
}

}  // namespace strayd
