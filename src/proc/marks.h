// What shows, without a read, whether a process is as it was.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <vector>

#include "strayd/core/process.h"

#include "listing.h"

namespace strayd {

struct Mark {
  ProcId id{};
  ListedPid listed{};
  std::uint64_t first = 0;  // the renewal that saw it first
  std::uint64_t last = 0;   // the renewal that last read its numbers
  std::uint64_t whole = 0;  // the renewal that last read everything of it
};

// Of the processes of a snapshot, ascending by pid.
class Marks {
 public:
  // Makes one mark for each process, in its order: the known one where the
  // process is listed as it was, else a blank one.
  void match(std::span<const Process> processes,
             std::span<const ListedPid> listed);
  void add(const Mark& mark);  // until the next match, at its place

  // Those that have no mark.
  std::vector<ListedPid> unmarked(std::span<const ListedPid> listed) const;
  std::span<const Mark> all() const { return marks_; }
  Mark* find(pid_t pid);

 private:
  std::vector<Mark> marks_{};
  std::vector<Mark> before_{};
};

}  // namespace strayd
