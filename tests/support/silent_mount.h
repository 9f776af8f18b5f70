// A file system that never answers (FUSE without a server): whoever looks into
// it waits until he is killed. To be used in a mount namespace of a test's own.
#pragma once

#include <fcntl.h>
#include <sys/mount.h>

#include <string>

#include "strayd/sys/fd.h"

namespace strayd::test {

class SilentMount {
 public:
  explicit SilentMount(std::string at)
      : at_(std::move(at)), device_(::open("/dev/fuse", O_RDWR | O_CLOEXEC)) {
    const std::string options = "fd=" + std::to_string(device_.get()) +
                                ",rootmode=40000,user_id=0,group_id=0";
    works_ = device_ &&
             ::mount("silent", at_.c_str(), "fuse", 0, options.c_str()) == 0;
  }
  SilentMount(SilentMount&&) = delete;
  SilentMount& operator=(SilentMount&&) = delete;
  SilentMount(const SilentMount&) = delete;
  SilentMount& operator=(const SilentMount&) = delete;
  ~SilentMount() {
    if (works_) ::umount2(at_.c_str(), MNT_DETACH);
  }

  // false: this host has no FUSE, or we may not.
  bool works() const { return works_; }

 private:
  std::string at_;
  UniqueFd device_;
  bool works_ = false;
};

}  // namespace strayd::test
