// A snapshot, indexed by parenthood.
//
// Parents are looked up by pid, so every step up checks that the parent is not
// younger than its child: a younger one is a stranger under a reused pid.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
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
  std::span<const Process* const> children(pid_t pid) const;

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
  std::size_t place_of(pid_t pid) const;  // in pids_; its size: nowhere
  bool is_parent(std::size_t place, const Process& process) const;

  // A forest is built several times in a scan: a handful of arrays, however
  // many processes there are.
  std::vector<pid_t> pids_{};                // ascending
  std::vector<const Process*> processes_{};  // of pids_, at the same place
  // Of the process at place i: from first_child_[i] to first_child_[i + 1].
  std::vector<std::size_t> first_child_{};
  std::vector<const Process*> children_{};
};

}  // namespace strayd
