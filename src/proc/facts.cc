#include "facts.h"

#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "strayd/core/unseen.h"
#include "strayd/proc/parse.h"
#include "strayd/sys/os.h"

#include "files.h"
#include "moment.h"

namespace strayd {
namespace {

constexpr std::size_t kStatLimit = 8192;
// A process may be in 65536 groups, and status lists them all.
constexpr std::size_t kStatusLimit = std::size_t{1} << 20U;
constexpr std::size_t kCgroupLimit = std::size_t{1} << 16U;

std::unexpected<Error> exhausted(const ReadFailure& failure, pid_t pid) {
  return std::unexpected(
      errno_error("read process " + std::to_string(pid), failure.error));
}

// As much as the type holds where that is beyond it.
std::uint64_t bytes_of(std::uint64_t pages) {
  const long asked = ::sysconf(_SC_PAGESIZE);
  const std::uint64_t page =
      asked > 0 ? static_cast<std::uint64_t>(asked) : 4096;
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  return pages > most / page ? most : pages * page;
}

Process from_stat(ProcStat stat) {
  Process process;
  process.id = stat.id;
  process.started = ticks_to_time(stat.id.start_ticks);
  take_stat(process, std::move(stat));
  return process;
}

// Of a process whose stat was just read, so that a missing file does not yet
// mean that it is gone: a fixture may lack it, and a zombie has no exe. If it
// is gone, look_again() will say so.
template <typename T>
Result<void> keep(Read<T> read, Observed<T>& fact, pid_t pid) {
  if (read) {
    fact = *std::move(read);
  } else if (read.error().exhausted()) {
    return exhausted(read.error(), pid);
  } else {
    fact = std::unexpected(read.error().unread());
  }
  return {};
}

Result<void> keep(const SlowText& text,
                  Observed<std::string>& fact,
                  pid_t pid) {
  if (text) {
    fact = *text;
  } else if (text.error().blocked) {
    fact = std::unexpected(Unread::Blocked);
  } else {
    return keep(
        Read<std::string>{std::unexpected(text.error().read)}, fact, pid);
  }
  return {};
}

void add_status(Process& process, const Observed<std::string>& text) {
  const ProcStatus status = text ? parse_status(*text) : ProcStatus{};
  process.uid = status.uid;
  process.pid_namespace_depth = status.pid_namespace_depth;
  process.tracer = status.tracer;
  process.ignores_hangup = status.ignores_hangup;
  if (text || text.error() != Unread::Denied) return;
  process.uid = std::unexpected(Unread::Denied);
  process.pid_namespace_depth = std::unexpected(Unread::Denied);
  process.tracer = std::unexpected(Unread::Denied);
  process.ignores_hangup = std::unexpected(Unread::Denied);
}

Result<void> add_output(int root, Process& process) {
  const pid_t pid = process.id.pid;
  process.output_files.clear();
  for (const char* const name : {"fd/1", "fd/2"}) {
    Observed<OutputEnd> end = std::unexpected(Unread::NotAsked);
    Result<void> kept = keep(output_at(root, pid_file(pid, name)), end, pid);
    if (!end) process.has_own_output = std::unexpected(end.error());
    if (!kept || !end) return kept;
    process.has_own_output = end->leads_away;
    if (end->file) process.output_files.push_back(*end->file);
    if (!end->leads_away) return kept;
  }
  return {};
}

// An exec in between shows itself in where argv lies.
Result<void> add_program(int root, Process& process) {
  const pid_t pid = process.id.pid;
  const std::string path = pid_file(pid, "exe");
  Result<void> kept = keep(read_link_at(root, path), process.exe, pid);
  if (kept) kept = keep(identify_at(root, path), process.exe_file, pid);
  if (kept) kept = add_output(root, process);
  return kept;
}

void add_cgroup(Process& process, const Observed<std::string>& text) {
  process.cgroup = std::unexpected(text ? Unread::Failed : text.error());
  if (!text) return;
  Result<std::string> path = parse_cgroup(*text);
  if (path) process.cgroup = *std::move(path);
}

}  // namespace

void take_stat(Process& process, ProcStat stat) {
  process.parent = stat.parent;
  process.group = stat.group;
  process.session = stat.session;
  process.tty = stat.tty;
  process.state = stat.state;
  process.flags = stat.flags;
  process.threads = stat.threads;
  process.has_awaited_children = stat.has_awaited_children;
  process.cpu = ticks_to_time(stat.cpu_ticks);
  process.resident_bytes = bytes_of(stat.resident_pages);
  process.comm = std::move(stat.comm);
  process.argv_at = stat.argv_at;
  if (stat.argv_at != 0) return;
  process.argv_at =
      std::unexpected(has_memory(process) ? Unread::Denied : Unread::Failed);
}

Result<StatReading> read_stat(int at, const std::string& path, pid_t pid) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): it is read into
  std::array<char, kStatLimit> buffer;
  const Read<std::string_view> text = read_text_into(at, path.c_str(), buffer);
  if (!text && text.error().exhausted()) return exhausted(text.error(), pid);
  if (!text && text.error().missing()) return StatReading{};
  if (!text) return StatReading{.sight = Presence::Refused};
  Result<ProcStat> stat = parse_stat(*text);
  if (!stat || stat->id.pid != pid) {
    return StatReading{.sight = Presence::Refused};
  }
  return StatReading{.sight = Presence::Seen, .stat = *std::move(stat)};
}

Result<Sighting> sight_process(int root, pid_t pid) {
  Result<StatReading> reading = read_stat(root, pid_file(pid, "stat"), pid);
  if (!reading) return std::unexpected(reading.error());
  if (reading->sight != Presence::Seen) {
    return Sighting{.sight = reading->sight};
  }

  Sighting seen{.sight = Presence::Seen,
                .process = from_stat(std::move(reading->stat))};
  Read<std::string> status =
      read_text_at(root, pid_file(pid, "status"), kStatusLimit);
  if (!status && status.error().missing()) {
    const Result<Presence> again = look_again(root, seen.process);
    if (!again) return std::unexpected(again.error());
    seen.sight = *again;
  }
  Observed<std::string> text;
  const Result<void> kept = keep(std::move(status), text, pid);
  if (!kept) return std::unexpected(kept.error());
  add_status(seen.process, text);
  return seen;
}

Result<void> add_links(int root, Process& process) {
  const pid_t pid = process.id.pid;
  if (!is_kernel_thread(process)) {  // which has none: nothing is missing
    Result<void> kept = add_program(root, process);
    if (!kept) return kept;
  }
  Result<void> kept =
      keep(read_link_at(root, pid_file(pid, "cwd")), process.cwd, pid);
  if (!kept) return kept;
  Observed<std::string> text;
  kept = keep(
      read_text_at(root, pid_file(pid, "cgroup"), kCgroupLimit), text, pid);
  if (!kept) return kept;
  add_cgroup(process, text);
  return {};
}

// The cgroup is looked at in any process.
bool has_details(const Process& process) {
  return process.cgroup || process.cgroup.error() != Unread::NotAsked;
}

void forget_details(Process& process) {
  process.exe = not_asked<std::string>();
  process.exe_file = not_asked<FileId>();
  process.has_own_output = not_asked<bool>();
  process.output_files.clear();
  process.cwd = not_asked<std::string>();
  process.cgroup = not_asked<std::string>();
  process.environment = not_asked<Environment>();
}

bool has_memory(const Process& process) {
  return !is_kernel_thread(process) && !leader_has_exited(process);
}

void settle_without_memory(Process& process) {
  if (is_kernel_thread(process)) {
    process.argv = std::vector<std::string>{};
    return;
  }
  // Of a zombie that is all there is. But other threads may live on behind a
  // leader that has exited, and they do have a command line.
  if (is_dead(process)) {
    process.argv = std::vector<std::string>{};
  } else {
    process.argv = std::unexpected(Unread::Failed);
  }
  process.environment = std::unexpected(Unread::Failed);
}

Result<void> add_argv(Process& process, const SlowText& text) {
  Observed<std::string> bytes;
  const Result<void> kept = keep(text, bytes, process.id.pid);
  if (!kept) return kept;
  if (bytes) {
    process.argv = split_cmdline(*bytes);
  } else {
    process.argv = std::unexpected(bytes.error());
  }
  return {};
}

Result<void> add_environment(Process& process, const SlowText& text) {
  Observed<std::string> bytes;
  const Result<void> kept = keep(text, bytes, process.id.pid);
  if (!kept) return kept;
  if (bytes) {
    process.environment = parse_environ(*bytes);
  } else {
    process.environment = std::unexpected(bytes.error());
  }
  return {};
}

Result<Presence> look_again(int root, Process& process) {
  const pid_t pid = process.id.pid;
  const Result<StatReading> reading =
      read_stat(root, pid_file(pid, "stat"), pid);
  if (!reading) return std::unexpected(reading.error());
  if (reading->sight == Presence::Vanished) return Presence::Vanished;
  if (reading->sight == Presence::Refused) return Presence::Refused;
  if (reading->stat.id != process.id) return Presence::Vanished;

  process.state = reading->stat.state;
  process.flags = reading->stat.flags;
  process.threads = reading->stat.threads;
  if (!leader_has_exited(process)) return Presence::Seen;
  if (process.argv && process.argv->empty() && !is_dead(process)) {
    process.argv = std::unexpected(Unread::Failed);
  }
  if (process.environment && process.environment->empty()) {
    process.environment = std::unexpected(Unread::Failed);
  }
  return Presence::Seen;
}

}  // namespace strayd
