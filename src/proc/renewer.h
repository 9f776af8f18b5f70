// Renews a snapshot: see Procfs::renew().
#pragma once

#include <cstdint>

#include "strayd/core/result.h"
#include "strayd/proc/procfs.h"

#include "listing.h"
#include "marks.h"
#include "slow_reader.h"

namespace strayd {

// Remembers the marks of one root's processes.
class Renewer {
 public:
  Renewer(int root, SlowReader& reader) : root_(root), reader_(&reader) {}

  // `known` has its moment already; only its processes are renewed.
  Result<void> renew(Snapshot& known,
                     const Procfs::Select& details_for,
                     const Renewal& how);

 private:
  class Round;

  int root_;
  SlowReader* reader_;
  Listing listing_{};
  Marks marks_{};
  std::uint64_t rounds_ = 0;
};

}  // namespace strayd
