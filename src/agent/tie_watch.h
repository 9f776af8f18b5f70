// What ties the apps of PM2 to what is about to be ended: read when there are
// orders, and never else.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "strayd/core/app_facts.h"
#include "strayd/core/plan.h"
#include "strayd/core/process.h"
#include "strayd/core/supervisor.h"
#include "strayd/core/ties.h"
#include "strayd/net/sockets.h"
#include "strayd/proc/procfs.h"

namespace strayd {

class TieWatch {
 public:
  // Borrows the process table.
  explicit TieWatch(Procfs& procfs) : procfs_(procfs) {}

  // One for each order. What can't be read is not known, and stops nothing.
  std::vector<KillTies> look(const Snapshot& snapshot,
                             std::span<const Pm2View> pm2,
                             std::span<const AppFacts> apps,
                             std::span<const TreeOrder> orders);

 private:
  Procfs& procfs_;
  SocketReader sockets_{};
};

}  // namespace strayd
