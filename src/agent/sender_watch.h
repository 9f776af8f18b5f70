// Who sends signals to what PM2 runs: the kernel's word, kept for as long as an
// end may be put down to it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "strayd/core/process.h"
#include "strayd/core/senders.h"
#include "strayd/core/supervisor.h"
#include "strayd/proc/features.h"
#include "strayd/proc/signal_senders.h"

namespace strayd {

class SenderWatch {
 public:
  // Where the kernel does not tell, the feature "signal_senders" says why.
  void listen();

  // Those of the last minutes, oldest first, up to now.
  const std::vector<SentSignal>& recent(BootTime now);
  // From now on of what these daemons started. One that does not answer is
  // watched for as long as it lives.
  void watch(std::span<const Pm2View> pm2, const Snapshot& snapshot);

  // Since strayd started.
  std::uint64_t lost() const { return lost_; }
  // nullopt: it is as it was found at the start.
  std::optional<Feature> feature() const;

 private:
  std::unique_ptr<SignalSenders> senders_{};
  std::optional<Error> failure_{};
  std::set<ProcId> daemons_{};
  std::vector<SentSignal> recent_{};
  std::uint64_t lost_ = 0;
};

}  // namespace strayd
