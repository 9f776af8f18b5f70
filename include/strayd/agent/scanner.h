// One straight pass from the kernel's word to ours: look (snapshot,
// supervisors, verdicts), plan, act, report. The only place where the rooms
// meet.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "strayd/config/config.h"
#include "strayd/core/judge.h"
#include "strayd/core/plan.h"
#include "strayd/core/report.h"
#include "strayd/proc/features.h"
#include "strayd/proc/procfs.h"
#include "strayd/reap/reaper.h"
#include "strayd/report/audit.h"
#include "strayd/report/state.h"
#include "strayd/sys/suspended.h"

namespace strayd {

// What strayd may do with what it finds, and by whose wish.
enum class Wish {
  Look,     // scan, explain: nothing is signalled or written
  Observe,  // run in observe mode: everything but the signal
  Reap      // run in enforce mode, or scan --reap
};

// Used by one thread.
class Scanner {
 public:
  struct Parts {
    Config config{};
    Procfs procfs;
    std::vector<Feature> features{};
    // nullopt: nothing durable can be promised, so nothing is signalled.
    std::optional<Audit> audit{};
    State state{};
    // Of a look beside an agent, whose state that is: when it was written.
    std::optional<std::int64_t> records_unix_ms{};
    // What an earlier strayd of this boot knew, or the agent beside this one.
    Memory memory{};
    Wish wish = Wish::Look;
    // Stays and scans again and again, so that it is worth while to listen to
    // what PM2 says and to see how its processes end.
    bool listen = false;
    // Who wants a process to live, as somebody beside this strayd says; asked
    // of those on whom nobody here has a claim, at the last look before a
    // signal.
    std::function<std::optional<Claim>(const ProcId&)> beside =
        [](const ProcId&) {
          return std::nullopt;
        };
    // Told to stop; asked while a tree is frozen.
    std::function<bool()> stopping = [] {
      return false;
    };
    // For how long the host was suspended since it booted.
    std::function<std::chrono::nanoseconds()> suspended = time_suspended;
  };
  explicit Scanner(Parts parts);
  Scanner(const Scanner&) = delete;
  Scanner& operator=(const Scanner&) = delete;
  ~Scanner();

  // One scan. Orders are begun, not awaited.
  std::shared_ptr<const Report> scan();

  // The reaps under way (see Reaper), and what may bring a scan on: call it
  // when one of the descriptors is readable, or at the deadline.
  void advance();
  std::vector<int> wait_fds() const;
  std::optional<std::chrono::nanoseconds> deadline() const;
  // When a scan before the next interval would be of use; nullopt: not now.
  // steady_time().
  std::optional<std::chrono::nanoseconds> due() const;
  std::size_t awaited() const;

  // Gives up what is still promised and takes note of it.
  void abandon();
  // The newest report with what became known since.
  std::shared_ptr<const Report> latest() const;

  const Breaker& breaker() const;
  // Durably, and takes note of who wished it. An error: it stays open.
  Result<void> close_breaker(const std::string& by);
  // Reads what another strayd of the state directory has written meanwhile.
  void catch_up();

  // Takes the new configuration whole. Suspicions start anew.
  void reconfigure(Config config);
  void note_failed_reload();

  const Config& config() const;
  const Snapshot& snapshot() const;  // the newest; empty before the first scan
  const Memory& memory() const;      // the newest
  // More processes whose details are wanted (explain).
  void look_closer_at(pid_t pid);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace strayd
