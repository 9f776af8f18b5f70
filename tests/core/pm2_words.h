// What PM2 7.0.4 says on its bus, in the order in which it says it, as captured
// from it. Each function is one case; a restart is named by the launches it is
// between.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "strayd/core/pm2_event.h"

namespace strayd::test {

using Said = std::vector<Pm2Event>;

inline Said operator+(Said before, const Said& after) {
  before.insert(before.end(), after.begin(), after.end());
  return before;
}

// The instance that the words are about.
struct Speaker {
  std::string home = "/srv/.pm2";
  std::string name = "api";
  std::int64_t pm_id = 0;
  std::string unique_id = "u-1";

  Pm2Event line(Pm2Event::Kind kind) const {
    return {.kind = kind, .home = home, .pm_id = pm_id};
  }
  Pm2Event event(Pm2Event::Kind kind,
                 Pm2Status status,
                 std::int64_t restarts,
                 std::int64_t uptime) const {
    Pm2Event made = line(kind);
    made.unique_id = unique_id;
    made.name = name;
    made.status = status;
    made.restart_time = restarts;
    made.pm_uptime_ms = uptime;
    return made;
  }

  // ---- single words ----

  Said gap() const { return {{.kind = Pm2Event::Kind::Gap, .home = home}}; }
  // "Change detected on path … for app NAME - restarting"
  Said watch() const {
    return {{.kind = Pm2Event::Kind::Watch, .home = home, .name = name}};
  }
  // "Process PM_ID restarted because it exceeds --max-memory-restart value …"
  Said memory_limit() const { return {line(Pm2Event::Kind::MemoryLimit)}; }
  // "App [NAME:PM_ID] exited with code [CODE] via signal [SIGNAL]"
  Said exit_line(int code, const char* signal = "SIGINT") const {
    Pm2Event made = line(Pm2Event::Kind::Signal);
    made.name = name;
    made.exit_code = code;
    made.signal = signal;
    return {made};
  }
  Said exit(Pm2Status status,
            std::int64_t restarts,
            std::int64_t uptime,
            int code = 0) const {
    Pm2Event made = event(Pm2Event::Kind::Exit, status, restarts, uptime);
    made.exit_code = code;
    return {made};
  }
  Said online(std::int64_t restarts, std::int64_t uptime) const {
    return {
        event(Pm2Event::Kind::Online, Pm2Status::Launching, restarts, uptime)};
  }
  // "restart", "reload" and "start" alike; "stop" has the status Stopped.
  Said action(std::int64_t restarts,
              std::int64_t uptime,
              Pm2Status status = Pm2Status::Online) const {
    return {event(Pm2Event::Kind::Action, status, restarts, uptime)};
  }

  // ---- whole cases ----

  // PM2 ends the launch `from`: for a restart, a stop, a delete.
  Said ended(std::int64_t restarts, std::int64_t from) const {
    return exit_line(0) + exit(Pm2Status::Stopping, restarts, from) +
           exit(Pm2Status::Stopped, restarts, from);
  }
  // … and launches `to`: cron_restart, or what follows a line that says why.
  Said restarted(std::int64_t restarts,
                 std::int64_t from,
                 std::int64_t to) const {
    return ended(restarts, from) + online(restarts + 1, to);
  }
  // `pm2 restart`, also of a deploy; `pm2 reload` and `pm2 start` in fork mode.
  Said pm2_restart(std::int64_t restarts,
                   std::int64_t from,
                   std::int64_t to) const {
    return restarted(restarts, from, to) + action(restarts + 1, to);
  }
  Said pm2_stop(std::int64_t restarts, std::int64_t from) const {
    return ended(restarts, from) + action(restarts, from, Pm2Status::Stopped);
  }
  // `pm2 start` and `pm2 restart` of a stopped one: the count stays.
  Said pm2_start(std::int64_t restarts, std::int64_t to) const {
    return online(restarts, to) + action(restarts, to);
  }
  // `pm2 reload` in cluster mode. What is said of the old worker is dropped.
  Said pm2_reload(std::int64_t restarts, std::int64_t to) const {
    return online(restarts + 1, to) + action(restarts + 1, to);
  }
  // It ends by itself, and PM2 launches it anew.
  Said died(std::int64_t restarts,
            std::int64_t from,
            int code,
            const char* signal = "SIGINT") const {
    return exit_line(code, signal) +
           exit(Pm2Status::Stopped, restarts, from, code);
  }
  Said died(std::int64_t restarts,
            std::int64_t from,
            std::int64_t to,
            int code,
            const char* signal = "SIGINT") const {
    return died(restarts, from, code, signal) + online(restarts + 1, to);
  }
};

}  // namespace strayd::test
