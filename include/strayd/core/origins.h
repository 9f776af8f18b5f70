// Origins: where each living process came from. A claim that is found now may
// be gone with the next look (a cookie is not inherited, a parent ends, a
// daemon is killed), so what was once known of a process is kept for as long as
// it lives. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "strayd/core/exit_status.h"
#include "strayd/core/ledger.h"
#include "strayd/core/process.h"
#include "strayd/core/supervisor.h"

namespace strayd {

// How a process and what it came from have parted.
enum class Parting : std::uint8_t {
  None,   // they have not: it is below its owner
  LetGo,  // its parent ended by itself, and its owner lived on
  Left,   // its parent was ended by a signal, or its launch ended
  Unseen  // its parent ended, and how was not seen
};

// The launch, or the supervisor, under which a process was ever seen.
struct Origin {
  enum class Owner : std::uint8_t {
    Launch,      // of PM2's
    Pm2,         // below a daemon, and no launch is known
    Supervisor,  // another one
    Forgotten    // one that strayd may have known, and has lost
  };
  Owner owner = Owner::Launch;
  LaunchKey launch{};  // of Launch; of Pm2 its home alone
  // Of Launch the app, of Supervisor its name: for a person.
  std::string name{};
  // The process that PM2 listed, the daemon, or the supervisor. pid 0: it was
  // never seen; a cookie alone tells of the launch.
  ProcId root{};
  ProcId parent{};   // the newest that it had while it was below its owner
  BootTime since{};  // it was first seen there
  BootTime until{};  // it was last seen there
  Parting parting = Parting::None;

  bool operator==(const Origin&) const = default;
};

// Why a launch is over.
enum class LaunchEnd : std::uint8_t {
  None,      // it is not, as far as is known
  Replaced,  // its instance has another living pid
  Down,      // its instance has none
  Removed    // its instance is listed no more
};

// What is remembered of a launch: while PM2 lists it, and while a process lives
// that came from it.
struct LaunchMemory {
  std::string app{};             // as app_name() says it
  std::optional<int> slot{};     // the instance's number within the app
  std::optional<ProcId> root{};  // PM2's own child; nullopt: was never listed
  // The daemon that listed it last; nullopt: only a cookie names it.
  std::optional<ProcId> daemon{};
  std::chrono::milliseconds kill_timeout{Pm2Instance{}.kill_timeout};
  bool cluster = false;
  bool treekill = true;
  bool restarts = true;  // PM2 starts it again when it ends by itself
  // PM2 was seen to end it: stopping, or a word on its bus.
  bool wanted = false;
  LaunchEnd end = LaunchEnd::None;
  int lists = 0;                    // in a row that say so
  std::optional<BootTime> ended{};  // when the first list said so

  bool operator==(const LaunchMemory&) const = default;
};

// What the kernel told of lives and ends between two looks.
struct Life {
  struct Birth {
    pid_t child = 0;
    pid_t parent = 0;
    bool operator==(const Birth&) const = default;
  };
  struct End {
    pid_t pid = 0;
    ExitStatus status{};
    bool operator==(const End&) const = default;
  };
  // In their order; by pid, which is used again.
  std::vector<std::variant<Birth, End>> events{};
  // Of processes that were held by a pidfd.
  std::map<ProcId, ExitStatus> ends{};
  // Launches that PM2 said on its bus it ends.
  std::set<LaunchKey> wanted{};
  // Homes whose daemon said on its bus that an operator ends it.
  std::set<std::string> told_to_end{};
};

// More processes with an origin than this are not remembered.
inline constexpr std::size_t kMostOrigins = 100'000;

}  // namespace strayd
