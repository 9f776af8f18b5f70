// The texts of /proc/PID, turned into values. Pure: bytes in, values out.
//
// The bytes are under foreign control: a process chooses its name, command line
// and environment. Nothing here throws, recurses, or takes more than linear
// time. Formats: proc(5) and fs/proc/{array,base}.c of Linux 6.18.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strayd/core/process.h"
#include "strayd/core/result.h"

namespace strayd {

// The fields of /proc/PID/stat that strayd uses.
struct ProcStat {
  ProcId id{};
  std::string comm{};  // raw bytes
  char state = '?';
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  std::int32_t tty = 0;
  std::uint32_t flags = 0;
  std::int64_t threads = 0;
  std::uint64_t cpu_ticks = 0;  // in user and in system mode
  std::uint64_t resident_pages = 0;
  // The address of argv (field 48), another one after each exec; 0 where the
  // kernel keeps it from us, or there is no memory.
  std::uint64_t argv_at = 0;
  // Minor page faults of children that it has awaited (field 11, cminflt).
  bool has_awaited_children = false;

  bool operator==(const ProcStat&) const = default;
};

// Fault::Malformed where any field up to the resident size (24) is missing or
// cut off.
Result<ProcStat> parse_stat(std::string_view text);

// The fields of /proc/PID/status that strayd uses; Unread::Failed where one is
// missing, malformed, or there twice.
struct ProcStatus {
  Observed<uid_t> uid = std::unexpected(Unread::Failed);
  Observed<int> pid_namespace_depth = std::unexpected(Unread::Failed);
  Observed<pid_t> tracer = std::unexpected(Unread::Failed);
  Observed<bool> ignores_hangup = std::unexpected(Unread::Failed);

  bool operator==(const ProcStatus&) const = default;
};
ProcStatus parse_status(std::string_view text);

// The arguments; empty ones at the end are dropped (a process that writes a
// title over its argv pads with NULs), empty ones between are kept.
std::vector<std::string> split_cmdline(std::string_view text);

// The allow-listed variables (kEnvironmentKeys). The first occurrence counts,
// as it does for getenv(3). A cluster worker of PM2 has one variable `pm2_env`
// instead, a JSON object: its allow-listed members are added where there is no
// variable of that name. Unread::Failed where that object is not whole, or
// where there is text but not one variable, as a program leaves it that writes
// its title over it (setproctitle, Perl's $0): what is left would look like a
// process that PM2 never knew.
Observed<Environment> parse_environ(std::string_view text);

// The members of PM2's JSON object that are allow-listed and not objects,
// arrays or null; numbers as decimal text.
Result<Environment> parse_pm2_env(std::string_view json);

// From /proc/PID/cgroup: the path in the unified hierarchy unless that is "/"
// and there are others, else in name=systemd, else the first one's.
Result<std::string> parse_cgroup(std::string_view text);

// From /proc/PID/smaps_rollup: Pss, in bytes.
Observed<std::uint64_t> parse_pss(std::string_view text);

// From a link of /proc/PID/fd: the inode of "socket:[N]"; nullopt: no socket.
std::optional<std::uint64_t> parse_socket_link(std::string_view target);
// The same of "pipe:[N]".
std::optional<std::uint64_t> parse_pipe_link(std::string_view target);

}  // namespace strayd
