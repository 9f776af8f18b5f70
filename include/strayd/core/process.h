// What the kernel said of the processes of one moment.
//
// A snapshot is a value: nothing here reads, waits or logs. What could not be
// read is marked as such and never guessed at.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <vector>

namespace strayd {

// Time since boot, suspend included (CLOCK_BOOTTIME).
using BootTime = std::chrono::nanoseconds;

// One process. A pid alone is soon reused, so it decides nothing and is never
// signalled. Exact within one boot for every process that was seen at least one
// clock tick after its birth; a persisted identity adds the boot id.
struct ProcId {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;  // field 22 of /proc/PID/stat, since boot

  auto operator<=>(const ProcId&) const = default;
};

// Why a fact of a process is missing.
enum class Unread {
  NotAsked,  // it was not needed
  Denied,    // EACCES, EPERM
  Blocked,   // the read did not come back in time
  TooLong,   // longer than the bounded read
  Failed     // any other error
};

// A fact, or why it is missing. "Empty" and "not readable" are different.
template <typename T>
using Observed = std::expected<T, Unread>;

template <typename T>
Observed<T> not_asked() {
  return std::unexpected(Unread::NotAsked);
}

// The allow-listed environment variables of one process (kEnvironmentKeys);
// everything else is dropped while it is read.
using Environment = std::map<std::string, std::string>;

// A file, whatever its path is by now (stat(2)).
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  auto operator<=>(const FileId&) const = default;
};

struct Process {
  ProcId id{};
  // From /proc/PID/stat (proc(5)).
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  std::int32_t tty = 0;  // device number; 0: no controlling terminal
  char state = '?';
  std::uint32_t flags = 0;  // PF_*
  std::int64_t threads = 1;
  // It has had children, and has awaited their ends (their page faults count
  // with it then).
  bool has_awaited_children = false;
  BootTime started{};
  std::chrono::nanoseconds cpu{};    // user and system time of all its threads
  std::uint64_t resident_bytes = 0;  // shared pages included
  std::string comm{};                // raw bytes
  // Where its arguments lie in its memory (arg_start). An exec moves them; a
  // process that writes a title over them does not.
  Observed<std::uint64_t> argv_at = not_asked<std::uint64_t>();
  // From /proc/PID/status.
  Observed<uid_t> uid = not_asked<uid_t>();  // the real one
  // Depth of its pid namespace below the one of the procfs mount; 1: the same.
  Observed<int> pid_namespace_depth = not_asked<int>();
  Observed<pid_t> tracer = not_asked<pid_t>();  // 0: none
  // nohup(1) does that to what it starts (SigIgn).
  Observed<bool> ignores_hangup = not_asked<bool>();
  // From /proc/PID/cmdline, split at the NULs, trailing empty ones dropped.
  Observed<std::vector<std::string>> argv =
      not_asked<std::vector<std::string>>();
  // Details: only for candidates and their relatives.
  Observed<std::string> exe = not_asked<std::string>();
  Observed<FileId> exe_file = not_asked<FileId>();
  // Its standard output and error lead into files, or nowhere: what it says
  // does not go to whoever started it. Node undoes what nohup(1) does to
  // signals, so this is what is left to see of it.
  Observed<bool> has_own_output = not_asked<bool>();
  std::vector<FileId> output_files{};  // those of the two that are files
  Observed<std::string> cwd = not_asked<std::string>();
  // The path in the unified hierarchy, else in name=systemd, else the first.
  Observed<std::string> cgroup = not_asked<std::string>();
  Observed<Environment> environment = not_asked<Environment>();
  // Its fair share of the memory (Pss of /proc/PID/smaps_rollup): asked for
  // seldom, and then the newest that is known.
  Observed<std::uint64_t> pss_bytes = not_asked<std::uint64_t>();
};

// A zombie leader may still have living threads: then it is alive.
bool is_dead(const Process& process);
bool is_kernel_thread(const Process& process);

struct Snapshot {
  BootTime taken{};  // read before the first process
  // Unix time in milliseconds at boot: epoch = boot_epoch_ms + started.
  std::int64_t boot_epoch_ms = 0;
  std::string boot_id{};
  ProcId self{};                     // strayd
  std::vector<Process> processes{};  // ascending by pid, each pid once
  std::size_t vanished = 0;          // exited while being read: normal
  std::size_t unreadable = 0;        // processes that could not be read whole
};

// The environment variables that may be read: PM2's cookie, its home, the pid
// that systemd has started and the invocation of its unit (systemd.exec(5)),
// and our own marker. Source: PM2
// 7.0.4, lib/God/ForkMode.js and lib/API/Extra.js.
// In cluster mode PM2 puts them into one JSON object, `pm2_env`; the reader
// flattens its allow-listed keys into the same map.
inline constexpr std::array kEnvironmentKeys{"pm_id",
                                             "unique_id",
                                             "PM2_HOME",
                                             "name",
                                             "namespace",
                                             "pm_uptime",
                                             "HOME",
                                             "restart_time",
                                             "exec_mode",
                                             "created_at",
                                             "pm_cwd",
                                             "pm_exec_path",
                                             "username",
                                             "NODE_APP_INSTANCE",
                                             "SYSTEMD_EXEC_PID",
                                             "INVOCATION_ID",
                                             "STRAYD_PROTECT"};

}  // namespace strayd
