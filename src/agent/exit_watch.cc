#include "strayd/agent/exit_watch.h"

#include <sys/resource.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "strayd/core/forest.h"
#include "strayd/sys/exit_status.h"
#include "strayd/sys/pidfd.h"

namespace strayd {
namespace {

constexpr std::size_t kMostPidfds = 4096;

// What can't be told of a process that is held is said as Unknown.
ExitStatus status_of(const UniqueFd& pidfd) {
  return exit_status(pidfd.get()).value_or(ExitStatus{});
}

void add(std::vector<AppProcess>& processes,
         const AppReport& app,
         const InstanceReport& instance,
         const Forest& forest) {
  const Pm2Instance& pm2 = instance.pm2;
  // A start time is told of a valid pid alone.
  if (!pm2.pid || !pm2.pm_uptime_ms || !instance.start_unix_ms) return;
  const Process* const own = forest.find(*pm2.pid);
  if (own == nullptr) return;
  const LaunchKey launch{.instance = {.home = app.home,
                                      .unique_id = pm2.unique_id,
                                      .pm_id = pm2.pm_id},
                         .pm_uptime_ms = *pm2.pm_uptime_ms};
  processes.push_back({.launch = launch, .id = own->id});
  if (!instance.backend || !instance.backend->id) return;
  const ProcId& server = *instance.backend->id;
  if (server == own->id) return;
  processes.push_back({.launch = launch, .id = server, .serves = true});
}

}  // namespace

std::vector<AppProcess> app_processes(std::span<const AppReport> apps,
                                      const Snapshot& snapshot) {
  const Forest forest(snapshot);
  std::vector<AppProcess> processes;
  for (const AppReport& app : apps) {
    for (const InstanceReport& instance : app.instances) {
      add(processes, app, instance, forest);
    }
  }
  return processes;
}

std::size_t most_pidfds() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  return std::min<std::size_t>(limit.rlim_cur / 4, kMostPidfds);
}

ExitWatch::ExitWatch(Read read, OomKills oom, std::size_t most)
    : read_(std::move(read)), oom_(std::move(oom)), most_(most) {}

// Those that have, maybe not yet to their parent's knowledge.
std::vector<ProcId> ExitWatch::exited() const {
  std::vector<ProcId> ids;
  std::vector<int> pidfds;
  for (const auto& [id, held] : held_) {
    ids.push_back(id);
    pidfds.push_back(held.pidfd.get());
  }
  std::vector<ProcId> found;
  for (const std::size_t i : all_exited(pidfds)) found.push_back(ids[i]);
  return found;
}

std::vector<Death> ExitWatch::ended(BootTime now) {
  std::vector<Death> deaths;
  std::vector<std::string> where;
  for (const ProcId& id : exited()) {
    const auto entry = held_.find(id);
    const Held& held = entry->second;
    const ExitStatus status = status_of(held.pidfd);
    if (status.how == ExitStatus::How::NotYet) continue;
    ends_[id] = status;
    if (held.process) {
      deaths.push_back({.launch = held.process->launch,
                        .id = id,
                        .served = held.process->serves,
                        .status = status});
      where.push_back(held.cgroup);
    }
    held_.erase(entry);
  }
  // After the exits were seen, so that what led to them is counted.
  oom_.look(now);
  for (std::size_t i = 0; i < deaths.size(); ++i) {
    deaths[i].oom = oom_.recently_in(where[i]);
  }
  return deaths;
}

void ExitWatch::hold(std::span<const AppProcess> wanted,
                     std::span<const ProcId> parents) {
  std::set<ProcId> ids{parents.begin(), parents.end()};
  for (const AppProcess& process : wanted) ids.insert(process.id);
  std::erase_if(held_,
                [&](const auto& entry) { return !ids.contains(entry.first); });
  for (const AppProcess& process : wanted) take(process.id, process);
  for (const ProcId& parent : parents) take(parent, std::nullopt);
  oom_.follow(cgroups());
}

// Opened by its number, and then looked at: the number is still that of the
// process that was seen, so it was when it was opened.
void ExitWatch::take(const ProcId& id,
                     const std::optional<AppProcess>& process) {
  const auto known = held_.find(id);
  if (known != held_.end()) {
    if (process) known->second.process = process;
    return;
  }
  if (held_.size() >= most_) return;
  Result<UniqueFd> pidfd = open_pidfd(id.pid);
  if (!pidfd) return;
  const Result<Process> now = read_(id);
  if (!now) return;
  held_.emplace(id,
                Held{.process = process,
                     .pidfd = std::move(*pidfd),
                     .cgroup = now->cgroup.value_or("")});
}

std::set<std::string> ExitWatch::cgroups() const {
  std::set<std::string> all;
  for (const auto& [id, held] : held_) all.insert(held.cgroup);
  return all;
}

}  // namespace strayd
