// A disk of a test's own, which it may fill: small, in memory, and in a mount
// namespace that ends with the process that made it.
#pragma once

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>

#include <gtest/gtest.h>

#include "strayd/sys/fd.h"

#include "support/temp_dir.h"
#include "support/told.h"

namespace strayd::test {

inline constexpr std::size_t kOwnDiskBytes = 4UL * 1024 * 1024;

// Empty: what is written below that path now goes to a file system of its own,
// no larger than it should be.
inline std::string why_not_own(const std::string& path) {
  struct stat here{};
  struct stat around{};
  struct statfs disk{};
  if (::stat(path.c_str(), &here) != 0 ||
      ::stat((path + "/..").c_str(), &around) != 0 ||
      ::statfs(path.c_str(), &disk) != 0) {
    return "it can't be looked at: " + std::string(std::strerror(errno));
  }
  if (disk.f_type != TMPFS_MAGIC) return "it is no tmpfs";
  if (here.st_dev == around.st_dev) return "its parent is on the same disk";
  // As many blocks as its size is given in, of a page each.
  const std::size_t blocks =
      kOwnDiskBytes / static_cast<std::size_t>(disk.f_bsize);
  return disk.f_blocks <= blocks ? "" : "it is larger than it should be";
}

// Empty: that directory is a disk of this process alone. Else why it is not; in
// a chroot, for one, / is no mount that could be made private.
inline std::string mount_own_disk(const std::string& path) {
  const auto failed = [](const char* what) {
    return std::string(what) + ": " + std::strerror(errno);
  };
  if (::unshare(CLONE_NEWNS) != 0) return failed("no mounts of its own");
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return failed("its mounts would show outside");
  }
  const std::string size = "size=" + std::to_string(kOwnDiskBytes);
  if (::mount("tmpfs", path.c_str(), "tmpfs", 0, size.c_str()) != 0) {
    return failed("no tmpfs");
  }
  return why_not_own(path);
}

// What mount_own_disk() would answer.
inline std::string why_no_own_disk() {
  const TempDir directory;
  return told_by([&] { return mount_own_disk(directory.path()); });
}

// Until nothing more fits. Only on a disk of its own, and never more than that
// could hold.
inline void fill(const std::string& directory) {
  const std::string why = why_not_own(directory);
  ASSERT_EQ(why, "") << directory << " is not for tests to fill";
  const std::string path = directory + "/ballast";
  const UniqueFd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
  const std::string block(4096, 'x');
  std::size_t written = 0;
  while (written <= kOwnDiskBytes &&
         ::write(fd.get(), block.data(), block.size()) > 0) {
    written += block.size();
  }
  EXPECT_EQ(errno, ENOSPC);
  EXPECT_LE(written, kOwnDiskBytes);
}

}  // namespace strayd::test
