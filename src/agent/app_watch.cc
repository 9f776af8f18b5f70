#include "app_watch.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

#include <spdlog/spdlog.h>

#include "strayd/core/forest.h"
#include "strayd/sys/os.h"

#include "rotation.h"

namespace strayd {
namespace {

// PM2 wrote what it had to say before it answered; this is for our own reader.
constexpr std::chrono::milliseconds kBusPatience{1000};
// Each share of memory costs about a millisecond.
constexpr std::size_t kSharesPerScan = 16;
// A restart is seen within a scan or two of the signal that caused it.
constexpr std::size_t kMostSignalled = 1024;

std::vector<RemoteHosts> hosts_of(const Config& config) {
  std::vector<RemoteHosts> all;
  for (const RemoteConfig& remote : config.remotes) {
    RemoteHosts hosts{.name = remote.name, .hosts = remote.hosts};
    for (const int port : remote.ports) {
      hosts.ports.push_back(static_cast<std::uint16_t>(port));
    }
    all.push_back(std::move(hosts));
  }
  return all;
}

std::set<HeldPort> held_ports(std::span<const PortConflict> conflicts) {
  std::set<HeldPort> held;
  for (const PortConflict& conflict : conflicts) {
    held.insert({.app = conflict.app,
                 .left_by = conflict.launch,
                 .asked = conflict.asked});
  }
  return held;
}

// Whose end tells how what comes from PM2's apps has parted from them.
std::vector<ProcId> parents(const Memory& memory) {
  std::set<ProcId> all;
  for (const auto& [id, origin] : memory.origins) {
    if (origin.parting == Parting::None && origin.parent.pid > 1) {
      all.insert(origin.parent);
    }
  }
  return {all.begin(), all.end()};
}

void add_living(const Forest& forest, pid_t root, std::set<ProcId>& members) {
  const Process* top = forest.find(root);
  if (top == nullptr) return;
  for (const Process* member : forest.subtree(*top)) {
    if (!is_dead(*member)) members.insert(member->id);
  }
}

// All that lives below a pid that PM2 lists. Ascending.
std::vector<ProcId> tree_members(const Snapshot& snapshot,
                                 std::span<const Pm2View> pm2) {
  const Forest forest(snapshot);
  std::set<ProcId> members;
  for (const Pm2View& view : pm2) {
    if (!view.reply) continue;
    for (const Pm2Instance& instance : view.reply->instances) {
      if (instance.pid) add_living(forest, *instance.pid, members);
    }
  }
  return {members.begin(), members.end()};
}

}  // namespace

AppWatch::AppWatch(Procfs& procfs, const Config& config, bool listen)
    : procfs_(procfs),
      listen_(listen),
      resolver_(hosts_of(config)),
      has_remotes_(!config.remotes.empty()),
      exits_([&procfs](const ProcId& id) { return procfs.read(id); },
             OomKills(),
             listen ? most_pidfds() : 0),
      holdings_([&procfs](std::span<const ProcId> ids) {
        return procfs.holdings(ids);
      }) {
  holdings_.turn_every(config.rotation);
  start_bus(config);
  if (listen_ && procfs_.is_live()) senders_.listen();
}

void AppWatch::start_bus(const Config& config) {
  if (!listen_ || !config.pm2.events) {
    bus_.reset();
    return;
  }
  if (bus_) return;
  Result<Pm2Bus> bus = Pm2Bus::start();
  if (bus) {
    bus_ = *std::move(bus);
  } else {
    spdlog::warn("PM2's events: {}; causes of restarts stay unknown, ignoring",
                 bus.error().what);
  }
}

void AppWatch::reconfigure(const Config& config) {
  resolver_ = Resolver(hosts_of(config));
  has_remotes_ = !config.remotes.empty();
  holdings_.turn_every(config.rotation);
  start_bus(config);
}

void AppWatch::restore(const State& state) {
  picture_.memory.backends = state.backends;
  accounts_.ends = state.ends;
  accounts_.senders = state.senders;
  restore_ports(picture_.memory, state.ports);
  restore_asked(picture_.memory, state.asked);
}

void AppWatch::note_signalled(const ProcId& id) {
  signalled_.push_back(id);
  if (signalled_.size() > kMostSignalled) signalled_.pop_front();
}

std::vector<Feature> AppWatch::features() const {
  std::vector<Feature> features;
  if (bus_) {
    Feature events{.name = "pm2_events", .available = true};
    for (const Pm2BusState& state : bus_->states()) {
      // At first it is just not there yet.
      if (state.connected || state.error.empty()) continue;
      events.available = false;
      events.detail = "PM2 in " + state.home + ": " + state.error;
    }
    features.push_back(std::move(events));
  }
  if (has_remotes_) {
    Feature names{.name = "name_resolution", .available = true};
    for (const UnresolvedHost& host : resolver_.unresolved()) {
      names.available = false;
      names.detail = host.host + ": " + host.why;
    }
    features.push_back(std::move(names));
  }
  if (auto senders = senders_.feature()) features.push_back(*senders);
  return features;
}

// The holdings after the sockets: see AppsEvidence. Sockets of this network
// namespace say nothing of a fixture's processes.
void AppWatch::read_sockets(const AppsEvidence& evidence,
                            SocketsWanted wanted) {
  table_.reset();
  if (!procfs_.is_live()) return;
  Result<SocketTable> table = sockets_.read(std::move(wanted));
  if (!table) return holdings_.forget();
  const Result<void> read =
      holdings_.look(holders_wanted(evidence, picture_.memory),
                     sockets_of_note(*table, evidence.remotes));
  if (read) table_ = *std::move(table);
}

std::optional<AppWatch::Sockets> AppWatch::sockets(
    const Snapshot& snapshot,
    std::span<const Pm2View> pm2,
    const Policy& policy,
    std::span<const Verdict> verdicts) {
  const std::vector<Remote> remotes = resolver_.remotes();
  read_sockets({.snapshot = snapshot,
                .pm2 = pm2,
                .policy = policy,
                .verdicts = verdicts,
                .remotes = remotes},
               {.connections = true, .other_servers = true});
  if (!table_) return std::nullopt;
  return Sockets{.table = *table_, .holdings = holdings_.known()};
}

Life AppWatch::witness(BootTime now) {
  Life life;
  if (!listen_) return life;
  for (Death& death : exits_.ended(now)) deaths_.push_back(std::move(death));
  life.ends = exits_.take_ends();
  life.told_to_end = std::exchange(told_to_end_, {});
  for (const auto& [instance, trail] : accounts_.trails.instances) {
    for (const auto& [restart, ending] : trail.endings) {
      if (ending.how != Ending::How::Wanted) continue;
      life.wanted.insert(
          {.instance = instance, .pm_uptime_ms = ending.pm_uptime_ms});
    }
  }
  return life;
}

void AppWatch::read_shares(Snapshot& snapshot) {
  for (Process& process : snapshot.processes) {
    const auto known = shares_.find(process.id);
    if (known != shares_.end()) process.pss_bytes = known->second;
  }
}

// After the lists were read, and before the sockets are: what an app says of a
// port is looked for in the scan that hears it.
void AppWatch::hear_bus() {
  heard_ = {};
  followed_.clear();
  if (!bus_) return;
  heard_ = bus_->drain(kBusPatience);
  for (const Pm2Event& event : heard_.events) {
    if (event.kind == Pm2Event::Kind::ToldToEnd)
      told_to_end_.insert(event.home);
  }
  for (const Pm2BusState& state : bus_->states()) {
    if (heard_.whole && state.connected) followed_.insert(state.home);
  }
}

const AppsPicture& AppWatch::look(Snapshot& snapshot,
                                  std::span<const Pm2View> pm2,
                                  const Policy& policy,
                                  std::span<const Verdict> verdicts) {
  hear_bus();
  members_ = tree_members(snapshot, pm2);
  std::erase_if(shares_, [&](const auto& share) {
    return !std::ranges::binary_search(members_, share.first);
  });
  const std::vector<ProcId> few =
      next_few(members_, last_share_, kSharesPerScan);
  if (!few.empty()) last_share_ = few.back();
  if (const auto read = procfs_.pss(few)) {
    for (const auto& [id, share] : *read) {
      if (share) shares_[id] = *share;
    }
  }
  read_shares(snapshot);

  const std::vector<Remote> remotes = resolver_.remotes();
  AppsEvidence evidence{.snapshot = snapshot,
                        .pm2 = pm2,
                        .policy = policy,
                        .verdicts = verdicts,
                        .remotes = remotes,
                        .asked = &heard_.asked};
  read_sockets(evidence, sockets_wanted(pm2, remotes));
  if (table_) {
    evidence.sockets = &*table_;
    evidence.holdings = &holdings_.known();
  }
  conflicts_before_ = held_ports(picture_.conflicts);
  picture_ = observe_apps(evidence, picture_.memory);
  return picture_;
}

Clues AppWatch::clues(const Snapshot& snapshot, std::span<const Pm2View> pm2) {
  Clues clues{.at = snapshot.taken};
  clues.events = std::exchange(heard_.events, {});
  clues.caught_up = std::exchange(followed_, {});
  // After the events were taken: what a new connection brings is of later.
  if (bus_) bus_->follow(pm2);
  if (listen_) {
    clues.deaths = std::exchange(deaths_, {});
    for (Death& death : exits_.ended(snapshot.taken)) {
      clues.deaths.push_back(std::move(death));
    }
    clues.oom = exits_.oom();
    // After the ends, so that what led to them is among them.
    clues.signals = senders_.recent(snapshot.taken);
  }
  clues.signalled = {signalled_.begin(), signalled_.end()};
  // A conflict may end between the death that it caused and this look.
  clues.port_conflicts = held_ports(picture_.conflicts);
  clues.port_conflicts.insert(conflicts_before_.begin(),
                              conflicts_before_.end());
  return clues;
}

const Accounts& AppWatch::account(RestartLedger ledger,
                                  const Snapshot& snapshot,
                                  std::span<const Pm2View> pm2,
                                  const Memory& memory) {
  accounts_.ledger = std::move(ledger);
  accounts_ = account_restarts(std::move(accounts_), pm2, clues(snapshot, pm2));
  note_unlisted(accounts_.ledger, pm2, ended_homes(memory), unix_ms());
  if (listen_) {
    exits_.hold(app_processes(picture_.apps, snapshot), parents(memory));
  }
  senders_.watch(pm2, snapshot);
  return accounts_;
}

}  // namespace strayd
