#include "strayd/proc/procfs.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <expected>
#include <utility>

#include "strayd/proc/parse.h"
#include "strayd/sys/fd.h"
#include "strayd/sys/os.h"

#include "facts.h"
#include "files.h"
#include "holdings.h"
#include "live.h"
#include "moment.h"
#include "pass.h"
#include "pss.h"
#include "renewer.h"
#include "slow_reader.h"
#include "task_table.h"

namespace strayd {

struct Procfs::Impl {
  Impl(UniqueFd opened, const ProcfsOptions& options)
      : root(std::move(opened)),
        live(!why_not_live(options.root, root.get())),
        reader(root.get(),
               SlowReadLimits{.timeout = options.read_timeout,
                              .cmdline = options.argv_limit,
                              .environ = options.environ_limit}),
        source(options.source),
        renewer(root.get(), reader),
        descriptors{.each = options.descriptor_limit,
                    .all = options.descriptors_limit} {}

  TaskTable* task_table(const Snapshot& known);
  void give_up_on_tasks(const Error& error);

  UniqueFd root;
  bool live = false;
  SlowReader reader;
  TableSource source;
  std::unique_ptr<TaskTable> tasks{};
  std::optional<std::string> without_bpf{};
  Renewer renewer;
  DescriptorLimits descriptors;
};

namespace {

// To load the program costs as much as many renewals of a smaller host.
constexpr std::size_t kManyProcesses = 5000;

}  // namespace

void Procfs::Impl::give_up_on_tasks(const Error& error) {
  tasks.reset();
  without_bpf = error.what;
}

// nullptr: do without. It is tried once.
TaskTable* Procfs::Impl::task_table(const Snapshot& known) {
  const bool wanted =
      source == TableSource::Bpf || (source == TableSource::Automatic &&
                                     known.processes.size() >= kManyProcesses);
  if (!wanted || !live || without_bpf) return nullptr;
  if (!tasks) {
    Result<std::unique_ptr<TaskTable>> opened = TaskTable::open(root.get());
    if (opened) {
      tasks = *std::move(opened);
    } else {
      give_up_on_tasks(opened.error());
    }
  }
  return tasks.get();
}

namespace {

// Without its processes.
Snapshot begin_snapshot(int root, bool live) {
  Snapshot snapshot;
  snapshot.taken = time_of(root).value_or(BootTime{});
  snapshot.boot_epoch_ms = boot_epoch_of(root);
  snapshot.boot_id = boot_id_of(root);
  if (!live) return snapshot;
  const Result<Sighting> self = sight_process(root, ::getpid());
  if (self) snapshot.self = self->process.id;
  return snapshot;
}

// For a fixture that does not say when it was taken.
constexpr BootTime kLater = std::chrono::hours{1};

BootTime after_all(const std::vector<Process>& processes) {
  BootTime youngest{};
  for (const Process& process : processes) {
    youngest = std::max(youngest, process.started);
  }
  return youngest > BootTime::max() - kLater ? BootTime::max()
                                             : youngest + kLater;
}

Error gone(const ProcId& id) {
  return Error{.fault = Fault::NotFound,
               .what = "process " + std::to_string(id.pid) + " is gone"};
}

}  // namespace

Procfs::Procfs(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Procfs::Procfs(Procfs&&) noexcept = default;
Procfs& Procfs::operator=(Procfs&&) noexcept = default;
Procfs::~Procfs() = default;

Result<Procfs> Procfs::open(const ProcfsOptions& options) {
  UniqueFd root{
      ::open(options.root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!root) return std::unexpected(errno_error("open " + options.root, errno));
  const Result<std::vector<pid_t>> pids = list_pids(root.get());
  if (!pids) return std::unexpected(pids.error());
  if (pids->empty()) {
    return fail(Fault::Malformed,
                "open " + options.root + ": no process there");
  }
  return Procfs{std::make_unique<Impl>(std::move(root), options)};
}

bool Procfs::is_live() const {
  return impl_->live;
}

Result<Snapshot> Procfs::snapshot(const Select& details_for) {
  const int root = impl_->root.get();
  Snapshot begun = begin_snapshot(root, impl_->live);
  const bool dated = begun.taken != BootTime{};
  Pass pass{root, impl_->reader, std::move(begun)};

  Result<void> done = pass.see_all();
  if (done) done = pass.read_argv();
  if (!done) return std::unexpected(done.error());
  if (!dated) pass.snapshot().taken = after_all(pass.snapshot().processes);
  if (details_for) done = pass.read_details(details_for(pass.snapshot()));
  if (!done) return std::unexpected(done.error());
  return std::move(pass).finish();
}

Result<void> Procfs::renew(Snapshot& known,
                           const Select& details_for,
                           const Renewal& how) {
  if (!is_procfs(impl_->root.get())) {
    Result<Snapshot> whole = snapshot(details_for);
    if (!whole) {
      known = {};
      return std::unexpected(whole.error());
    }
    known = *std::move(whole);
    return {};
  }
  Snapshot now = begin_snapshot(impl_->root.get(), impl_->live);
  now.processes = std::exchange(known.processes, {});
  known = std::move(now);
  TaskTable* const tasks = impl_->task_table(known);
  Result<void> done = impl_->renewer.renew(known, details_for, how, tasks);
  if (const std::optional<Error>& error = impl_->renewer.table_error()) {
    impl_->give_up_on_tasks(*error);
  }
  return done;
}

const std::optional<std::string>& Procfs::without_bpf() const {
  return impl_->without_bpf;
}

Result<Process> Procfs::read(const ProcId& id) {
  Pass pass{impl_->root.get(), impl_->reader, Snapshot{}};
  Result<void> done = pass.see(id.pid);
  if (!done) return std::unexpected(done.error());
  if (pass.snapshot().unreadable > 0) {
    return fail(Fault::Denied,
                "process " + std::to_string(id.pid) + " cannot be read");
  }
  if (pass.find(id) == nullptr) return std::unexpected(gone(id));
  done = pass.read_argv();
  if (done) done = pass.read_details({id});
  if (!done) return std::unexpected(done.error());
  Process* const process = pass.find(id);
  if (process == nullptr) return std::unexpected(gone(id));
  return std::move(*process);
}

bool Procfs::has(const ProcId& id) const {
  const Result<Sighting> now = sight_process(impl_->root.get(), id.pid);
  return now && now->process.id == id;
}

Result<Holdings> Procfs::holdings(std::span<const ProcId> ids) {
  return read_holdings(
      impl_->root.get(), ids, impl_->descriptors, parse_socket_link);
}

Result<Holdings> Procfs::pipes(std::span<const ProcId> ids) {
  return read_holdings(
      impl_->root.get(), ids, impl_->descriptors, parse_pipe_link);
}

Result<std::map<ProcId, Observed<std::uint64_t>>> Procfs::pss(
    std::span<const ProcId> ids) {
  return read_pss(impl_->root.get(), impl_->reader, ids);
}

}  // namespace strayd
