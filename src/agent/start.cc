#include "strayd/agent/start.h"

#include <cstdlib>
#include <utility>

#include <spdlog/spdlog.h>

#include "strayd/agent/features.h"
#include "strayd/agent/settle.h"
#include "strayd/report/render.h"
#include "strayd/sys/os.h"

#include "remembered.h"

namespace strayd {
namespace {

void restore_state(Scanner::Parts& parts, const std::string& boot) {
  Result<LoadedState> loaded = load_state(parts.config.state_dir);
  if (!loaded) {
    parts.features.push_back({.name = "state_dir",
                              .available = false,
                              .required = true,
                              .detail = loaded.error().what,
                              .remedy = "make it writable for strayd"});
    spdlog::warn("state: {}", loaded.error().what);
    return;
  }
  if (loaded->complaint) spdlog::warn("state: {}", *loaded->complaint);
  // PM2s of an earlier boot own nothing of this one.
  parts.state = of_boot(std::move(loaded->state), boot);
  // Nobody knows that no origins were written: if they lack, they were lost.
  if (loaded->complaint) parts.state.origins_boot_id = boot;
}

TableSource table_source(ScanSource source) {
  switch (source) {
    case ScanSource::Automatic:
      return TableSource::Automatic;
    case ScanSource::Procfs:
      return TableSource::Procfs;
    case ScanSource::Bpf:
      return TableSource::Bpf;
  }
  std::abort();
}

}  // namespace

std::string boot_of(const std::string& procfs) {
  const Result<std::string> boot_id =
      read_file(procfs + "/sys/kernel/random/boot_id", 64);
  return boot_id ? boot_id->substr(0, boot_id->find('\n')) : "unknown";
}

Result<Scanner::Parts> prepare(const Config& config,
                               const std::string& procfs,
                               Wish wish) {
  Result<Procfs> table =
      Procfs::open({.root = procfs, .source = table_source(config.source)});
  if (!table) return std::unexpected(table.error());
  Scanner::Parts parts{.config = config,
                       .procfs = *std::move(table),
                       .features = features_here(procfs),
                       .wish = wish};
  const std::string boot = boot_of(procfs);
  if (wish == Wish::Look) {
    restore(parts.memory, peek_origins(config.state_dir, boot), boot_time());
    // Whose port is whose the agent has seen and heard for longer.
    if (Result<State> known = peek_state(config.state_dir)) {
      parts.state.ports = std::move(known->ports);
      parts.state.asked = std::move(known->asked);
    }
    return parts;
  }
  if (Result<Audit> audit = Audit::open(config.audit, boot)) {
    parts.audit = *std::move(audit);
    // Each of what it left is held by a descriptor.
    lift_file_limit();
    // What was frozen by an earlier strayd is a process of this kernel.
    if (parts.procfs.is_live()) settle_unresolved(*parts.audit, boot);
  } else {
    spdlog::warn("audit: {}; nothing is ended without it", audit.error().what);
  }
  restore_state(parts, boot);
  restore(parts.memory,
          recall_origins(parts.state, config.state_dir, boot),
          boot_time());
  return parts;
}

void say_open_breaker(const Breaker& breaker) {
  if (!breaker.open) return;
  spdlog::error(
      "breaker open, nothing is ended: {}; look into it, then close it: "
      "strayd breaker close",
      one_line(breaker.why));
}

}  // namespace strayd
