// What the supervisors said of the processes they own.
//
// "PM2 has no apps" is a Pm2Answer without instances; "PM2 did not answer" is a
// Pm2Silence. They are different types, so that one is never taken for the
// other.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strayd/core/process.h"

namespace strayd {

// PM2's own words for the state of an instance (PM2 7.0.4, constants.js).
enum class Pm2Status {
  Online,
  Launching,
  Stopping,
  Stopped,
  Errored,
  WaitingRestart,
  Unknown  // a word that this strayd does not know
};
inline constexpr std::array kPm2Statuses{Pm2Status::Online,
                                         Pm2Status::Launching,
                                         Pm2Status::Stopping,
                                         Pm2Status::Stopped,
                                         Pm2Status::Errored,
                                         Pm2Status::WaitingRestart,
                                         Pm2Status::Unknown};
std::string_view to_string(Pm2Status status);  // "waiting restart" as PM2 says

// One entry of PM2's process list, by allow-list.
struct Pm2Instance {
  std::string name{};
  std::string name_space = "default";
  std::int64_t pm_id = -1;
  // Only a number > 1; PM2 says 0 for a stopped one, and may keep a dead one.
  std::optional<pid_t> pid{};
  Pm2Status status = Pm2Status::Unknown;
  std::string unique_id{};        // the same for all instances of one start
  std::int64_t restart_time = 0;  // a count; can go down
  std::int64_t unstable_restarts = 0;
  // Unix ms at which this generation was launched; nullopt: PM2 did not say.
  std::optional<std::int64_t> pm_uptime_ms{};
  std::optional<std::int64_t> created_at_ms{};
  std::string exec_mode{};  // "fork_mode", "cluster_mode"
  // Where PM2 starts what; empty: PM2 did not say.
  std::string pm_cwd{};
  std::string pm_exec_path{};
  std::chrono::milliseconds kill_timeout{1600};
  std::chrono::milliseconds min_uptime{1000};
  // Its number among the instances of its app (NODE_APP_INSTANCE); nullopt:
  // PM2 did not say.
  std::optional<int> slot{};
  bool treekill = true;  // false: PM2 ends its own child alone
  // PM2 starts it again when it ends by itself: autorestart is on, and no exit
  // code is named that stops it (stop_exit_codes).
  bool restarts = true;
  // Of the launch before; 0 also where a signal ended it.
  std::optional<int> exit_code{};

  bool operator==(const Pm2Instance&) const = default;
};

// PM2's name, `namespace/name` outside the default namespace or where it has a
// slash: no two are alike. Raw bytes: made valid UTF-8 where it leaves strayd.
std::string app_name(const Pm2Instance& instance);

// A whole answer, in time, from a checked peer.
struct Pm2Answer {
  ProcId daemon{};  // the peer of rpc.sock (SO_PEERCRED), found in the snapshot
  uid_t uid = 0;    // of that peer
  std::vector<Pm2Instance> instances{};
};

enum class Pm2Quiet {
  Silent,    // a daemon lives, or a socket accepts, but no whole answer came
  Dead,      // one was seen, and neither process nor listener is left
  NeverSeen  // the home is configured and nothing of PM2 was ever seen there
};

struct Pm2Silence {
  Pm2Quiet kind = Pm2Quiet::Silent;
  std::string why{};       // one line for a person
  bool home_gone = false;  // its directory does not exist
};

struct Pm2View {
  std::string home{};  // absolute PM2_HOME
  // Other paths that lead to the same directory.
  std::vector<std::string> aliases{};
  // The uid that owns the home's daemon, or the home; nullopt: not known.
  std::optional<uid_t> uid{};
  // The living God Daemons of the snapshot whose title names this home. PM2
  // starts a second one where a command does not reach the first.
  std::size_t daemons = 0;
  std::expected<Pm2Answer, Pm2Silence> reply = std::unexpected(Pm2Silence{});
  std::chrono::nanoseconds
      rpc_duration{};  // of the exchange, also a failed one
};

// A supervisor that is known by its process alone.
enum class SupervisorKind {
  Pm2Daemon,   // the title "PM2 v…: God Daemon (home)"
  Pm2Runtime,  // node …/pm2-runtime, pm2-docker, or pm2 … --no-daemon
  Systemd,     // system or user manager
  Container,   // containerd-shim, conmon, dockerd, runc, crun, lxc-start …
  Other        // supervisord, runsv, s6-supervise, circusd …
};
std::string_view to_string(SupervisorKind kind);

// Pure: from comm, exe (where known) and argv.
std::optional<SupervisorKind> supervisor_kind(const Process& process);

// Pure: whether it is in a container, by its cgroup, that `self` is not in:
// strayd, in a container too, sees its own world. nullptr: not known.
bool in_other_container(const Process& process, const Process* self);

// The home in a God Daemon's title, as it is written there: PM2 leaves a
// relative one as it is. nullopt where there is none.
// `PM2 v7.0.4: God Daemon (/root/.pm2)`, padded by NULs or spaces.
std::optional<std::string> home_in_title(const Process& process);

// That home. A relative one begins where the daemon works, and is not known
// where that is not.
std::optional<std::string> god_daemon_home(const Process& process);

// Pure: between fork and exec a child of a God Daemon still carries its title,
// and may already work elsewhere. `parent` may be nullptr.
bool is_fork_of_daemon(const Process& process, const Process* parent);

// The home of a process's own environment: PM2_HOME, from where it works, else
// HOME/.pm2.
std::optional<std::string> pm2_home_of(const Process& process);

}  // namespace strayd
