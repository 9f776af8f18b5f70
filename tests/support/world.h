// A host in a few lines, for tests of the judgement.
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "strayd/core/judge.h"

namespace strayd::testing {

using std::chrono::seconds;

constexpr seconds kNow{10'000};
constexpr std::int64_t kBootMs = 1'700'000'000'000;
constexpr const char* kHome = "/srv/.pm2";

inline std::int64_t unix_ms_at(seconds since_boot) {
  return kBootMs + (since_boot.count() * 1000);
}

class World {
 public:
  World() {
    snapshot.taken = kNow;
    snapshot.boot_epoch_ms = kBootMs;
    snapshot.boot_id = "boot";
    policy.rules.push_back(
        {.name = "tsx-server",
         .match = {.pattern = *Pattern::compile("tsx.*server\\.ts"),
                   .exe = "node"}});
    process(1, 0, seconds{0}, {"/sbin/init"}, "/sbin/init");
  }

  // Everything readable, of user 1000, in its own session.
  Process& process(pid_t pid,
                   pid_t parent,
                   seconds started,
                   std::vector<std::string> argv,
                   std::string exe = "/usr/bin/node") {
    Process made;
    made.id = {
        .pid = pid,
        .start_ticks = static_cast<std::uint64_t>(started.count()) * 100};
    made.parent = parent;
    made.group = pid;
    made.session = pid;
    made.state = 'S';
    made.started = started;
    made.comm = argv.empty() ? "?" : argv.front().substr(0, 15);
    made.uid = 1000;
    made.pid_namespace_depth = 1;
    made.tracer = 0;
    made.ignores_hangup = false;
    made.has_own_output = false;
    made.argv = std::move(argv);
    made.exe = std::move(exe);
    made.cwd = "/srv/app";
    made.cgroup = "/";
    made.environment = Environment{};
    snapshot.processes.push_back(std::move(made));
    return snapshot.processes.back();
  }

  // A process that the rule matches.
  Process& server(pid_t pid, pid_t parent, seconds started = seconds{100}) {
    return process(pid,
                   parent,
                   started,
                   {"/usr/bin/node",
                    "--import",
                    "/x/tsx/dist/loader.mjs",
                    "src/server.ts"});
  }

  Process& god(pid_t pid, seconds started = seconds{50}) {
    Process& daemon =
        process(pid,
                1,
                started,
                {std::string("PM2 v7.0.4: God Daemon (") + kHome + ")"});
    daemon.comm = "PM2 v7.0.4: God";
    return daemon;
  }

  Process& find(pid_t pid) {
    for (Process& process : snapshot.processes) {
      if (process.id.pid == pid) return process;
    }
    std::abort();
  }

  // The cookie of an app instance launched at that moment.
  static Environment cookie(seconds launched,
                            std::int64_t pm_id = 0,
                            const std::string& unique_id = "u-1") {
    return {{"PM2_HOME", kHome},
            {"pm_id", std::to_string(pm_id)},
            {"unique_id", unique_id},
            {"name", "api"},
            {"namespace", "default"},
            {"pm_cwd", "/srv/app"},
            {"pm_exec_path", "/usr/bin/npm"},
            {"pm_uptime", std::to_string(unix_ms_at(launched))}};
  }

  static Pm2Instance instance(pid_t pid, seconds launched) {
    return {.name = "api",
            .pm_id = 0,
            .pid = pid,
            .status = Pm2Status::Online,
            .unique_id = "u-1",
            .pm_uptime_ms = unix_ms_at(launched),
            .exec_mode = "fork_mode",
            .pm_cwd = "/srv/app",
            .pm_exec_path = "/usr/bin/npm"};
  }

  // PM2 answers, has settled, and lists these.
  void answers(pid_t daemon, std::vector<Pm2Instance> instances) {
    const Process& god = find(daemon);
    pm2 = {{.home = kHome,
            .uid = 1000,
            .reply = Pm2Answer{.daemon = god.id,
                               .uid = 1000,
                               .instances = std::move(instances)}}};
    settle();
  }

  void is_quiet(Pm2Quiet kind) {
    pm2 = {{.home = kHome,
            .uid = 1000,
            .reply = std::unexpected(
                Pm2Silence{.kind = kind, .why = "it is quiet"})}};
    settle();
  }

  // As if the same had been seen for a long time.
  void settle() {
    Snapshot earlier = snapshot;
    earlier.taken = kNow - seconds{3600};
    memory = remember(memory, earlier, pm2);
    earlier.taken = kNow - seconds{3000};
    memory = remember(memory, earlier, pm2);
  }

  // From now on PM2 lists these.
  void lists(pid_t daemon, std::vector<Pm2Instance> instances) {
    pm2 = {{.home = kHome,
            .uid = 1000,
            .reply = Pm2Answer{.daemon = find(daemon).id,
                               .uid = 1000,
                               .instances = std::move(instances)}}};
  }

  // A new scan, with what the kernel and PM2 told since the last one.
  void scan(const Life& life = {}, seconds later = seconds{5}) {
    snapshot.taken += later;
    std::ranges::sort(snapshot.processes, {}, &Process::id);
    memory = remember(memory, snapshot, pm2, policy, life);
  }

  // Scans every five seconds until that much time is over.
  void scan_for(seconds time) {
    for (; time > seconds{0}; time -= seconds{5}) scan();
  }

  // It is gone, and what it leaves behind is pid 1's.
  void end(pid_t pid) {
    std::erase_if(snapshot.processes, [&](const Process& process) {
      return process.id.pid == pid;
    });
    for (Process& process : snapshot.processes) {
      if (process.parent == pid) process.parent = 1;
    }
  }

  // nullptr: it has none.
  const Origin* origin(pid_t pid) {
    const auto found = memory.origins.find(find(pid).id);
    return found == memory.origins.end() ? nullptr : &found->second;
  }

  Evidence evidence() const {
    holdings_.clear();
    for (const Process& process : snapshot.processes) {
      const auto held = held_.find(process.id.pid);
      holdings_[process.id] =
          held == held_.end() ? std::vector<SocketInode>{} : held->second;
    }
    return {.snapshot = snapshot,
            .pm2 = pm2,
            .memory = memory,
            .sockets = sockets_are_read ? &table : nullptr,
            .holdings = sockets_are_read ? &holdings_ : nullptr,
            .facts = &facts};
  }

  // What is remembered of a launch of instance().
  LaunchMemory& launch(seconds launched, const std::string& unique_id = "u-1") {
    return memory.launches.at(
        {.instance = {.home = kHome, .unique_id = unique_id, .pm_id = 0},
         .pm_uptime_ms = unix_ms_at(launched)});
  }

  // It listens on that port.
  void serves(pid_t pid, std::uint16_t port = 3000) {
    const SocketInode inode = 1 + table.listeners.size();
    table.listeners.push_back({.inode = inode, .local = {.port = port}});
    held_[pid].push_back(inode);
  }

  std::vector<Verdict> judged() const { return judge(evidence(), policy); }

  // The verdict on this pid; a Protected one without text if there is none.
  Verdict verdict(pid_t pid) const {
    for (const Verdict& verdict : judged()) {
      if (verdict.id.pid == pid) return verdict;
    }
    return {};
  }

  // It has a connection to somebody.
  void connect(pid_t pid) {
    const SocketInode inode = 5000 + table.connections->size();
    table.connections->push_back({.inode = inode});
    held_[pid].push_back(inode);
  }

  Snapshot snapshot{};
  std::vector<Pm2View> pm2{};
  Memory memory{};
  Policy policy{};
  HostFacts facts{};  // nothing on this host owns anything
  SocketTable table{.other_servers = std::vector<SocketInode>{},
                    .connections = std::vector<Connection>{}};
  bool sockets_are_read = true;

 private:
  std::map<pid_t, std::vector<SocketInode>> held_{};
  mutable Holdings holdings_{};
};

}  // namespace strayd::testing
