// A host with apps and their sockets in a few lines, scan after scan.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "strayd/core/apps.h"

#include "support/world.h"

namespace strayd::testing {

constexpr std::uint16_t kPort = 3000;

// 192.0.2.N, as an IPv6 address.
inline IpAddress address(std::uint8_t last) {
  IpAddress ip;
  ip.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, 2, last};
  return ip;
}

class AppWorld : public World {
 public:
  // The app `api`: npm, sh, tsx and the server (pid 13).
  static AppWorld with_watched_app() {
    AppWorld world;
    world.god(5);
    world.process(10, 5, seconds{100}, {"npm run dev"});
    world.process(11,
                  10,
                  seconds{101},
                  {"sh", "-c", "tsx watch src/server.ts"},
                  "/usr/bin/dash");
    world.process(12,
                  11,
                  seconds{102},
                  {"node", "/x/.bin/tsx", "watch", "src/server.ts"});
    world.server(13, 12, seconds{110});
    world.answers(5, {instance(10, seconds{100})});
    return world;
  }

  // An app of that name whose only process is this one.
  static Pm2Instance app(const std::string& name,
                         pid_t pid,
                         seconds launched = seconds{100}) {
    Pm2Instance made = instance(pid, launched);
    made.name = name;
    made.pm_id = pid;
    made.unique_id = "u-" + name;
    return made;
  }

  static Pm2Instance worker(const std::string& name,
                            pid_t pid,
                            seconds launched = seconds{100}) {
    Pm2Instance made = app(name, pid, launched);
    made.exec_mode = "cluster_mode";
    return made;
  }

  SocketInode listen(pid_t pid, std::uint16_t port = kPort) {
    sockets.listeners.push_back({.inode = ++inodes_, .local = {.port = port}});
    hold(pid, inodes_);
    return inodes_;
  }

  SocketInode connect(pid_t pid, Connection connection) {
    connection.inode = ++inodes_;
    // No two connections have the same ends.
    if (connection.local.port == 0) {
      connection.local.port = static_cast<std::uint16_t>(40'000 + inodes_);
    }
    sockets.connections->push_back(connection);
    hold(pid, inodes_);
    return inodes_;
  }

  // To the configured far end "exchange".
  SocketInode trade(pid_t pid,
                    std::optional<std::chrono::milliseconds> since = {}) {
    return connect(pid, {.remote = kExchange, .since_receive = since});
  }

  void hold(pid_t pid, SocketInode inode) { held_[pid].push_back(inode); }

  void close(SocketInode inode) {
    const auto is_it = [&](const auto& socket) {
      return socket.inode == inode;
    };
    std::erase_if(sockets.listeners, is_it);
    std::erase_if(*sockets.connections, is_it);
  }

  // The process is gone, with the sockets that nobody else holds.
  void end(pid_t pid) {
    std::erase_if(snapshot.processes,
                  [&](const Process& p) { return p.id.pid == pid; });
    for (const SocketInode inode : std::exchange(held_[pid], {})) {
      const bool shared = std::ranges::any_of(held_, [&](const auto& other) {
        return std::ranges::find(other.second, inode) != other.second.end();
      });
      if (!shared) close(inode);
    }
  }

  AppsEvidence blind_evidence() const {
    return {.snapshot = snapshot,
            .pm2 = pm2,
            .policy = policy,
            .verdicts = verdicts,
            .remotes = remotes};
  }

  // The next scan, five seconds later. Only what is wanted is read.
  AppsPicture look() {
    read();
    return observe();
  }

  void read() {
    snapshot.taken += seconds{5};
    verdicts = judged();
    wanted = holders_wanted(blind_evidence(), seen);
    holdings.clear();
    for (const std::vector<ProcId>& ids : {wanted.always, wanted.settled}) {
      for (const ProcId& id : ids) {
        if (ending.contains(id.pid)) continue;
        if (sealed.contains(id.pid)) {
          holdings[id] = std::unexpected(Unread::Denied);
        } else {
          holdings[id] = held_[id.pid];
        }
      }
    }
  }

  AppsPicture observe() {
    AppsEvidence evidence = blind_evidence();
    if (sockets_are_known) evidence.sockets = &sockets;
    evidence.holdings = &holdings;
    evidence.asked = &asked;
    AppsPicture picture = observe_apps(evidence, seen);
    seen = picture.memory;
    asked.clear();
    return picture;
  }

  bool is_wanted(pid_t pid) const {
    return contain(wanted.always, pid) || contain(wanted.settled, pid);
  }
  bool is_always_wanted(pid_t pid) const { return contain(wanted.always, pid); }

  static inline const Endpoint kExchange{.ip = address(7), .port = 443};

  SocketTable sockets{.connections = std::vector<Connection>{}};
  bool sockets_are_known = true;
  std::vector<Remote> remotes{
      {.name = "exchange", .addresses = {address(7)}, .ports = {443}}};
  AskedPorts asked{};        // of the next scan
  std::set<pid_t> ending{};  // they are gone when they are to be read
  std::set<pid_t> sealed{};  // whose descriptors may not be read
  std::vector<Verdict> verdicts{};
  HoldersWanted wanted{};
  Holdings holdings{};
  AppsMemory seen{};

 private:
  static bool contain(const std::vector<ProcId>& ids, pid_t pid) {
    return std::ranges::any_of(ids,
                               [&](const ProcId& id) { return id.pid == pid; });
  }

  SocketInode inodes_ = 1000;
  std::map<pid_t, std::vector<SocketInode>> held_{};
};

inline const Backend& backend_of(const AppsPicture& picture,
                                 std::size_t slot = 0) {
  return *picture.apps.front().instances.at(slot).backend;
}

// 0 where there is none.
inline pid_t serving(const AppsPicture& picture, std::size_t slot = 0) {
  const Backend& backend = backend_of(picture, slot);
  return backend.id ? backend.id->pid : 0;
}

inline std::uint64_t restarts(const AppsPicture& picture, int slot = 0) {
  return picture.memory.backends.slots
      .at({.home = kHome, .app = "api", .slot = slot})
      .restarts;
}

}  // namespace strayd::testing
