// The facts of one process, one file after the other.
#pragma once

#include <sys/types.h>

#include <string>

#include "strayd/core/process.h"
#include "strayd/core/result.h"
#include "strayd/proc/parse.h"

#include "slow_reader.h"

namespace strayd {

// Every Error here means that we are short of something (Fault::Exhausted), so
// that the whole pass is worth nothing.

enum class Presence {
  Seen,
  Vanished,  // it exited, or another process has its pid by now
  Refused    // the kernel does not show it, or what it shows is no stat
};

// The stat of a process; `path` is relative to the directory `at`.
struct StatReading {
  Presence sight = Presence::Vanished;
  ProcStat stat{};
};
Result<StatReading> read_stat(int at, const std::string& path, pid_t pid);

struct Sighting {
  Presence sight = Presence::Vanished;
  Process process{};
};

// All of it that is of a stat, but the identity.
void take_stat(Process& process, ProcStat stat);

// From stat and status.
Result<Sighting> sight_process(int root, pid_t pid);

// Adds exe and its file, cwd and cgroup.
Result<void> add_links(int root, Process& process);

// Whether its details were read, whatever came back.
bool has_details(const Process& process);
// Takes them back.
void forget_details(Process& process);

// Whether it has memory of its own, from which cmdline and environ are read.
bool has_memory(const Process& process);

// Says what is known of argv and environment without a read, where there is no
// memory to read: a kernel thread, or a thread group whose leader has exited.
void settle_without_memory(Process& process);

Result<void> add_argv(Process& process, const SlowText& text);
Result<void> add_environment(Process& process, const SlowText& text);

// Reads stat again: whether all that was read in between was of this process.
// If its leader has begun to exit meanwhile, an empty argv or environment says
// nothing, and is taken back.
Result<Presence> look_again(int root, Process& process);

}  // namespace strayd
