// The process table, read from procfs (proc(5)).
//
// A read of /proc/PID/cmdline, environ or smaps_rollup takes the target's mmap
// lock and can block for as long as its disk does. Those are read by a killable
// helper process with a deadline; everything else is read here and does not
// block.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "strayd/core/process.h"
#include "strayd/core/result.h"
#include "strayd/core/sockets.h"

namespace strayd {

// Where a renewal looks for what has changed.
enum class TableSource {
  Automatic,  // BPF on a large host, where it may be used
  Procfs,
  Bpf  // BPF if it may be used
};

struct ProcfsOptions {
  std::string root = "/proc";
  TableSource source = TableSource::Automatic;
  // For the whole of one process's cmdline, environ or smaps_rollup.
  std::chrono::milliseconds read_timeout{500};
  // A longer argv is marked Unread::TooLong.
  std::size_t argv_limit = std::size_t{64} * 1024;
  std::size_t environ_limit = std::size_t{256} * 1024;
  // A process with more open descriptors is marked Unread::TooLong, and so are
  // those that follow after as many as the second in one call: a descriptor
  // takes some microseconds.
  std::size_t descriptor_limit = 65536;
  std::size_t descriptors_limit = std::size_t{4} * 65536;
};

// How much of a known snapshot is read again. Numbers are in renewals.
struct Renewal {
  // Everything of these; the suspects.
  std::span<const ProcId> whole{};
  // The numbers (stat) of these, besides those whose details are wanted.
  std::span<const ProcId> numbers{};
  // The numbers of each process at least as often; 1: of all, each time.
  unsigned numbers_every = 12;
  // Everything of each process at least as often.
  unsigned everything_every = 120;
};

class Procfs {
 public:
  // Fails where root is not a readable procfs (or fixture of one).
  static Result<Procfs> open(const ProcfsOptions& options);
  Procfs(Procfs&&) noexcept;
  Procfs& operator=(Procfs&&) noexcept;
  Procfs(const Procfs&) = delete;
  Procfs& operator=(const Procfs&) = delete;
  ~Procfs();

  // The live /proc of this kernel, so that its pids may be signalled.
  bool is_live() const;

  // Which of the processes just read need their details (exe, cwd, cgroup,
  // environment).
  using Select = std::function<std::vector<ProcId>(const Snapshot&)>;

  // A process that exits while it is read is counted as vanished and left out.
  // EMFILE, ENFILE, ENOMEM throw the whole snapshot away.
  Result<Snapshot> snapshot(const Select& details_for);

  // Brings a snapshot of this procfs up to now with few reads. Always true of
  // now: who is there, and who has which parent, but for the children of a
  // parent that is not reaped yet. So is all that is asked for, the numbers of
  // all with details, and everything of those that are new or have executed a
  // program since their numbers were last read. The rest is as old as `how`
  // allows: it shows where to look, and is no evidence against a process.
  //
  // An empty snapshot is read whole, and so is a fixture. Errors are those of
  // snapshot(), and leave an empty one.
  Result<void> renew(Snapshot& known,
                     const Select& details_for,
                     const Renewal& how);

  // Why renewals do not use BPF though they should; nullopt: they do, or need
  // not.
  const std::optional<std::string>& without_bpf() const;

  // One process with all details, read now. Fault::NotFound: it is gone, or the
  // pid is another's.
  Result<Process> read(const ProcId& id);

  // Whether it is there, a zombie or not, and its pid not another's.
  bool has(const ProcId& id) const;

  // The sockets that these processes hold. One that is gone, or whose pid is
  // another's, is left out. EMFILE, ENFILE, ENOMEM: Fault::Exhausted.
  Result<Holdings> holdings(std::span<const ProcId> ids);
  // The same of the pipes that they hold an end of.
  Result<Holdings> pipes(std::span<const ProcId> ids);

  // Their fair shares of the memory (Pss of /proc/PID/smaps_rollup), in bytes;
  // left out and Fault::Exhausted as above. The kernel walks over all of a
  // process's memory for it, which takes about a millisecond and, of a very
  // large one, longer than read_timeout: ask for a few at a time. The first
  // that blocks ends the call; the rest then counts as blocked, too.
  Result<std::map<ProcId, Observed<std::uint64_t>>> pss(
      std::span<const ProcId> ids);

 private:
  struct Impl;
  explicit Procfs(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strayd
