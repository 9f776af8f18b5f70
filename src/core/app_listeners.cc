// Who listens on the ports of the apps, and who keeps an app off its own.
#include <algorithm>
#include <array>
#include <chrono>
#include <unordered_map>

#include "app_parts.h"

namespace strayd {
namespace {

// To look for a holder among all processes reads all their descriptors.
constexpr std::chrono::minutes kSearchInterval{1};

constexpr std::int64_t kSettledMs = 30'000;

constexpr std::size_t place(Owner owner) {
  return static_cast<std::size_t>(owner);
}
// What one owner holds, and the launch it comes from; nullopt: from several, or
// none that is known.
struct Held {
  PortShare share{};
  std::optional<LaunchKey> launch{};
};
using Shares = std::array<Held, std::size(kOwners)>;

class Count {
 public:
  Count(const AppScene& scene,
        const Holders& holders,
        const AppsMemory& before,
        AppsMemory& after)
      : scene_(scene), holders_(holders), before_(before), after_(after) {
    for (const Listener& listener : scene.evidence.sockets->listeners) {
      listeners_[listener.local.port].push_back(listener.inode);
    }
  }

  // nullopt: it can't be told whose one of the sockets is.
  std::optional<Shares> shares(const AppTree& app,
                               std::uint16_t port,
                               bool by_daemon) {
    Shares shares;
    for (const Owner owner : kOwners) {
      shares.at(place(owner)).share = {.port = port, .owner = owner};
    }
    bool told = true;
    for (const SocketInode inode : listeners_[port]) {
      const std::vector<const Process*>& held_by = holders_.of(inode);
      if (held_by.empty()) {
        told = claimed_by_a_stranger(app, inode) && told;
        add(shares.at(place(Owner::Foreign)), launch_of(inode, nullptr));
        continue;
      }
      told = told && (by_daemon || !may_be_for(app, held_by));
      add(shares, app, by_daemon, inode);
    }
    return told ? std::optional(shares) : std::nullopt;
  }

 private:
  // A socket that was opened, or whose holder ended, while they were read has
  // no holder in this scan, and has one, or is gone, in the next.
  bool claimed_by_a_stranger(const AppTree& app, SocketInode inode) {
    const auto known = before_.unclaimed.find(inode);
    const BootTime now = scene_.evidence.snapshot.taken;
    if (known == before_.unclaimed.end()) {
      after_.unclaimed[inode] = {.first = now};
      return false;
    }
    UnclaimedSocket socket = known->second;
    socket.searched = socket.searched || search_is_due(before_, now);
    after_.unclaimed[inode] = socket;
    return holders_.complete(app) || holders_.complete(app, socket.first);
  }

  // Its God Daemon listens, for this or for another of its clusters.
  static bool may_be_for(const AppTree& app,
                         const std::vector<const Process*>& held_by) {
    return is_cluster(app) &&
           std::ranges::find(held_by, app.daemon) != held_by.end();
  }

  Owner owner(const AppTree& app, bool by_daemon, const Process& process) {
    if (scene_.app_of(process) == &app) return Owner::Managed;
    if (by_daemon && app.daemon == &process) return Owner::Managed;
    return scene_.orphan(process) != nullptr ? Owner::Orphan : Owner::Foreign;
  }

  std::optional<LaunchKey> launch_of(SocketInode inode,
                                     const Process* holder) const {
    const auto listened = after_.listened.find(inode);
    if (listened != after_.listened.end()) return listened->second;
    if (holder == nullptr) return std::nullopt;
    return scene_.launch_before(*holder);
  }

  static void add(Held& held, const std::optional<LaunchKey>& launch) {
    if (held.share.sockets == 0) {
      held.launch = launch;
    } else if (held.launch != launch) {
      held.launch.reset();
    }
    ++held.share.sockets;
  }

  void add(Shares& shares,
           const AppTree& app,
           bool by_daemon,
           SocketInode inode) {
    const std::vector<const Process*>& held_by = holders_.of(inode);
    Owner strongest = Owner::Foreign;
    const Process* holder = held_by.front();
    for (const Process* process : held_by) {
      const Owner owned = owner(app, by_daemon, *process);
      if (owned >= strongest) continue;
      strongest = owned;
      holder = process;
    }
    Held& held = shares.at(place(strongest));
    add(held, launch_of(inode, holder));
    if (!held.share.holder) held.share.holder = holder->id;
    if (strongest == Owner::Foreign) after_.strangers.insert(holder->id);
  }

  const AppScene& scene_;
  const Holders& holders_;
  const AppsMemory& before_;
  AppsMemory& after_;
  std::unordered_map<std::uint16_t, std::vector<SocketInode>> listeners_{};
};

// An app that was stopped on purpose fights for nothing.
bool wants_to_run(const AppTree& app) {
  return std::ranges::any_of(app.instances, [](const InstanceTree& tree) {
    return tree.instance->status != Pm2Status::Stopped;
  });
}

// What an app's error said, and nothing else, is believed where all of its own
// was seen to listen nowhere (remember_asked() forgets the others). While its
// processes come and go nothing is seen of the newest.
bool is_seen_idle(const Holders& holders,
                  const AppTree& app,
                  const AskedMemory& asked) {
  return holders.knows(app, BootTime::max()) || holders.knows(app, asked.first);
}

// It serves elsewhere for so long that it hardly fights for this one: debuggers
// of several apps take turns on one port.
bool has_settled(const AppScene& scene,
                 const Holders& holders,
                 const AppTree& app) {
  const Snapshot& snapshot = scene.evidence.snapshot;
  const std::int64_t now = unix_ms(snapshot, snapshot.taken);
  return std::ranges::any_of(app.instances, [&](const InstanceTree& tree) {
    const std::optional<std::int64_t> since = tree.instance->pm_uptime_ms;
    return since && now - *since >= kSettledMs &&
           std::ranges::any_of(tree.members, [&](const TreeMember& member) {
             return !is_dead(*member.process) &&
                    holders.listens(*member.process);
           });
  });
}

void add_conflict(const AppScene& scene,
                  const Holders& holders,
                  const AppTree& app,
                  const Shares& shares,
                  bool asked,
                  std::vector<PortConflict>& conflicts) {
  if (shares.at(place(Owner::Managed)).share.sockets > 0) return;
  for (const Owner owner : {Owner::Orphan, Owner::Foreign}) {
    const auto& [share, launch] = shares.at(place(owner));
    if (share.sockets == 0) continue;
    if (owner == Owner::Foreign && has_settled(scene, holders, app)) return;
    PortConflict conflict{.app = app.key,
                          .port = share.port,
                          .owner = owner,
                          .holder = share.holder,
                          .launch = launch,
                          .asked = asked};
    const Process* holder =
        share.holder ? scene.forest().find(*share.holder) : nullptr;
    if (holder != nullptr && owner == Owner::Orphan) {
      conflict.tree = scene.orphan(*holder)->tree;
    }
    conflicts.push_back(std::move(conflict));
    return;
  }
}

void add_shares(const Shares& shares, std::vector<PortShare>& to) {
  for (const Held& held : shares) to.push_back(held.share);
}

void add_own(const AppScene& scene,
             const Holders& holders,
             const AppTree& app,
             const AppMemory& memory,
             Count& count,
             PortsSeen& seen) {
  for (const auto& [port, known] : memory.ports) {
    const auto shares = count.shares(app, port, known.by_daemon);
    if (!shares) continue;
    add_shares(*shares, seen.shares[app.index]);
    if (!wants_to_run(app)) continue;
    add_conflict(scene, holders, app, *shares, false, seen.conflicts);
  }
}

// Of those only what is in the way is of interest.
void add_asked(const AppScene& scene,
               const Holders& holders,
               const AppTree& app,
               const AppMemory& memory,
               Count& count,
               PortsSeen& seen) {
  for (const auto& [port, asked] : memory.asked) {
    const auto shares = count.shares(app, port, false);
    if (!shares || !is_seen_idle(holders, app, asked)) continue;
    const std::size_t others = seen.conflicts.size();
    add_conflict(scene, holders, app, *shares, true, seen.conflicts);
    if (seen.conflicts.size() == others) continue;
    add_shares(*shares, seen.shares[app.index]);
  }
}

}  // namespace

bool search_is_due(const AppsMemory& memory, BootTime now) {
  if (memory.searched && now - *memory.searched < kSearchInterval) {
    return false;
  }
  return std::ranges::any_of(memory.unclaimed, [](const auto& socket) {
    return !socket.second.searched;
  });
}

PortsSeen count_ports(const AppScene& scene,
                      const Holders& holders,
                      const AppsMemory& before,
                      AppsMemory& after) {
  PortsSeen seen;
  seen.shares.resize(scene.apps().size());
  if (!holders.available()) return seen;
  after.unclaimed.clear();
  after.strangers.clear();
  const BootTime now = scene.evidence.snapshot.taken;
  if (search_is_due(before, now)) after.searched = now;
  Count count(scene, holders, before, after);
  for (const AppTree& app : scene.apps()) {
    const AppMemory& memory = after.apps[app.key];
    add_own(scene, holders, app, memory, count, seen);
    if (wants_to_run(app)) add_asked(scene, holders, app, memory, count, seen);
  }
  return seen;
}

}  // namespace strayd
