// A reaper in the real world: the live /proc, and a ledger that remembers.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "strayd/core/forest.h"
#include "strayd/proc/procfs.h"
#include "strayd/reap/reaper.h"

namespace strayd::test {

struct Promised {
  std::string reap{};
  ProcId id{};
  Step step = Step::Terminate;
};

class World {
 public:
  World();

  Snapshot snapshot();
  Process process(pid_t pid);
  ProcId id(pid_t pid) { return process(pid).id; }

  // The living tree below this process.
  TreeOrder order(pid_t root,
                  std::chrono::nanoseconds grace = std::chrono::seconds{10});
  void hold(const TreeOrder& order);
  // Advances until nothing is awaited, as the agent does.
  void run();
  // All of it: hold, begin, run.
  void reap(const TreeOrder& order);

  std::vector<Outcome> outcomes_of(const ProcId& id) const;
  // The only outcome of this process.
  std::optional<Reaped> outcome_of(const ProcId& id) const;
  std::vector<Step> steps_of(const ProcId& id) const;

  std::vector<Promised> promised{};
  std::vector<Reaped> outcomes{};
  int claim_looks = 0;  // how often it was asked who claims whom

  // What a test may change. Called before the real thing is done.
  std::function<void()> on_snapshot = [] {
  };
  std::function<void(const ProcId&)> on_read = [](const ProcId&) {
  };
  std::function<Result<void>(std::span<const Intent>)> on_intend =
      [](std::span<const Intent>) {
        return Result<void>{};
      };
  std::function<std::optional<Claim>(const ProcId&)> on_claim =
      [](const ProcId&) {
        return std::nullopt;
      };
  std::function<void(const std::string&, const Reaped&)> on_outcome =
      [](const std::string&, const Reaped&) {
      };
  std::function<bool()> on_stopping = [] {
    return false;
  };
  std::function<std::optional<std::string>(const TreeOrder&)> on_withdrawn =
      [](const TreeOrder&) {
        return std::nullopt;
      };
  bool fail_snapshot = false;
  bool fail_read = false;

 private:
  ReaperPorts ports();

  Procfs procfs_;

 public:
  Reaper reaper;
};

Claim a_claim(std::string text);

// Its state letter; '-': there is no such process.
char state_of(pid_t pid);
bool is_running(pid_t pid);  // and not a zombie

// The living processes that bear the name of work.
std::vector<ProcId> living_ids();
std::vector<pid_t> living_work();

// Waits for the exec of sleep(1).
bool became_sleep(pid_t pid);

// Waits, by looking, until it is so. False: not within a minute; a busy machine
// is slow, not broken.
bool eventually(const std::function<bool()>& is_so);

}  // namespace strayd::test
