// The signals that the agent waits for, as readable events.
#pragma once

#include "strayd/core/result.h"
#include "strayd/sys/fd.h"

namespace strayd {

// Blocks SIGTERM, SIGINT, SIGHUP and SIGPIPE in this thread and all that it
// starts later, so construct it before any thread. Used by one thread.
class Signals {
 public:
  static Result<Signals> block();

  // Readable when a signal waits.
  int fd() const { return fd_.get(); }

  // Takes what waits; never blocks.
  void take();

  bool stop() const { return stop_; }
  // True once for each SIGHUP taken.
  bool reload();

 private:
  explicit Signals(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
  bool stop_ = false;
  bool reload_ = false;
};

}  // namespace strayd
