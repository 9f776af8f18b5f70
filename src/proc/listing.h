// Who is there, in one read: the names in the root of a procfs, or the kernel's
// own list.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <vector>

#include "strayd/core/process.h"
#include "strayd/core/result.h"

#include "task_table.h"

namespace strayd {

struct ListedPid {
  pid_t pid = 0;
  // Of its directory; 0: it was not read. The same pid under another one may be
  // another process; under the same one it is the same, but for a race of the
  // listing with the exit that gave the pid free (proc_fill_cache of
  // fs/proc/base.c).
  std::uint64_t inode = 0;
  // What the kernel's own list says of it, folded into one number; 0: nothing.
  std::uint64_t glimpse = 0;

  // Not listed by anybody: it was known before, and nothing more
  // (list_tasks()).
  bool is_remembered() const { return inode == 0 && glimpse == 0; }

  bool operator==(const ListedPid&) const = default;
};

// Ascending by pid, each once. What is known and lacks among the records is
// listed without a glimpse: that it lacks says nothing (TaskTable::read()), and
// whoever asks it will know.
void list_tasks(std::span<const task_record> records,
                std::span<const Process> known,
                std::vector<ListedPid>& into);

// Keeps its memory from one reading to the next.
class Listing {
 public:
  Result<void> read(int root);
  Result<void> read(TaskTable& table, std::span<const Process> known);
  // Of the last reading. Ascending by pid, each once.
  std::span<const ListedPid> all() const { return all_; }

 private:
  std::vector<char> records_{};
  std::vector<ListedPid> all_{};
  std::vector<task_record> records_of_tasks_{};
};

}  // namespace strayd
