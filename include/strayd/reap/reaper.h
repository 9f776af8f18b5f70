// Ends orphan trees: SIGTERM root first, grace, freeze, SIGKILL. Through pidfds
// only, each signal after a durable intent and a last look.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "strayd/core/intent.h"
#include "strayd/core/judge.h"
#include "strayd/core/plan.h"
#include "strayd/core/port.h"
#include "strayd/core/process.h"
#include "strayd/core/report.h"
#include "strayd/core/result.h"

namespace strayd {

// The world, as the reaper sees it.
struct ReaperPorts {
  // A fresh snapshot, with details as judge() needs them.
  Port<Result<Snapshot>()> snapshot;
  // One process, read now.
  Port<Result<Process>(const ProcId&)> read;
  // The claim on each of these processes of that snapshot, in the same order,
  // with the newest PM2 views.
  Port<std::vector<std::optional<Claim>>(const Snapshot&,
                                         std::span<const ProcId>)>
      claims;
  // Durable when it returns. A failure refuses the signal.
  Port<Result<void>(std::span<const Intent>)> intend;
  // One outcome for each process of an order, once.
  Port<void(const std::string& reap, const Reaped&)> outcome;
  // Told to stop: nothing further is started, the frozen are thawed.
  Port<bool()> stopping;
  // Why this tree may not be ended any more (the mode, a rule or the breaker
  // has changed since it was ordered); nullopt: it still may. Asked before
  // every signal but SIGCONT.
  Port<std::optional<std::string>(const TreeOrder&)> withdrawn;
};

// Used by one thread.
class Reaper {
 public:
  explicit Reaper(ReaperPorts ports);
  Reaper(const Reaper&) = delete;
  Reaper& operator=(const Reaper&) = delete;
  ~Reaper();

  // Keeps a pidfd of every member of a suspected tree from its first sighting
  // and drops all others, but for those of running reaps.
  void hold(std::span<const Process* const> members);

  // Looks once more and sends SIGTERM, root first. One veto spares the tree.
  // If awaited() has not grown, nobody was signalled. A tree of which a member
  // is in a running reap is left to that one: there is no outcome of this
  // order.
  void begin(const TreeOrder& order);

  // Takes note of exits, ends graces, freezes and kills. Call it when a fd of
  // wait_fds() is readable or deadline() has passed. Never waits for a grace.
  void advance();

  // The pidfds whose exit is awaited.
  std::vector<int> wait_fds() const;
  std::optional<std::chrono::nanoseconds> deadline() const;  // steady_time()
  std::size_t awaited() const;
  bool reaping(const ProcId& id) const;
  // All of the trees under way, and those that outlived SIGKILL.
  std::set<ProcId> processes() const;

  // Gives up what is still promised: outcome Failed/Interrupted for each. Who
  // was sent SIGTERM may yet end of it; the outcome says so.
  void abandon();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Makes signals by pid impossible for this process and all it forks: kill,
// tkill, tgkill to another, rt_*sigqueueinfo give EPERM; pidfd_send_signal only
// with flags 0; execve and ptrace are refused. Call before any thread starts.
Result<void> forbid_pid_signals();

}  // namespace strayd
