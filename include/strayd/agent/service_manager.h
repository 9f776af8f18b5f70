// The service manager that started the agent, and what it wants to be told
// (sd_notify(3)): that the agent is ready, reloads, stops, and, before its
// watchdog loses patience, that it is well.
//
// The protocol is one datagram a message. It is spoken here and not through
// libsystemd, which would bring its libraries into a process that may end
// others.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "strayd/sys/fd.h"

namespace strayd {

// Where no manager listens nothing is said. It is never waited for, and a
// message that it does not take is lost: it will act as if we were hung, and
// that is for it to decide.
class ServiceManager {
 public:
  // NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID of this process.
  static ServiceManager from_environment();
  // `socket`: an absolute path, or "@name" in the abstract namespace. Anything
  // else is nobody.
  ServiceManager(const std::string& socket,
                 std::optional<std::chrono::nanoseconds> patience);

  // Well, and at work. `status` is one line for `systemctl status`.
  void ready(std::string_view status) const;
  void alive() const;
  void reloading() const;  // until ready()
  void stopping() const;

  // alive() or ready() is due so long after the last: half of its patience.
  // nullopt: it has no watchdog.
  std::optional<std::chrono::nanoseconds> pulse() const { return pulse_; }

 private:
  void tell(const std::string& message) const;

  UniqueFd socket_{};
  std::optional<std::chrono::nanoseconds> pulse_{};
};

}  // namespace strayd
