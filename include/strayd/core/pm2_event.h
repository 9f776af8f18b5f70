// What PM2 said on its event bus (pub.sock), by allow-list.
//
// Events carry no pid, may be lost, and come late. So they only say why a count
// rose, never by how much: the count itself is that of the process list.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "strayd/core/supervisor.h"

namespace strayd {

// Source: PM2 7.0.4, lib/Event.js, lib/God.js (handleExit), lib/Watcher.js,
// lib/Worker.js; the same words in 5.2.2 and 6.0.14.
struct Pm2Event {
  enum class Kind {
    Exit,         // process:event "exit"
    Online,       // process:event "online": launched, restart_time is the new
    Action,       // process:event that somebody asked for ("restart", "reload")
    Overlimit,    // process:event "restart overlimit"
    Watch,        // log:PM2 "Change detected on path … for app NAME"
    MemoryLimit,  // log:PM2 "Process PM_ID restarted because it exceeds …"
    Signal        // log:PM2 "App [NAME:PM_ID] exited … via signal [SIGNAL]"
  };
  Kind kind = Kind::Exit;
  std::string home{};
  // -1 where the event does not say it: Watch names the app alone. A worker
  // that a reload replaces is "_old_N" to PM2: its events are dropped.
  std::int64_t pm_id = -1;
  // Of process events only; empty and 0 in lines of PM2's log.
  std::string unique_id{};
  std::string name{};
  std::string name_space = "default";
  Pm2Status status = Pm2Status::Unknown;
  std::int64_t restart_time = 0;
  std::optional<std::int64_t> pm_uptime_ms{};  // the launch it is about
  // 0 also for a death by signal.
  std::optional<int> exit_code{};
  // PM2 says SIGINT also where there was no signal.
  std::string signal{};

  bool operator==(const Pm2Event&) const = default;
};

}  // namespace strayd
