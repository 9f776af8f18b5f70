// Orphans that come back: what was ended is started again, so something starts
// it, and ending it once more solves nothing. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "strayd/core/kill.h"
#include "strayd/core/process.h"
#include "strayd/core/verdict.h"

namespace strayd {

inline constexpr std::chrono::minutes kReturnWindow{10};

// What a process runs as: a hash of its program, its user and its arguments,
// which are not kept. Equal for equal ones. nullopt: one of them is not known.
std::optional<std::uint64_t> print_of(const Process& process);

// The parent of the tree that the verdict is about; nullopt: it has none that
// counts, for init took it over when its own parent was gone.
std::optional<ProcId> parent_of_tree(const Verdict& verdict);

struct OrphanTrace {
  std::string rule{};
  std::optional<ProcId> parent{};  // of its tree
  std::optional<std::uint64_t> print{};
  int times = 0;  // that it came back

  bool operator==(const OrphanTrace&) const = default;
};

struct LivingTrace {
  OrphanTrace trace{};
  ProcId tree{};
  BootTime seen{};  // when it was last an orphan

  bool operator==(const LivingTrace&) const = default;
};

struct EndedTrace {
  OrphanTrace trace{};
  BootTime after{};  // it was last seen alive
  BootTime at{};     // the news of its end came

  bool operator==(const EndedTrace&) const = default;
};

// From scan to scan. Bounded by the orphans of kReturnWindow.
struct ReturnMemory {
  std::map<ProcId, LivingTrace> living{};  // by candidate
  std::map<ProcId, EndedTrace> ended{};    // by candidate

  bool operator==(const ReturnMemory&) const = default;
};

// An orphan tree that came back.
struct Returned {
  std::string rule{};
  std::optional<ProcId> parent{};
  int times = 1;
  bool is_new = false;  // detected in this scan

  bool operator==(const Returned&) const = default;
};

struct ReturnFindings {
  ReturnMemory memory{};
  std::map<ProcId, Returned> returned{};  // those that are there, by root
};

// Call it once in each scan that judged. A new orphan tree came back if within
// kReturnWindow strayd ended one of the same rule that had the same parent or a
// candidate of the same print, and if it was started since.
ReturnFindings look_for_returns(ReturnMemory before,
                                const Snapshot& snapshot,
                                std::span<const Verdict> verdicts,
                                std::span<const Ended> ended);

}  // namespace strayd
