// Who was born of whom, from the kernel's events: enough to know when a parent
// ends before its child. Pure.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <unordered_map>

#include "strayd/proc/process_events.h"

namespace strayd {

class Kinship {
 public:
  // Whether a parent has ended whose child, born since this began, may be
  // alive. A hint: pids are used again.
  bool note(const ProcessEvent& event);

  // Many more than a host has; the oldest are not told from the newest, so all
  // are forgotten together.
  static constexpr std::size_t kMost = 65'536;

  std::size_t size() const { return parents_.size(); }

 private:
  bool bear(pid_t child, pid_t parent);
  bool end(pid_t pid);

  std::unordered_map<pid_t, pid_t> parents_{};         // by child
  std::unordered_map<pid_t, std::size_t> children_{};  // how many, by parent
};

}  // namespace strayd
