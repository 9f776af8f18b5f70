// The names in the root of a procfs, in one read.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <vector>

#include "strayd/core/result.h"

namespace strayd {

struct Listed {
  pid_t pid = 0;
  // Of its directory. The same pid under another one may be another process;
  // under the same one it is the same, but for a race of the listing with the
  // exit that gave the pid free (proc_fill_cache of fs/proc/base.c).
  std::uint64_t inode = 0;
};

// Keeps its memory from one reading to the next.
class Listing {
 public:
  Result<void> read(int root);
  // Of the last reading. Ascending by pid, each once.
  std::span<const Listed> all() const { return all_; }

 private:
  std::vector<char> records_{};
  std::vector<Listed> all_{};
};

}  // namespace strayd
