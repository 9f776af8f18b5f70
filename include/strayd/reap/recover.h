// After a strayd that was ended in the middle of a reap: finds out what became
// of the processes it had promised something to, and lets the frozen go on.
// It never ends anything: that takes a new verdict.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strayd/core/intent.h"
#include "strayd/core/process.h"

namespace strayd {

// An intent that no outcome answers.
struct LeftOver {
  std::string reap{};
  ProcId id{};
  std::string boot_id{};  // of the boot in which it was promised
  Step last_step = Step::Terminate;
};

enum class Finding {
  Exited,      // it is gone, or was of another boot
  StillAlive,  // and not stopped by us
  Thawed       // it was stopped; SIGCONT was sent
};
std::string_view to_string(Finding finding);

struct Recovered {
  LeftOver left{};
  Finding finding = Finding::Exited;
  // Why it could not be looked at or let go on, so that its promise stays open;
  // one line, empty: it could.
  std::string detail{};
};

// One for each, in the same order. Waits up to half a second for those that
// are about to exit. `boot_id` is that of now.
std::vector<Recovered> recover(std::span<const LeftOver> left,
                               std::string_view boot_id);

}  // namespace strayd
