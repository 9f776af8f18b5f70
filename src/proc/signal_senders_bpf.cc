#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <bpf/bpf.h>

#include "strayd/proc/signal_senders.h"
#include "strayd/sys/fd.h"

#include "bpf/signal_record.h"
#include "bpf_object.h"
#include "facts.h"
#include "files.h"

// The compiled program, as bytes of this one.
__asm__(
    ".section .rodata\n"
    ".balign 16\n"
    ".global strayd_signals_begin\n"
    ".global strayd_signals_end\n"
    "strayd_signals_begin:\n"
    ".incbin \"" STRAYD_SIGNALS_OBJECT
    "\"\n"
    "strayd_signals_end:\n"
    ".previous\n");
// NOLINTBEGIN(*-avoid-c-arrays,readability-identifier-naming): of C
extern "C" const char strayd_signals_begin[];
extern "C" const char strayd_signals_end[];
// NOLINTEND(*-avoid-c-arrays,readability-identifier-naming)

namespace strayd {
namespace {

// As many as a ring holds, and what came in meanwhile.
constexpr std::size_t kMostTaken = 4096;

std::uint64_t ns_per_tick() {
  const long asked = ::sysconf(_SC_CLK_TCK);
  return 1'000'000'000 / (asked > 0 ? static_cast<std::uint64_t>(asked) : 100);
}

template <std::size_t N>
std::string text_of(const char (&bytes)[N]) {  // NOLINT(*-avoid-c-arrays)
  const std::string_view all{bytes, N};
  return std::string(all.substr(0, all.find('\0')));
}

template <std::size_t M, std::size_t N>
std::vector<std::string> texts_of(
    const char (&rows)[M][N]) {  // NOLINT(*-avoid-c-arrays)
  std::vector<std::string> texts;
  for (const auto& row : rows) {
    std::string text = text_of(row);
    if (text.empty()) break;
    texts.push_back(std::move(text));
  }
  return texts;
}

Sender::Kind kind_of(int from) {
  switch (from) {
    case SIGNAL_FROM_INSIDE:
      return Sender::Kind::Inside;
    case SIGNAL_FROM_ITSELF:
      return Sender::Kind::Itself;
    case SIGNAL_FROM_DAEMON:
      return Sender::Kind::Pm2;
    case SIGNAL_FROM_OBSERVER:
      return Sender::Kind::Strayd;
    case SIGNAL_FROM_KERNEL:
      return Sender::Kind::Kernel;
    default:
      return Sender::Kind::Outside;
  }
}

SentSignal sent_signal(const signal_record& record) {
  const std::uint64_t tick = ns_per_tick();
  const BootTime at{static_cast<std::int64_t>(record.at_ns)};
  const auto since =
      std::chrono::duration_cast<std::chrono::milliseconds>(boot_time() - at);
  return {
      .signal = record.signal,
      .code = record.code,
      .at = at,
      .unix_ms = unix_ms() - since.count(),
      .target = {.pid = record.target,
                 .start_ticks = record.target_started_ns / tick},
      .top = {.pid = record.top, .start_ticks = record.top_started_ns / tick},
      .sender = {.kind = kind_of(record.from),
                 .id = {.pid = record.sender,
                        .start_ticks = record.sender_started_ns / tick},
                 .uid = record.uid,
                 .chain = texts_of(record.comm),
                 .cgroups = texts_of(record.cgroup)}};
}

// The ring's callback: `context` is the batch that it fills.
int add_record(void* context, void* data, std::size_t size) {
  SignalBatch& batch = *static_cast<SignalBatch*>(context);
  if (size < sizeof(signal_record)) return 0;
  batch.signals.push_back(
      sent_signal(*static_cast<const signal_record*>(data)));
  return batch.signals.size() < kMostTaken ? 0 : -1;
}

// In a time namespace it would differ.
Result<void> check(const signal_observer& observer) {
  const UniqueFd root{::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  const pid_t pid = ::getpid();
  const Result<StatReading> self =
      read_stat(root.get(), pid_file(pid, "stat"), pid);
  if (!self || self->sight != Presence::Seen || observer.pid != pid ||
      observer.started_ns / observer.ns_per_tick != self->stat.id.start_ticks) {
    return fail(Fault::Malformed,
                "BPF shows this process otherwise than procfs does");
  }
  return {};
}

}  // namespace

struct SignalSenders::Impl {
  // What the ring's callback is given stays where it is.
  SignalBatch batch{};
  BpfOwned<bpf_object> object{};
  BpfOwned<ring_buffer> ring{};
  BpfOwned<bpf_link> link{};
  int daemons = -1;
  int observers = -1;
  std::map<pid_t, std::uint64_t> watched{};
  std::uint64_t lost = 0;  // that were told of

  int map(const char* name) const {
    return ::bpf_object__find_map_fd_by_name(object.get(), name);
  }
  bpf_program* program(const char* name) const {
    return ::bpf_object__find_program_by_name(object.get(), name);
  }
  Result<signal_observer> observer() const;
  Result<void> meet() const;
};

Result<signal_observer> SignalSenders::Impl::observer() const {
  const int first = 0;
  signal_observer found{};
  if (::bpf_map_lookup_elem(observers, &first, &found) != 0) {
    return bpf_failed("read what BPF has counted");
  }
  return found;
}

// The program looks at who runs it: this thread.
Result<void> SignalSenders::Impl::meet() const {
  const int first = 0;
  signal_observer fresh{};
  fresh.ns_per_tick = ns_per_tick();
  if (::bpf_map_update_elem(observers, &first, &fresh, BPF_ANY) != 0) {
    return bpf_failed("tell BPF who asks");
  }
  LIBBPF_OPTS(bpf_test_run_opts, options);
  const int run = ::bpf_program__fd(program("meet_observer"));
  if (::bpf_prog_test_run_opts(run, &options) != 0) {
    return bpf_failed("show BPF who asks");
  }
  const Result<signal_observer> met = observer();
  if (!met) return std::unexpected(met.error());
  return check(*met);
}

SignalSenders::SignalSenders(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
SignalSenders::~SignalSenders() = default;

bool SignalSenders::is_built_in() {
  return true;
}

Result<std::unique_ptr<SignalSenders>> SignalSenders::open() {
  Result<BpfOwned<bpf_object>> object = load_bpf(
      {strayd_signals_begin,
       static_cast<std::size_t>(strayd_signals_end - strayd_signals_begin)});
  if (!object) return std::unexpected(object.error());
  auto impl = std::make_unique<Impl>();
  impl->object = *std::move(object);
  impl->daemons = impl->map("daemons");
  impl->observers = impl->map("observers");
  if (const Result<void> met = impl->meet(); !met) {
    return std::unexpected(met.error());
  }
  impl->ring.reset(::ring_buffer__new(
      impl->map("records"), add_record, &impl->batch, nullptr));
  if (!impl->ring) return bpf_failed("map the ring of BPF");
  impl->link.reset(::bpf_program__attach(impl->program("tell_signal")));
  if (!impl->link) return bpf_failed("attach the BPF program");
  return std::unique_ptr<SignalSenders>{new SignalSenders(std::move(impl))};
}

void SignalSenders::watch(std::span<const ProcId> daemons) {
  std::map<pid_t, std::uint64_t> wanted;
  for (const ProcId& id : daemons) {
    if (wanted.size() < kMostDaemons) wanted[id.pid] = id.start_ticks;
  }
  for (const auto& [pid, ticks] : impl_->watched) {
    if (!wanted.contains(pid)) ::bpf_map_delete_elem(impl_->daemons, &pid);
  }
  for (const auto& [pid, ticks] : wanted) {
    watched_daemon daemon{};
    daemon.started_ticks = ticks;
    ::bpf_map_update_elem(impl_->daemons, &pid, &daemon, BPF_ANY);
  }
  impl_->watched = std::move(wanted);
}

SignalBatch SignalSenders::take() {
  ::ring_buffer__consume(impl_->ring.get());
  SignalBatch batch = std::exchange(impl_->batch, {});
  std::ranges::stable_sort(batch.signals, {}, &SentSignal::at);
  if (const Result<signal_observer> now = impl_->observer()) {
    batch.lost = now->lost - std::exchange(impl_->lost, now->lost);
  }
  return batch;
}

}  // namespace strayd
