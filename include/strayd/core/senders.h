// Who sent a fatal signal to what PM2 runs, as the kernel saw it at that
// moment.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "strayd/core/process.h"

namespace strayd {

struct Sender {
  enum class Kind : std::uint8_t {
    Outside,  // of the tree that the signal hit
    Inside,   // npm, a cluster's primary: they signal their own all the time
    Itself,   // raised by the process that it hit
    Pm2,      // a God Daemon
    Strayd,   // this one
    Kernel    // for want of memory, a hangup, a pid namespace that ends
  };
  Kind kind = Kind::Outside;
  // pid 0: it is not in this pid namespace.
  ProcId id{};
  uid_t uid = 0;
  // Its comm, and those above it up to five; raw bytes.
  std::vector<std::string> chain{};
  // The names of its cgroup and of two above it, the innermost first.
  std::vector<std::string> cgroups{};

  bool operator==(const Sender&) const = default;
};

struct SentSignal {
  int signal = 0;
  int code = 0;  // si_code
  BootTime at{};
  std::int64_t unix_ms = 0;  // the same moment
  ProcId target{};
  // PM2's own child, at the top of the tree that the target is in.
  ProcId top{};
  Sender sender{};

  bool operator==(const SentSignal&) const = default;
};

}  // namespace strayd
