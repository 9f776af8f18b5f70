// A forked helper: it does what may never come back, and can be ended.
//
// It is this program and not another, as the agent forbids itself exec. It ends
// with the thread that started it, which should be one that stays.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <utility>

#include "strayd/core/result.h"
#include "strayd/sys/fd.h"

namespace strayd {

class Helper {
 public:
  // Forks; `serve` runs in the child, which ends when it returns. There all
  // signals are blocked and all descriptors of this process are open still.
  static Result<Helper> start(const std::function<void()>& serve);
  Helper(Helper&&) noexcept = default;
  Helper& operator=(Helper&&) noexcept = default;
  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;
  ~Helper();  // ends it, and waits for that no longer than a second

  void kill();
  // Whether it has ended, within that time, and was reaped.
  bool ended(std::chrono::milliseconds within);
  // To look at it. Its own until it was reaped.
  pid_t pid() const { return pid_; }

 private:
  Helper(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}

  pid_t pid_;
  UniqueFd pidfd_;  // none: it was reaped
};

// In a helper: nothing of the parent's is held on to. A copy of its listening
// socket would keep its port.
void close_from(unsigned first);

}  // namespace strayd
