#include <utility>

#include "task_table.h"

namespace strayd {

struct TaskTable::Impl {};

TaskTable::TaskTable(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TaskTable::~TaskTable() = default;

bool TaskTable::is_built_in() {
  return false;
}

Result<std::unique_ptr<TaskTable>> TaskTable::open(int /*root*/) {
  return fail(Fault::NotFound, "this strayd was built without BPF");
}

// As the one with BPF.
// NOLINTNEXTLINE(readability-convert-member-functions-to-static)
Result<void> TaskTable::read(std::vector<task_record>& /*into*/) {
  return fail(Fault::NotFound, "this strayd was built without BPF");
}

}  // namespace strayd
