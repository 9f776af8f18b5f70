// What an operator may ask of a running agent.
#pragma once

#include <string>

#include "strayd/agent/control.h"
#include "strayd/agent/scanner.h"

namespace strayd {

inline constexpr const char* kBreakerStatus = "breaker status";
inline constexpr const char* kBreakerClose = "breaker close";

// The reply to a request of the control socket: "ok …" or "error …".
std::string obey(Scanner& scanner,
                 const std::string& request,
                 const ControlPeer& peer);

}  // namespace strayd
