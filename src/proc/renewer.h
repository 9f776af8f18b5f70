// Renews a snapshot: see Procfs::renew().
#pragma once

#include <cstdint>
#include <optional>

#include "strayd/core/result.h"
#include "strayd/proc/procfs.h"

#include "listing.h"
#include "marks.h"
#include "slow_reader.h"
#include "task_table.h"

namespace strayd {

// Remembers the marks of one root's processes.
class Renewer {
 public:
  Renewer(int root, SlowReader& reader) : root_(root), reader_(&reader) {}

  // `known` has its moment already; only its processes are renewed. The table
  // may be nullptr.
  Result<void> renew(Snapshot& known,
                     const Procfs::Select& details_for,
                     const Renewal& how,
                     TaskTable* table);
  // Why the table could not be read in the last renewal, which went without.
  const std::optional<Error>& table_error() const { return table_error_; }

 private:
  class Round;

  int root_;
  SlowReader* reader_;
  Listing listing_{};
  Marks marks_{};
  std::uint64_t rounds_ = 0;
  std::optional<Error> table_error_{};
};

}  // namespace strayd
