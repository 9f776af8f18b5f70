// How the processes of PM2's apps end, as the kernel tells it, and the parents
// of what comes from them.
//
// It holds a pidfd of each, and looks at it. It never signals and never waits
// for anybody's child.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "strayd/agent/oom_kills.h"
#include "strayd/core/causes.h"
#include "strayd/core/process.h"
#include "strayd/core/report.h"
#include "strayd/core/result.h"
#include "strayd/sys/fd.h"

namespace strayd {

struct AppProcess {
  LaunchKey launch{};
  ProcId id{};
  bool serves = false;  // at the end of the chain; else PM2's own child

  bool operator==(const AppProcess&) const = default;
};

// PM2's children, and where another process of the tree serves, that one, too.
// An instance without a valid pid or a launch has none.
std::vector<AppProcess> app_processes(std::span<const AppReport> apps,
                                      const Snapshot& snapshot);

// A quarter of the descriptors that this process may have, at most 4096: a
// snapshot needs some, and fails without.
std::size_t most_pidfds();

class ExitWatch {
 public:
  // Reads one process anew (Procfs::read): NotFound if the pid is another's.
  using Read = std::function<Result<Process>(const ProcId&)>;
  ExitWatch(Read read, OomKills oom, std::size_t most);

  // Who has ended of those that are held; each is told once. A process whose
  // parent has not taken note of its end is told later.
  std::vector<Death> ended(BootTime now);
  // How each of them ended, parents too, since this was asked last.
  std::map<ProcId, ExitStatus> take_ends() { return std::exchange(ends_, {}); }

  // The kernel ended some process of this host for want of memory since the
  // call of ended() before the last.
  bool oom() const { return oom_.anywhere(); }

  // Holds these from now on, as many as there is room for, and lets go of all
  // others. Of the parents only take_ends() tells.
  void hold(std::span<const AppProcess> wanted,
            std::span<const ProcId> parents = {});

  std::size_t held() const { return held_.size(); }

 private:
  struct Held {
    std::optional<AppProcess> process{};  // nullopt: a parent
    UniqueFd pidfd{};
    std::string cgroup{};  // empty: not known
  };
  void take(const ProcId& id, const std::optional<AppProcess>& process);
  std::vector<ProcId> exited() const;
  std::set<std::string> cgroups() const;

  Read read_;
  OomKills oom_;
  std::size_t most_;
  std::map<ProcId, Held> held_{};
  std::map<ProcId, ExitStatus> ends_{};
};

}  // namespace strayd
