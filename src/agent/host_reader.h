// What a look is made of, read where it is: procfs, PM2's sockets, the kernel's
// table of sockets, files of the host.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "strayd/core/process.h"
#include "strayd/core/result.h"
#include "strayd/proc/host_facts.h"
#include "strayd/proc/procfs.h"

#include "app_watch.h"
#include "look.h"
#include "terms.h"

namespace strayd {

class HostReader {
 public:
  // Borrows all of them. `lost`: more happened than was told, so that a renewal
  // can't tell where to look.
  HostReader(const Terms& terms,
             Procfs& procfs,
             AppWatch& apps,
             std::function<bool()> lost);

  LookPorts ports();
  // Everything, now. What Look and the reaper read.
  Result<Snapshot> read();

  // More processes whose details are wanted.
  void look_closer_at(pid_t pid) { close_ups_.insert(pid); }

 private:
  Result<void> renew(Snapshot& known, std::span<const ProcId> whole);
  std::vector<ProcId> details_of(const Snapshot& base) const;
  Renewal renewal(std::span<const ProcId> whole) const;
  std::optional<std::map<std::string, std::string>> resolve(
      std::span<const std::string> written, bool fresh);

  const Terms& terms_;
  Procfs& procfs_;
  AppWatch& apps_;
  std::function<bool()> lost_;
  HostFactsReader files_{};
  std::set<pid_t> close_ups_{};
  std::chrono::nanoseconds directories_due_{};  // steady_time()
};

}  // namespace strayd
