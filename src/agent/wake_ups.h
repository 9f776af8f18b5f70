// What tells the agent to look now instead of at the next interval. Hints: what
// they lead to is judged from a scan as any other.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "strayd/core/process.h"
#include "strayd/core/result.h"
#include "strayd/proc/kinship.h"
#include "strayd/proc/process_events.h"
#include "strayd/sys/fd.h"

#include "life_log.h"

namespace strayd {

class WakeUps {
 public:
  // Procfs::has. `most`: of the processes that are held.
  WakeUps(std::function<bool(const ProcId&)> has, std::size_t most)
      : has_(std::move(has)), most_(most) {}

  // Listens to the kernel from now on. Without that, only those that are held
  // wake anybody.
  void listen(ProcessEvents events) { kernel_.emplace(std::move(events)); }

  // From now on, the end of any of these wakes; as many as there is room for.
  void hold(std::span<const ProcId> parents);
  std::size_t held() const { return held_.size(); }

  // Readable when there is something to take. In a storm the kernel's events
  // are let gather until then.
  std::vector<int> fds(std::chrono::nanoseconds now) const;
  std::optional<std::chrono::nanoseconds> deadline(
      std::chrono::nanoseconds now) const;

  struct News {
    bool look = false;  // something may have become an orphan
    bool lost = false;  // and more may have happened than was told
  };
  News take(std::chrono::nanoseconds now);

  // Who was born and who ended, of all that was taken: see LifeLog.
  std::optional<Life> take_life() { return life_.take(); }

 private:
  bool take_ends();
  void hold(const ProcId& id);
  template <typename Which>
  void let_go(Which which);

  std::function<bool(const ProcId&)> has_;
  std::size_t most_;
  UniqueFd ends_{};  // an epoll of those held
  std::map<ProcId, UniqueFd> held_{};
  std::optional<ProcessEvents> kernel_{};
  Kinship kin_{};
  LifeLog life_{};
  std::chrono::nanoseconds rests_until_{};
};

}  // namespace strayd
