#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <bpf/bpf.h>

#include "strayd/sys/fd.h"
#include "strayd/sys/os.h"

#include "bpf_object.h"
#include "facts.h"
#include "files.h"
#include "task_table.h"

// The compiled program, as bytes of this one.
__asm__(
    ".section .rodata\n"
    ".balign 16\n"
    ".global strayd_tasks_begin\n"
    ".global strayd_tasks_end\n"
    "strayd_tasks_begin:\n"
    ".incbin \"" STRAYD_TASKS_OBJECT
    "\"\n"
    "strayd_tasks_end:\n"
    ".previous\n");
// NOLINTBEGIN(*-avoid-c-arrays,readability-identifier-naming): of C
extern "C" const char strayd_tasks_begin[];
extern "C" const char strayd_tasks_end[];
// NOLINTEND(*-avoid-c-arrays,readability-identifier-naming)

namespace strayd {
namespace {

// Records at a time; the kernel gives as many as are in its buffer.
constexpr std::size_t kRecords = 1024;

std::string_view name_of(const task_record& record) {
  const std::string_view name{record.comm, sizeof record.comm};
  return name.substr(0, name.find('\0'));
}

std::uint64_t ticks_of(const task_record& record) {
  const long asked = ::sysconf(_SC_CLK_TCK);
  const std::uint64_t per_second =
      asked > 0 ? static_cast<std::uint64_t>(asked) : 100;
  return record.started_ns / (1'000'000'000 / per_second);
}

// In a time namespace, or of another pid namespace's procfs, it would differ.
Result<void> check(int root, std::span<const task_record> records) {
  const pid_t pid = ::getpid();
  const Result<StatReading> self = read_stat(root, pid_file(pid, "stat"), pid);
  const auto found =
      std::ranges::lower_bound(records, pid, {}, &task_record::pid);
  if (!self || self->sight != Presence::Seen || found == records.end() ||
      found->pid != pid) {
    return fail(Fault::Malformed, "BPF does not show this process");
  }
  if (ticks_of(*found) != self->stat.id.start_ticks ||
      found->parent != self->stat.parent ||
      name_of(*found) != self->stat.comm) {
    return fail(Fault::Malformed,
                "BPF shows this process otherwise than procfs does");
  }
  return {};
}

}  // namespace

struct TaskTable::Impl {
  BpfOwned<bpf_object> object;
  BpfOwned<bpf_link> link;
};

TaskTable::TaskTable(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TaskTable::~TaskTable() = default;

bool TaskTable::is_built_in() {
  return true;
}

Result<std::unique_ptr<TaskTable>> TaskTable::open(int root) {
  Result<BpfOwned<bpf_object>> object = load_bpf(
      {strayd_tasks_begin,
       static_cast<std::size_t>(strayd_tasks_end - strayd_tasks_begin)});
  if (!object) return std::unexpected(object.error());
  bpf_program* const program =
      ::bpf_object__find_program_by_name(object->get(), "list_processes");
  if (program == nullptr) return bpf_failed("find the BPF program");
  BpfOwned<bpf_link> link{::bpf_program__attach_iter(program, nullptr)};
  if (!link) return bpf_failed("attach the BPF program");

  std::unique_ptr<TaskTable> table{new TaskTable(std::make_unique<Impl>(
      Impl{.object = *std::move(object), .link = std::move(link)}))};
  std::vector<task_record> records;
  Result<void> done = table->read(records);
  if (done) done = check(root, records);
  if (!done) return std::unexpected(done.error());
  return table;
}

Result<void> TaskTable::read(std::vector<task_record>& into) {
  const UniqueFd fd{::bpf_iter_create(::bpf_link__fd(impl_->link.get()))};
  if (!fd) return bpf_failed("start the BPF iterator");
  std::size_t bytes = 0;
  for (;;) {
    into.resize((bytes / sizeof(task_record)) + kRecords);
    const ssize_t got = ::read(fd.get(),
                               reinterpret_cast<char*>(into.data()) + bytes,
                               (into.size() * sizeof(task_record)) - bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return bpf_failed("read the BPF iterator");
    if (got == 0) break;
    bytes += static_cast<std::size_t>(got);
  }
  into.resize(bytes / sizeof(task_record));
  if (!std::ranges::is_sorted(into, {}, &task_record::pid)) {
    std::ranges::sort(into, {}, &task_record::pid);
  }
  return {};
}

}  // namespace strayd
