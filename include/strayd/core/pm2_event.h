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
// lib/Worker.js; the same words in 5.4.3 and 6.0.14.
//
// A worker that a cluster reload replaces is "_old_N" to PM2, and what is said
// of it is dropped. So such a reload is an Online with one restart more and no
// Exit of that pm_id before it, whoever wanted it: an operator or, behind a
// MemoryLimit, PM2 itself. All other restarts have their Exit first: Stopping
// and then Stopped where PM2 ended it, Stopped alone where it ended by itself.
// PM2 5.x says Online late, after the Action or never, with status Online.
struct Pm2Event {
  enum class Kind {
    Exit,         // process:event "exit"
    Online,       // process:event "online": launched, restart_time is the new
    Action,       // process:event that somebody asked for ("restart", "stop")
    Overlimit,    // process:event "restart overlimit": it stays errored
    Watch,        // log:PM2 "Change detected on path … for app NAME"
    MemoryLimit,  // log:PM2 "Process PM_ID restarted because it exceeds …"
    Signal,       // log:PM2 "App [NAME:PM_ID] exited … via signal [SIGNAL]"
    ToldToEnd,    // pm2:kill "… via CLI": an operator ends the daemon
    Gap           // not of PM2: events of this home may be missing here
  };
  Kind kind = Kind::Exit;
  std::string home{};
  // -1 where the event does not say it: Watch names the app alone, and means
  // all instances of that name, in every namespace.
  std::int64_t pm_id = -1;
  std::string unique_id{};  // of process events only
  std::string name{};       // of process events, Watch and Signal
  // The rest but exit_code and signal: of process events only.
  std::string name_space = "default";
  Pm2Status status = Pm2Status::Unknown;
  std::int64_t restart_time = 0;
  std::optional<std::int64_t> pm_uptime_ms{};  // the launch it is about
  // When PM2 said it, in Unix ms: of an Exit, just after the end.
  std::optional<std::int64_t> at_ms{};
  // 0 also for a death by signal. In an Online it is that of an earlier Exit.
  std::optional<int> exit_code{};
  // Of Signal, which comes before the Exit it is about. PM2 says SIGINT also
  // where there was no signal.
  std::string signal{};

  bool operator==(const Pm2Event&) const = default;
};

}  // namespace strayd
