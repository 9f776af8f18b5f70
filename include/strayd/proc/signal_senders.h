// Who sends fatal signals to what is below a God Daemon, seen by a BPF program
// in the kernel at the moment when it happens. Where strayd was built without
// BPF, or may not load it, nobody tells.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "strayd/core/process.h"
#include "strayd/core/result.h"
#include "strayd/core/senders.h"

namespace strayd {

struct SignalBatch {
  std::vector<SentSignal> signals{};  // in the order of their time
  std::uint64_t lost = 0;             // others there were since the last batch
};

// Used by one thread.
class SignalSenders {
 public:
  static bool is_built_in();
  // Loads a BPF program (CAP_BPF and CAP_PERFMON, Linux 5.11 with BTF), and
  // looks whether it tells of this process what procfs does.
  static Result<std::unique_ptr<SignalSenders>> open();
  SignalSenders(SignalSenders&&) = delete;
  SignalSenders& operator=(SignalSenders&&) = delete;
  SignalSenders(const SignalSenders&) = delete;
  SignalSenders& operator=(const SignalSenders&) = delete;
  ~SignalSenders();

  // From now on, of what these started, also of what begins later. Of one
  // daemon's tree no more than 512 signals are kept until the next call.
  // At most kMostDaemons; the others are lost.
  void watch(std::span<const ProcId> daemons);
  static constexpr std::size_t kMostDaemons = 1024;

  // What is there; does not wait.
  SignalBatch take();

 private:
  struct Impl;
  explicit SignalSenders(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strayd
