// Who is whose child, now, and cheaply: one line of /proc/PID/stat for each
// process (proc(5)), which never blocks. A freeze reads it many times.
//
// This is the live /proc and no other: its pids are those that are signalled.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "strayd/core/process.h"
#include "strayd/core/result.h"

namespace strayd {

struct Kin {
  ProcId id{};
  pid_t parent = 0;
  char state = '?';
  std::uint32_t flags = 0;  // PF_*
  std::int64_t threads = 1;
};

// A zombie leader may still have living threads.
bool is_alive(const Kin& kin);
// It is gone, or on its way out: it runs nothing of its own any more, and its
// program and arguments cannot be read.
bool is_dying(const ProcId& id);
// It runs nothing: stopped, in a tracer's hands, or dead.
bool is_still(const Kin& kin);
// It waits in the kernel and takes no signal before it wakes.
bool sleeps_in_kernel(const Kin& kin);

// Fault::NotFound: there is no such process.
Result<Kin> read_kin(pid_t pid);

// All of them, ascending by pid. One that exits meanwhile is left out; any
// other failure is one of the whole.
Result<std::vector<Kin>> read_all_kin();

}  // namespace strayd
