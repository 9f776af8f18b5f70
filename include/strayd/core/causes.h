// Why PM2 restarted an app: what one scan learned of it, and what is remembered
// of each instance until its restarts are counted.
//
// PM2's list alone says how many restarts there were. Each of them goes by the
// restart_time of the launch that follows it, so an event that is late, comes
// twice or lacks is never taken for another's. What was not heard whole has the
// cause Unknown; or Missed, where strayd was away and PM2's list alone tells of
// it.
//
// What may be relied on: as long as a Gap stands where events are missing, and
// each connection tells its log lines in order, no cause is given but the true
// one, Missed or Unknown. One thing PM2 never says: whether it restarted an app
// for a change that it saw. Where it did not, what it ends within two minutes,
// and nobody asked for by its command line, counts as Watch. And strayd blames
// itself where PM2's words lack: if the launch that a list showed was ended by
// a signal of strayd's own, that is why it was restarted.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "strayd/core/exit_status.h"
#include "strayd/core/ledger.h"
#include "strayd/core/pm2_event.h"
#include "strayd/core/process.h"
#include "strayd/core/senders.h"

namespace strayd {

// A process of a launch that has ended.
struct Death {
  LaunchKey launch{};
  ProcId id{};
  // The process that served, at the end of the chain; else PM2's own child.
  bool served = false;
  ExitStatus status{};
  // The kernel ended processes of its cgroup for want of memory, just then.
  bool oom = false;

  bool operator==(const Death&) const = default;
};

// A port of an app that somebody else held while the app did not.
struct HeldPort {
  AppKey app{};
  // What that launch left there can't be why it ended; nullopt: of none.
  std::optional<LaunchKey> left_by{};
  bool asked = false;  // that it is the app's port, its own errors alone say

  auto operator<=>(const HeldPort&) const = default;
};

// What one scan learned.
struct Clues {
  BootTime at{};
  // In the order of arrival, taken after the lists were read.
  std::vector<Pm2Event> events{};
  // Homes of which all is in `events` that was said before their list was read.
  // Of the others a restart is settled only once its launch was heard.
  std::set<std::string> caught_up{};
  std::vector<Death> deaths{};
  // The kernel ended some process of this host for want of memory since the
  // scan before; read after the events were taken.
  bool oom = false;
  std::set<ProcId> signalled{};  // by strayd
  // Those of the last minutes that the kernel told of, oldest first, up to the
  // ends above. Where it does not tell there are none.
  std::vector<SentSignal> signals{};
  // What an orphan or a foreign process holds, now or in the scan before.
  std::set<HeldPort> port_conflicts{};
};

// The end of a launch.
struct Ending {
  enum class How : std::uint8_t {
    Died,      // by itself
    Wanted,    // PM2 ended it
    Replaced,  // by a cluster reload
    Unclear
  };
  How how = How::Unclear;
  std::int64_t pm_uptime_ms = 0;        // of the launch that ended
  std::optional<std::int64_t> at_ms{};  // in Unix ms; nullopt: not said
  std::optional<int> exit_code{};
  std::string signal{};  // PM2's word: SIGINT also where there was none
  bool watch = false;    // PM2 had just said so
  bool memory_limit = false;
  bool starving = false;  // the host had lacked memory just before
  // A port of its app was held by what it had not left there itself.
  bool port_conflict = false;
  bool port_by_word = false;  // of a port that it only asked for
  bool whole = false;  // nothing that PM2 may have said before it was missed
  // The launch that follows it, by its pm_uptime_ms; nullopt: not heard yet.
  std::optional<std::int64_t> led_to{};
  bool asked = false;  // an action says that it launched that one

  bool operator==(const Ending&) const = default;
};

// What is remembered of an instance.
struct Trail {
  struct Start {
    std::int64_t restart_time = 0;
    std::int64_t pm_uptime_ms = 0;  // of the launch with that number

    bool operator==(const Start&) const = default;
  };
  struct Deaths {
    std::optional<Death> own{};
    std::optional<Death> served{};
    // What had hit its tree, oldest first.
    std::vector<SentSignal> signals{};
    bool served_is_old = false;  // and the launch outlived it

    bool operator==(const Deaths&) const = default;
  };
  std::string name{};             // PM2's, without the namespace
  bool expected = true;           // heard of, and not yet looked for in a list
  std::optional<Start> listed{};  // by the list before
  std::optional<Start> alive{};   // the newest that lived since the last gap
  std::int64_t newest_ms = 0;     // of all launches that were heard of
  std::map<std::int64_t, Ending> endings{};  // by the restart they led to
  std::map<std::int64_t, Deaths> deaths{};   // by pm_uptime_ms
  std::uint64_t watch_lines = 0;             // of HomeTrail, that are answered

  bool operator==(const Trail&) const = default;
};

// What is remembered of a home: lines of PM2's log that wait for their event.
struct HomeTrail {
  struct WatchLine {
    std::uint64_t number = 0;
    BootTime at{};

    bool operator==(const WatchLine&) const = default;
  };
  struct ExitLine {
    std::optional<int> exit_code{};
    std::string signal{};

    bool operator==(const ExitLine&) const = default;
  };
  bool mute = false;  // it has events but no log lines
  std::uint64_t watch_lines = 0;
  std::map<std::string, WatchLine> watch{};         // the newest of each name
  std::map<std::int64_t, BootTime> memory_limit{};  // by pm_id
  std::map<std::int64_t, ExitLine> exits{};         // by pm_id
  std::optional<BootTime> oom_at{};  // the last that the kernel told of
  // Of this run: when its first and its newest list were read.
  std::optional<BootTime> first_list{};
  std::optional<BootTime> last_list{};
  bool followed = false;  // all was heard from one list to the next

  bool operator==(const HomeTrail&) const = default;
};

struct Trails {
  std::map<InstanceKey, Trail> instances{};
  std::map<std::string, HomeTrail> homes{};

  bool operator==(const Trails&) const = default;
};

}  // namespace strayd
