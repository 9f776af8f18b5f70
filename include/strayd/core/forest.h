// A snapshot, indexed by parenthood.
//
// Parents are looked up by pid, so every step up checks that the parent is not
// younger than its child: a younger one is a stranger under a reused pid.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "strayd/core/process.h"

namespace strayd {

// A forest borrows its snapshot, which must outlive it.
class Forest {
 public:
  explicit Forest(const Snapshot& snapshot);

  const Process* find(pid_t pid) const;
  const Process* find(const ProcId& id) const;  // the same start time too

  // Ascending by pid. Only true children: not older than the parent.
  const std::vector<const Process*>& children(pid_t pid) const;

  struct Chain {
    std::vector<const Process*> ancestors{};  // parent first
    // Why it does not reach pid 1, or a kernel thread; nullopt: it does.
    std::optional<std::string> broken{};
  };
  // Ends at pid 1 or a kernel thread, at a break, or after kDeepest steps.
  Chain chain(const Process& process) const;

  // The process and all below it, parents before children. Bounded by the
  // snapshot, also where parent links loop.
  std::vector<const Process*> subtree(const Process& top) const;

  static constexpr std::size_t kDeepest = 64;

 private:
  std::unordered_map<pid_t, const Process*> by_pid_{};
  std::unordered_map<pid_t, std::vector<const Process*>> children_{};
};

}  // namespace strayd
