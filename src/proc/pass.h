// One pass over the processes, in the order in which the facts are safe to ask
// for: stat and status of all, the command lines, then the details of a few,
// their environment last.
#pragma once

#include <sys/types.h>

#include <functional>
#include <vector>

#include "strayd/core/process.h"
#include "strayd/core/result.h"

#include "slow_reader.h"

namespace strayd {

class Pass {
 public:
  // `begun`: a snapshot without processes.
  Pass(int root, SlowReader& reader, Snapshot begun);

  // Any Error throws the pass away.
  Result<void> see_all();
  Result<void> see(pid_t pid);
  Result<void> read_argv();
  Result<void> read_argv(const std::vector<ProcId>& ids);
  Result<void> read_details(const std::vector<ProcId>& ids);

  Snapshot& snapshot() { return snapshot_; }
  const Snapshot& snapshot() const { return snapshot_; }
  Process* find(const ProcId& id);
  Snapshot finish() &&;

 private:
  using Add = std::function<Result<void>(Process&, const SlowText&)>;

  std::vector<Process*> everything();
  // Those of them that are there, each once.
  std::vector<Process*> chosen(const std::vector<ProcId>& ids);
  Result<void> read_argv_of(const std::vector<Process*>& processes);
  // Those that have memory to read; the others are settled.
  static std::vector<Process*> settle(const std::vector<Process*>& processes);

  Result<void> ask(std::vector<Process*> processes,
                   SlowFile file,
                   const Add& add);
  // Those whose file was empty.
  Result<std::vector<Process*>> ask_once(const std::vector<Process*>& processes,
                                         SlowFile file,
                                         const Add& add);
  // Looks whether what was read is of the same processes still.
  Result<void> drop_the_gone(const std::vector<Process*>& processes);

  int root_;
  SlowReader* reader_;
  Snapshot snapshot_;
};

}  // namespace strayd
