#include "files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

#include "strayd/sys/fd.h"
#include "strayd/sys/os.h"

#include "text.h"

namespace strayd {
namespace {

// Appended to the name of what is no longer there, with or without a newer one
// in its place.
constexpr std::string_view kDeleted = " (deleted)";

std::unexpected<ReadFailure> failed(int error) {
  return std::unexpected(ReadFailure{.error = error});
}

// One buffer of getdents64(2): records of a fixed head and a name.
void collect_numbers(const char* records,
                     std::size_t size,
                     std::vector<int>& to) {
  for (std::size_t at = 0; at < size;) {
    unsigned short length = 0;
    std::memcpy(
        &length, records + at + offsetof(dirent64, d_reclen), sizeof length);
    const char* const name = records + at + offsetof(dirent64, d_name);
    const std::optional<int> number = to_number<int>(name);
    if (number && *number >= 0) to.push_back(*number);
    at += length;
  }
}

FileId file_id(const struct statx& found) {
  return {.device = ::makedev(found.stx_dev_major, found.stx_dev_minor),
          .inode = found.stx_ino};
}

}  // namespace

bool ReadFailure::missing() const {
  return error == ENOENT || error == ESRCH;
}

bool ReadFailure::exhausted() const {
  return error == EMFILE || error == ENFILE || error == ENOMEM;
}

Unread ReadFailure::unread() const {
  if (error == EACCES || error == EPERM) return Unread::Denied;
  if (error == EFBIG) return Unread::TooLong;
  return Unread::Failed;
}

Read<std::string> read_text_at(int root,
                               const std::string& path,
                               std::size_t limit) {
  const UniqueFd fd{::openat(root, path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd) return failed(errno);
  std::string text;
  std::array<char, 4096> chunk{};
  for (;;) {
    const ssize_t got = ::read(fd.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(errno);
    if (got == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(got));
    if (text.size() > limit) return failed(EFBIG);
    if (static_cast<std::size_t>(got) < chunk.size()) return text;
  }
}

Read<std::string_view> read_text_into(int root,
                                      const char* path,
                                      std::span<char> buffer) {
  const UniqueFd fd{::openat(root, path, O_RDONLY | O_CLOEXEC)};
  if (!fd) return failed(errno);
  ssize_t got = 0;
  do {
    got = ::read(fd.get(), buffer.data(), buffer.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) return failed(errno);
  const auto size = static_cast<std::size_t>(got);
  if (size == buffer.size()) return failed(EFBIG);
  return std::string_view{buffer.data(), size};
}

Read<std::string> read_link_at(int root, const std::string& path) {
  std::array<char, 8192> buffer{};
  const ssize_t size =
      ::readlinkat(root, path.c_str(), buffer.data(), buffer.size());
  if (size < 0) return failed(errno);
  std::string_view target{buffer.data(), static_cast<std::size_t>(size)};
  if (target.size() == buffer.size()) return failed(EFBIG);
  if (target.ends_with(kDeleted)) target.remove_suffix(kDeleted.size());
  return std::string(target);
}

Read<FileId> identify_at(int root, const std::string& path) {
  struct statx found{};
  if (::statx(root, path.c_str(), AT_STATX_DONT_SYNC, STATX_INO, &found) != 0) {
    return failed(errno);
  }
  return file_id(found);
}

Read<OutputEnd> output_at(int root, const std::string& path) {
  // Documentation/admin-guide/devices.txt
  constexpr unsigned kMemory = 1;
  constexpr unsigned kNull = 3;
  struct statx found{};
  if (::statx(root,
              path.c_str(),
              AT_STATX_DONT_SYNC,
              STATX_TYPE | STATX_INO,
              &found) != 0) {
    if (errno == ENOENT) return OutputEnd{.leads_away = true};
    return failed(errno);
  }
  if (S_ISREG(found.stx_mode)) {
    return OutputEnd{.leads_away = true, .file = file_id(found)};
  }
  return OutputEnd{.leads_away = S_ISCHR(found.stx_mode) &&
                                 found.stx_rdev_major == kMemory &&
                                 found.stx_rdev_minor == kNull};
}

Read<std::vector<int>> list_numbers(int directory, std::size_t most) {
  std::vector<int> numbers;
  alignas(dirent64) std::array<char, 32768> records{};
  for (;;) {
    const ssize_t got = ::getdents64(directory, records.data(), records.size());
    if (got < 0) return failed(errno);
    if (got == 0) return numbers;
    collect_numbers(records.data(), static_cast<std::size_t>(got), numbers);
    if (numbers.size() > most) return failed(EFBIG);
  }
}

Result<std::vector<pid_t>> list_pids(int root) {
  const UniqueFd fd{::openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd) return std::unexpected(errno_error("open the procfs root", errno));
  Read<std::vector<int>> pids =
      list_numbers(fd.get(), std::numeric_limits<std::size_t>::max());
  if (!pids) {
    return std::unexpected(errno_error("list processes", pids.error().error));
  }
  std::erase(*pids, 0);
  std::ranges::sort(*pids);
  const auto repeated = std::ranges::unique(*pids);
  pids->erase(repeated.begin(), repeated.end());
  return *std::move(pids);
}

std::string pid_file(pid_t pid, const char* name) {
  return std::to_string(pid).append("/").append(name);
}

}  // namespace strayd
