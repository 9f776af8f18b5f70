// The process table, read from procfs (proc(5)).
//
// A read of /proc/PID/cmdline or environ takes the target's mmap lock and can
// block for as long as its disk does. Those two are read by a killable helper
// process with a deadline; everything else is read here and does not block.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "strayd/core/process.h"
#include "strayd/core/result.h"

namespace strayd {

struct ProcfsOptions {
  std::string root = "/proc";
  // For the whole of one process's cmdline or environ.
  std::chrono::milliseconds read_timeout{500};
  // A longer argv is marked Unread::TooLong.
  std::size_t argv_limit = std::size_t{64} * 1024;
  std::size_t environ_limit = std::size_t{256} * 1024;
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

  // One process with all details, read now. Fault::NotFound: it is gone, or the
  // pid is another's.
  Result<Process> read(const ProcId& id);

 private:
  struct Impl;
  explicit Procfs(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strayd
