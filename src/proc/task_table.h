// The kernel's own list of processes, in one read: what shows that one of them
// is not as it was. Where strayd was built without BPF, or may not load it,
// there is none.
#pragma once

#include <memory>
#include <vector>

#include "strayd/core/result.h"

#include "bpf/task_record.h"

namespace strayd {

class TaskTable {
 public:
  static bool is_built_in();
  // Loads a BPF program (CAP_BPF and CAP_PERFMON, Linux 5.8 with BTF), and
  // looks whether it tells of this process what procfs does.
  static Result<std::unique_ptr<TaskTable>> open(int root);
  TaskTable(TaskTable&&) = delete;
  TaskTable& operator=(TaskTable&&) = delete;
  TaskTable(const TaskTable&) = delete;
  TaskTable& operator=(const TaskTable&) = delete;
  ~TaskTable();

  // Of the processes of this pid namespace, ascending by pid. One may lack:
  // what lacks says nothing.
  Result<void> read(std::vector<task_record>& into);

 private:
  struct Impl;
  explicit TaskTable(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strayd
