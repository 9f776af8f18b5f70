// What an operator may ask of a running agent.
#pragma once

#include <string>

#include "strayd/agent/control.h"
#include "strayd/agent/scanner.h"
#include "strayd/core/process.h"

namespace strayd {

inline constexpr const char* kBreakerStatus = "breaker status";
inline constexpr const char* kBreakerClose = "breaker close";
// What the agent lacks, which is not what a shell of root's lacks: "ok
// nothing", or "ok NAME (DETAIL); NAME (DETAIL)", what disarms it first.
inline constexpr const char* kLacks = "lacks";
// "verdict PID START_TICKS": the agent's newest verdict on that very process,
// "ok VERDICT: REASON (WHY)", or in words why there is none.
std::string verdict_request(const ProcId& id);

// The reply to a request of the control socket: "ok …" or "error …".
std::string obey(Scanner& scanner,
                 const std::string& request,
                 const ControlPeer& peer);

}  // namespace strayd
