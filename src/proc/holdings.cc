#include "holdings.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "strayd/core/unseen.h"
#include "strayd/proc/parse.h"
#include "strayd/sys/fd.h"
#include "strayd/sys/os.h"

#include "facts.h"
#include "files.h"

namespace strayd {
namespace {

using Inodes = std::vector<SocketInode>;

std::unexpected<ReadFailure> failed(int error) {
  return std::unexpected(ReadFailure{.error = error});
}

// nullopt: another kind, or closed by now.
Read<std::optional<SocketInode>> read_inode(int directory,
                                            int number,
                                            ParseLink parse) {
  std::array<char, 64> target{};  // longer ones are none
  const std::string name = std::to_string(number);
  const ssize_t size =
      ::readlinkat(directory, name.c_str(), target.data(), target.size());
  if (size >= 0) {
    return parse({target.data(), static_cast<std::size_t>(size)});
  }
  const ReadFailure failure{.error = errno};
  if (failure.missing()) return std::nullopt;
  return std::unexpected(failure);
}

// Of the process whose directory that is. Takes what it looked at from `left`.
Read<Inodes> read_inodes(int process,
                         ParseLink parse,
                         std::size_t each,
                         std::size_t& left) {
  const UniqueFd directory{
      ::openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!directory) return failed(errno);
  const std::size_t most = std::min(each, left);
  const Read<std::vector<int>> numbers = list_numbers(directory.get(), most);
  left -= numbers ? numbers->size() : most;
  if (!numbers) return std::unexpected(numbers.error());

  Inodes inodes;
  for (const int number : *numbers) {
    const Read<std::optional<SocketInode>> read =
        read_inode(directory.get(), number, parse);
    if (!read) return std::unexpected(read.error());
    const std::optional<SocketInode>& inode = *read;
    if (inode) inodes.push_back(*inode);
  }
  std::ranges::sort(inodes);
  const auto repeated = std::ranges::unique(inodes);
  inodes.erase(repeated.begin(), repeated.end());
  return inodes;
}

class Reading {
 public:
  Reading(int root, DescriptorLimits limits, ParseLink parse)
      : root_(root),
        limits_(limits),
        parse_(parse),
        network_(read_link_at(root, "self/ns/net")) {}

  Result<void> add(const ProcId& id) {
    // Held by its directory: whatever becomes of the pid, that is the same
    // process or none. One look at the start time afterwards says which, and
    // that it had not begun to close everything.
    const UniqueFd process{::openat(root_,
                                    std::to_string(id.pid).c_str(),
                                    O_PATH | O_DIRECTORY | O_CLOEXEC)};
    const Read<Inodes> inodes =
        process ? read_inodes(process.get(), parse_, limits_.each, limits_.all)
                : failed(errno);
    if (!inodes && inodes.error().exhausted()) {
      return std::unexpected(errno_error(
          pid_file(id.pid, "fd").insert(0, "read "), inodes.error().error));
    }
    if (!process && inodes.error().missing()) return {};
    const Result<StatReading> now = read_stat(process.get(), "stat", id.pid);
    if (!now) return std::unexpected(now.error());
    if (now->sight == Presence::Vanished) return {};
    if (now->sight == Presence::Seen && now->stat.id != id) return {};
    holdings_[id] = conclude(process.get(), *now, inodes);
    return {};
  }

  Holdings finish() && { return std::move(holdings_); }

 private:
  Observed<Inodes> conclude(int process,
                            const StatReading& now,
                            const Read<Inodes>& inodes) const {
    const Process seen{.state = now.stat.state,
                       .flags = now.stat.flags,
                       .threads = now.stat.threads};
    if (leader_has_exited(seen)) {
      // Its other threads may hold on to what it does not show any more.
      if (is_dead(seen)) return Inodes{};
      return std::unexpected(Unread::Failed);
    }
    if (!inodes) return std::unexpected(inodes.error().unread());
    // Whose they are, or in which network, cannot be told.
    if (now.sight == Presence::Refused || is_elsewhere(process)) {
      return std::unexpected(Unread::Failed);
    }
    return *inodes;
  }

  bool is_elsewhere(int process) const {
    if (!network_) return false;
    const Read<std::string> network = read_link_at(process, "ns/net");
    return network && *network != *network_;
  }

  int root_;
  DescriptorLimits limits_;
  ParseLink parse_;
  Read<std::string> network_;  // our own network namespace
  Holdings holdings_;
};

}  // namespace

Result<Holdings> read_holdings(int root,
                               std::span<const ProcId> ids,
                               DescriptorLimits limits,
                               ParseLink parse) {
  Reading reading{root, limits, parse};
  for (const ProcId& id : ids) {
    const Result<void> added = reading.add(id);
    if (!added) return std::unexpected(added.error());
  }
  return std::move(reading).finish();
}

}  // namespace strayd
