#include "strayd/core/ties.h"

#include <algorithm>
#include <utility>

#include "strayd/core/forest.h"
#include "strayd/core/report.h"

namespace strayd {
namespace {

using Holders = std::map<SocketInode, ProcId>;

// Of the processes of a tree: which inodes they hold, and whether all is known.
struct Held {
  Holders holders{};
  bool whole = true;
};

Held held_by(std::span<const ProcId> processes, const Holdings* holdings) {
  Held held{.whole = holdings != nullptr};
  if (!held.whole) return held;
  for (const ProcId& id : processes) {
    const auto found = holdings->find(id);
    if (found == holdings->end()) continue;  // gone
    if (!found->second) {
      held.whole = false;
      continue;
    }
    for (const SocketInode inode : *found->second) {
      held.holders.emplace(inode, id);
    }
  }
  return held;
}

// What a process of an app may hold, and what of the tree is at the other end.
struct OtherEnds {
  Holders connections{};
  Holders unix_sockets{};
  Holders pipes{};
  std::map<pid_t, ProcId> sessions{};
  std::map<pid_t, ProcId> groups{};
  std::set<std::uint16_t> ports{};
  bool whole = true;
};

void add_connections(OtherEnds& ends,
                     const SocketTable& table,
                     const Holders& holders) {
  std::map<std::pair<Endpoint, Endpoint>, SocketInode> by_ends;
  for (const Connection& each : *table.connections) {
    by_ends[{each.local, each.remote}] = each.inode;
  }
  for (const Connection& each : *table.connections) {
    const auto holder = holders.find(each.inode);
    if (holder == holders.end()) continue;
    const auto other = by_ends.find({each.remote, each.local});
    if (other == by_ends.end()) continue;
    ends.connections.emplace(other->second, holder->second);
  }
}

void add_sockets(OtherEnds& ends,
                 const SocketTable& table,
                 const Holders& holders) {
  if (table.connections) {
    add_connections(ends, table, holders);
  } else {
    ends.whole = false;
  }
  if (table.unix_pairs) {
    for (const UnixPair& pair : *table.unix_pairs) {
      const auto one = holders.find(pair.inode);
      if (one != holders.end()) {
        ends.unix_sockets.emplace(pair.peer, one->second);
      }
      const auto other = holders.find(pair.peer);
      if (other != holders.end()) {
        ends.unix_sockets.emplace(pair.inode, other->second);
      }
    }
  } else {
    ends.whole = false;
  }
  for (const Listener& each : table.listeners) {
    if (holders.contains(each.inode)) ends.ports.insert(each.local.port);
  }
}

// Sessions and groups that have a daemon of PM2's in them.
std::set<pid_t> numbers_of_daemons(const TieEvidence& evidence,
                                   const Forest& forest) {
  std::set<pid_t> numbers;
  for (const Pm2View& view : evidence.pm2) {
    if (!view.reply) continue;
    const Process* daemon = forest.find(view.reply->daemon.pid);
    if (daemon == nullptr) continue;
    numbers.insert(daemon->session);
    numbers.insert(daemon->group);
  }
  return numbers;
}

// Whatever the daemon holds, too, all that it starts may have inherited.
void add_pipes(OtherEnds& ends,
               std::span<const ProcId> tree,
               const TieEvidence& evidence) {
  std::vector<ProcId> daemons;
  for (const Pm2View& view : evidence.pm2) {
    if (view.reply) daemons.push_back(view.reply->daemon);
  }
  const Held of_daemons = held_by(daemons, evidence.pipes);
  const Held of_tree = held_by(tree, evidence.pipes);
  if (!of_daemons.whole || !of_tree.whole) ends.whole = false;
  if (!of_daemons.whole) return;
  for (const auto& [inode, holder] : of_tree.holders) {
    if (!of_daemons.holders.contains(inode)) ends.pipes[inode] = holder;
  }
}

OtherEnds other_ends(std::span<const ProcId> tree,
                     const TieEvidence& evidence,
                     const Forest& forest) {
  OtherEnds ends;
  const std::set<pid_t> daemons = numbers_of_daemons(evidence, forest);
  for (const ProcId& id : tree) {
    const Process* process = forest.find(id.pid);
    if (process == nullptr || process->id != id) continue;
    // A process of another namespace has none that we could see (0).
    if (process->session > 0 && !daemons.contains(process->session)) {
      ends.sessions.emplace(process->session, id);
    }
    if (process->group > 0 && !daemons.contains(process->group)) {
      ends.groups.emplace(process->group, id);
    }
  }
  const Held sockets = held_by(tree, evidence.holdings);
  ends.whole = sockets.whole && evidence.sockets != nullptr;
  add_pipes(ends, tree, evidence);
  if (evidence.sockets != nullptr) {
    add_sockets(ends, *evidence.sockets, sockets.holders);
  }
  return ends;
}

class Search {
 public:
  Search(const OtherEnds& ends, const Forest& forest)
      : ends_(ends), forest_(forest) {}

  AppTies of(const AppFacts& app, const TieEvidence& evidence) {
    found_ = {};
    const std::vector<ProcId> processes(app.processes.begin(),
                                        app.processes.end());
    const Held sockets = held_by(processes, evidence.holdings);
    const Held pipes = held_by(processes, evidence.pipes);
    for (const auto& [inode, holder] : sockets.holders) {
      add(TieKind::Connection, ends_.connections, inode);
      add(TieKind::UnixSocket, ends_.unix_sockets, inode);
    }
    for (const auto& [inode, holder] : pipes.holders) {
      add(TieKind::Pipe, ends_.pipes, inode);
    }
    for (const ProcId& id : processes) {
      const Process* process = forest_.find(id.pid);
      if (process == nullptr || process->id != id) continue;
      add(TieKind::Session, ends_.sessions, process->session);
      add(TieKind::ProcessGroup, ends_.groups, process->group);
    }
    found_.whole = ends_.whole && sockets.whole && pipes.whole;
    found_.held = ends_.ports;
    return found_;
  }

 private:
  template <typename Number>
  void add(TieKind kind, const std::map<Number, ProcId>& ends, Number number) {
    const auto other = ends.find(number);
    if (other == ends.end()) return;
    if (found_.tie && found_.tie->kind <= kind) return;
    found_.tie = {.kind = kind,
                  .of_tree = other->second,
                  .program = program_of(other->second)};
  }

  std::string program_of(const ProcId& id) const {
    const Process* process = forest_.find(id.pid);
    if (process == nullptr || process->id != id) return {};
    const Shown shown = show(*process, process->started);
    return shown.script.empty() ? shown.program
                                : shown.program + " " + shown.script;
  }

  const OtherEnds& ends_;
  const Forest& forest_;
  AppTies found_{};
};

}  // namespace

KillTies ties_of(std::span<const ProcId> tree,
                 std::span<const AppFacts> apps,
                 const TieEvidence& evidence) {
  const Forest forest(evidence.snapshot);
  const OtherEnds ends = other_ends(tree, evidence, forest);
  Search search(ends, forest);
  KillTies ties;
  for (const AppFacts& app : apps) ties[app.app] = search.of(app, evidence);
  return ties;
}

}  // namespace strayd
