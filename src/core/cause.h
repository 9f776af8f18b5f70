// From the evidence on one restart to its cause.
#pragma once

#include <chrono>
#include <set>

#include "strayd/core/causes.h"
#include "strayd/core/exit_status.h"
#include "strayd/core/ledger.h"
#include "strayd/core/process.h"

namespace strayd {

struct CauseEvidence {
  const Ending* ending = nullptr;         // nullptr: not heard, or unsettled
  const Trail::Deaths* deaths = nullptr;  // of the launch that ended
  const std::set<ProcId>& signalled;      // by strayd
  // How long an app may take to end (PM2's kill_timeout).
  std::chrono::milliseconds patience{1600};
};

struct Explained {
  Cause cause = Cause::Unknown;
  ExitStatus how{};  // what served or PM2's own child ended
  // Of the evidence; nullptr: it ended by none, or nobody told of it.
  const SentSignal* sent = nullptr;
  bool by_word = false;  // a port conflict that the app alone tells of
};

Explained cause_of(const CauseEvidence& evidence);

// How it ended, as the kernel says, else as PM2 does. Of a death that PM2
// wished for it says nothing.
ExitStatus end_of(const CauseEvidence& evidence);

}  // namespace strayd
