// The invariants over random process forests, against an oracle that shares no
// code with the judgement. Prints the seed of what it finds.
//
//   forest_property [FORESTS] [SEED]     1 000 000 by default
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "strayd/core/judge.h"

namespace strayd {
namespace {

using std::chrono::seconds;

constexpr seconds kNow{10'000};
constexpr std::int64_t kBootMs = 1'700'000'000'000;
constexpr std::array<const char*, 2> kHomes{"/srv/a/.pm2", "/srv/b/.pm2"};

class Dice {
 public:
  explicit Dice(std::uint64_t seed)
      : state_((seed * 2862933555777941757U) + 1) {}
  unsigned below(unsigned n) {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return static_cast<unsigned>((state_ >> 11U) % n);
  }
  bool percent(unsigned p) { return below(100) < p; }

 private:
  std::uint64_t state_;
};

// What the generator knows to be true, whatever the judgement makes of it.
struct Truth {
  bool supervisor = false;  // a daemon, or listed and valid
  bool shielded = false;    // protects itself and all that is below it
  bool spared = false;      // protects itself
  bool unreadable = false;
  bool no_environment = false;
  int cookie_home = -1;
};

struct Case {
  Snapshot snapshot{};
  std::vector<Truth> truths{};  // beside snapshot.processes
  std::vector<Pm2View> pm2{};
  bool once_lost = false;  // each home had a daemon before, which died
  Memory memory{};
  SocketTable sockets{};
  Holdings holdings{};
  HostFacts facts{};
};

Evidence evidence(const Case& made) {
  return {.snapshot = made.snapshot,
          .pm2 = made.pm2,
          .memory = made.memory,
          .sockets = &made.sockets,
          .holdings = &made.holdings,
          .facts = &made.facts};
}

const Policy& policy() {
  static const Policy kPolicy = [] {
    Policy policy;
    policy.rules.push_back(
        {.name = "server",
         .match = {.pattern = *Pattern::compile("server"), .exe = "node"}});
    policy.protect.push_back(
        {.name = "spare", .match = {.pattern = *Pattern::compile("keep")}});
    return policy;
  }();
  return kPolicy;
}

void dress(Dice& dice, Process& process) {
  switch (dice.below(5)) {
    case 0:
      process.argv = std::vector<std::string>{"sh", "-c", "server.ts"};
      process.exe = "/bin/dash";
      break;
    case 1:
      process.argv = std::vector<std::string>{"npm run dev"};
      process.exe = "/usr/bin/node";
      break;
    case 2:
      process.argv = std::vector<std::string>{"other"};
      process.exe = "/usr/bin/other";
      break;
    default:
      process.argv = std::vector<std::string>{"node", "server.ts"};
      process.exe = "/usr/bin/node";
  }
  process.comm = "x";
}

void make_supervisor(Process& process, int home) {
  process.comm = "PM2 v7.0.4: God";
  process.argv =
      std::vector<std::string>{std::string("PM2 v7.0.4: God Daemon (") +
                               kHomes.at(static_cast<std::size_t>(home)) + ")"};
}

std::int64_t in_ms(unsigned s) {
  return std::int64_t{s} * 1000;
}

std::string some_directory(Dice& dice) {
  const unsigned roll = dice.below(10);
  if (roll == 0) return "";
  return roll < 7 ? "/srv/blue" : "/srv/green";
}

void give_cookie(Dice& dice, Process& process, int home) {
  process.environment = Environment{
      {"PM2_HOME", kHomes.at(static_cast<std::size_t>(home))},
      {"pm_id", std::to_string(dice.below(3))},
      {"unique_id", dice.percent(70) ? "u" : "v"},
      {"name", dice.percent(80) ? "api" : "web"},
      {"pm_cwd", some_directory(dice)},
      {"pm_uptime", std::to_string(kBootMs + in_ms(dice.below(9000)))}};
  if (dice.percent(90)) process.environment->insert({"pm_exec_path", "/npm"});
}

void perturb(Dice& dice, Case& made, Process& process, Truth& truth) {
  switch (dice.below(24)) {
    case 0:
      process.pid_namespace_depth = 2;
      truth.shielded = true;
      break;
    case 1:
      process.cgroup = "/docker/abc";
      truth.shielded = true;
      break;
    case 2:
      process.environment = Environment{{"STRAYD_PROTECT", "1"}};
      truth.shielded = true;
      truth.cookie_home = -1;
      break;
    case 3:
      process.argv = std::vector<std::string>{"node", "server.ts", "keep"};
      truth.shielded = true;
      break;
    case 4:
      process.tracer = 7;
      truth.spared = true;
      break;
    case 5:
      process.comm = "sshd";
      truth.spared = true;
      break;
    case 6:
      process.environment = std::unexpected(Unread::Denied);
      truth.no_environment = true;
      truth.cookie_home = -1;
      break;
    case 7:
      process.uid = std::unexpected(Unread::Failed);
      truth.unreadable = true;
      break;
    case 8:
      process.id.start_ticks =
          static_cast<std::uint64_t>(dice.below(10'000)) * 100;
      process.started = seconds{process.id.start_ticks / 100};
      break;
    case 9:
      process.parent = 0;
      break;
    case 10:
      process.parent = static_cast<pid_t>(3 + dice.below(60));
      break;
    case 11:
      if (made.snapshot.self.pid != 0) break;
      made.snapshot.self = process.id;
      truth.spared = true;
      break;
    default:
      break;
  }
}

Pm2Status some_status(Dice& dice) {
  const unsigned roll = dice.below(100);
  if (roll < 60) return Pm2Status::Online;
  if (roll < 70) return Pm2Status::Stopped;
  if (roll < 80) return Pm2Status::Errored;
  if (roll < 88) return Pm2Status::WaitingRestart;
  if (roll < 92) return Pm2Status::Launching;
  if (roll < 96) return Pm2Status::Stopping;
  return Pm2Status::Unknown;
}

Pm2Quiet some_quiet(unsigned roll) {
  if (roll == 0) return Pm2Quiet::Silent;
  return roll == 1 ? Pm2Quiet::Dead : Pm2Quiet::NeverSeen;
}

std::chrono::milliseconds some_kill_timeout(Dice& dice) {
  return std::chrono::milliseconds{dice.percent(85) ? 1600 : 60'000};
}

std::optional<int> some_slot(Dice& dice) {
  if (dice.percent(50)) return std::nullopt;
  return static_cast<int>(dice.below(3));
}

Pm2View make_view(Dice& dice, const Case& made, int home) {
  Pm2View view{.home = kHomes.at(static_cast<std::size_t>(home)), .uid = 1000};
  const unsigned roll = dice.below(10);
  const auto& processes = made.snapshot.processes;
  const Process& daemon =
      processes[dice.below(static_cast<unsigned>(processes.size()))];
  if (roll < 3 || daemon.id.pid == 1) {
    view.reply =
        std::unexpected(Pm2Silence{.kind = some_quiet(roll), .why = "quiet"});
    return view;
  }
  Pm2Answer answer{.daemon = daemon.id, .uid = 1000};
  for (unsigned i = dice.below(4); i > 0; --i) {
    const Process& app =
        processes[dice.below(static_cast<unsigned>(processes.size()))];
    const auto started =
        std::chrono::duration_cast<std::chrono::milliseconds>(app.started)
            .count();
    answer.instances.push_back(
        {.name = dice.percent(85) ? "api" : "web",
         .pm_id = static_cast<std::int64_t>(i - 1),
         .pid = app.id.pid > 1 && dice.percent(70) ? std::optional(app.id.pid)
                                                   : std::nullopt,
         .status = some_status(dice),
         .unique_id = "u",
         .pm_uptime_ms =
             kBootMs + (dice.percent(60) ? started : in_ms(dice.below(9999))),
         .exec_mode = dice.percent(15) ? "cluster_mode" : "fork_mode",
         .pm_cwd = some_directory(dice),
         .pm_exec_path = dice.percent(90) ? "/npm" : "",
         .kill_timeout = some_kill_timeout(dice),
         .slot = some_slot(dice),
         .treekill = dice.percent(93),
         .restarts = dice.percent(85),
         .exit_code = dice.percent(30) ? std::optional(1) : std::nullopt});
  }
  view.reply = std::move(answer);
  return view;
}

// The same PM2s, when they still listed all that a cookie can name.
std::vector<Pm2View> all_listed(std::vector<Pm2View> views) {
  for (Pm2View& view : views) {
    if (!view.reply) continue;
    for (const char* unique_id : {"u", "v"}) {
      for (std::int64_t pm_id = 0; pm_id < 3; ++pm_id) {
        view.reply->instances.push_back(
            {.name = "api", .pm_id = pm_id, .unique_id = unique_id});
      }
    }
  }
  return views;
}

// A daemon that began when most others were there.
void rejuvenate(Dice& dice, Case& made, Pm2View& view) {
  if (!view.reply) return;
  for (Process& process : made.snapshot.processes) {
    if (process.id != view.reply->daemon) continue;
    process.started = kNow - seconds{60 + dice.below(800)};
    process.id.start_ticks =
        static_cast<std::uint64_t>(process.started / seconds{1}) * 100;
    view.reply->daemon = process.id;
  }
}

// The same homes, when the daemon before had died.
std::vector<Pm2View> all_dead(std::vector<Pm2View> views) {
  for (Pm2View& view : views) {
    view.reply = std::unexpected(Pm2Silence{.kind = Pm2Quiet::Dead});
  }
  return views;
}

// Each pid is listed once, as PM2 does.
void list_once(std::vector<Pm2View>& views) {
  std::vector<pid_t> listed;
  for (Pm2View& view : views) {
    if (!view.reply) continue;
    for (Pm2Instance& instance : view.reply->instances) {
      if (!instance.pid) continue;
      if (std::ranges::find(listed, *instance.pid) != listed.end()) {
        instance.pid.reset();
      } else {
        listed.push_back(*instance.pid);
      }
    }
  }
}

// --- where they come from, and who serves

Parting some_parting(Dice& dice) {
  const unsigned roll = dice.below(10);
  if (roll < 2) return Parting::None;
  if (roll < 8) return Parting::Left;
  return roll == 8 ? Parting::LetGo : Parting::Unseen;
}

Origin::Owner some_owner(Dice& dice) {
  const unsigned roll = dice.below(20);
  if (roll == 0) return Origin::Owner::Pm2;
  if (roll == 2) return Origin::Owner::Forgotten;
  return roll == 1 ? Origin::Owner::Supervisor : Origin::Owner::Launch;
}

LaunchKey some_launch(Dice& dice, const Case& made) {
  LaunchKey key{.instance = {.home = kHomes.at(dice.below(2)),
                             .unique_id = dice.percent(70) ? "u" : "v",
                             .pm_id = dice.below(3)},
                .pm_uptime_ms = kBootMs + in_ms(dice.below(9000))};
  if (dice.percent(5)) key.instance.home = "/srv/nobody/.pm2";
  const unsigned roll = dice.below(100);
  if (roll < 25) return key;
  for (const Pm2View& view : made.pm2) {
    if (!view.reply || view.reply->instances.empty()) continue;
    const Pm2Instance& listed = view.reply->instances.front();
    key = {.instance = {.home = view.home,
                        .unique_id = listed.unique_id,
                        .pm_id = listed.pm_id},
           .pm_uptime_ms = *listed.pm_uptime_ms};
  }
  // The launch that is listed, else an earlier one of the same entry.
  if (roll > 35) key.pm_uptime_ms -= in_ms(1 + dice.below(100));
  return key;
}

LaunchMemory some_memory(Dice& dice, const Case& made, const LaunchKey& key) {
  LaunchMemory launch{.app = dice.percent(85) ? "api" : "web",
                      .slot = some_slot(dice),
                      .kill_timeout = some_kill_timeout(dice),
                      .cluster = dice.percent(15),
                      .treekill = dice.percent(90),
                      .restarts = dice.percent(85),
                      .wanted = dice.percent(15)};
  for (const Pm2View& view : made.pm2) {
    if (view.home == key.instance.home && view.reply && dice.percent(60)) {
      launch.daemon = view.reply->daemon;
    }
  }
  if (!launch.daemon && dice.percent(50)) launch.daemon = ProcId{.pid = 99};
  return launch;
}

Origin some_origin(Dice& dice, Case& made) {
  Origin origin{.owner = some_owner(dice),
                .launch = some_launch(dice, made),
                .parting = some_parting(dice)};
  const auto [launch, isnew] = made.memory.launches.try_emplace(
      origin.launch, some_memory(dice, made, origin.launch));
  origin.name = launch->second.app;
  return origin;
}

void give_origins(Dice& dice, Case& made) {
  for (std::size_t i = 1; i < made.truths.size(); ++i) {
    if (!dice.percent(35)) continue;
    made.memory.origins[made.snapshot.processes[i].id] =
        some_origin(dice, made);
  }
}

// What the fold can't come to with these few looks.
void unsettle_origins(Dice& dice, Case& made) {
  for (auto& [id, origin] : made.memory.origins) {
    if (dice.percent(15)) origin.parting = some_parting(dice);
  }
  for (auto& [key, launch] : made.memory.launches) {
    if (dice.percent(10)) launch.lists = 1;
    if (dice.percent(10)) launch.ended = kNow - seconds{dice.below(90)};
    if (dice.percent(5)) launch.end = LaunchEnd::None;
    if (dice.percent(5)) launch.treekill = false;
  }
  if (dice.percent(15)) made.memory.forgotten = seconds{dice.below(5000)};
  if (!dice.percent(30)) return;
  std::erase_if(made.memory.origins,
                [&](const auto&) { return dice.percent(20); });
}

void open_sockets(Dice& dice, Case& made) {
  made.sockets.connections.emplace();
  made.sockets.other_servers.emplace();
  SocketInode inode = 0;
  for (const Process& process : made.snapshot.processes) {
    std::vector<SocketInode> held;
    if (dice.percent(25)) {
      const auto port = static_cast<std::uint16_t>(3000 + dice.below(3));
      held.push_back(++inode);
      made.sockets.listeners.push_back(
          {.inode = inode, .local = {.port = port}});
    }
    if (dice.percent(8)) {
      held.push_back(++inode);
      made.sockets.other_servers->push_back(inode);
    }
    if (dice.percent(15)) {
      held.push_back(++inode);
      made.sockets.connections->push_back({.inode = inode});
    }
    const unsigned roll = dice.below(20);
    if (roll == 0) continue;
    made.holdings.emplace(process.id,
                          roll == 1 ? Observed<std::vector<SocketInode>>(
                                          std::unexpected(Unread::Denied))
                                    : held);
  }
  if (dice.percent(5)) made.sockets.connections.reset();
  if (dice.percent(5)) made.sockets.other_servers.reset();
}

void mark_owners(Case& made) {
  auto& processes = made.snapshot.processes;
  for (const Pm2View& view : made.pm2) {
    if (!view.reply) continue;
    for (std::size_t i = 0; i < processes.size(); ++i) {
      if (processes[i].id == view.reply->daemon) {
        made.truths[i].supervisor = true;
      }
      for (const Pm2Instance& app : view.reply->instances) {
        const auto start =
            kBootMs + std::chrono::duration_cast<std::chrono::milliseconds>(
                          processes[i].started)
                          .count();
        if (app.pid == processes[i].id.pid &&
            std::abs(start - *app.pm_uptime_ms) < 2000) {
          made.truths[i].supervisor = true;
        }
      }
    }
  }
}

Case generate(std::uint64_t seed) {
  Dice dice(seed + 1);
  Case made;
  made.snapshot.taken = kNow;
  made.snapshot.boot_epoch_ms = kBootMs;
  Process init;
  init.id = {.pid = 1, .start_ticks = 0};
  init.comm = "init";
  init.uid = 0;
  made.snapshot.processes.push_back(init);
  made.truths.push_back({.spared = true});
  const unsigned count = 2 + dice.below(14);
  unsigned clock = 1;
  for (unsigned i = 0; i < count; ++i) {
    Process process;
    Truth truth;
    clock += dice.below(400);
    const auto above = dice.below(static_cast<unsigned>(made.truths.size()));
    process.id = {.pid = static_cast<pid_t>(3 + (((i * 7ULL) + seed) % 61)),
                  .start_ticks = clock * 100ULL};
    process.started = seconds{clock};
    process.parent = made.snapshot.processes[above].id.pid;
    process.session = dice.percent(50) ? process.id.pid : 2;
    process.state = 'S';
    process.uid = dice.percent(90) ? 1000 : 0;
    process.pid_namespace_depth = 1;
    process.tracer = 0;
    process.ignores_hangup = dice.percent(10);
    process.cgroup = "/";
    process.environment = Environment{};
    dress(dice, process);
    if (dice.percent(8)) {
      make_supervisor(process, static_cast<int>(dice.below(2)));
      truth.supervisor = true;
    } else if (dice.percent(45)) {
      truth.cookie_home = static_cast<int>(dice.below(2));
      give_cookie(dice, process, truth.cookie_home);
    }
    if (!truth.supervisor) perturb(dice, made, process, truth);
    made.snapshot.processes.push_back(std::move(process));
    made.truths.push_back(truth);
  }
  for (int home = 0; home < 2; ++home) {
    if (dice.percent(15)) continue;
    Pm2View view = make_view(dice, made, home);
    if (dice.percent(10)) rejuvenate(dice, made, view);
    made.pm2.push_back(std::move(view));
  }
  // pid 1 may turn out to be self; the vector order is the pid order.
  std::vector<std::size_t> order(made.truths.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [&](std::size_t i) {
    return made.snapshot.processes[i].id.pid;
  });
  Case sorted = made;
  for (std::size_t i = 0; i < order.size(); ++i) {
    sorted.snapshot.processes[i] = made.snapshot.processes[order[i]];
    sorted.truths[i] = made.truths[order[i]];
  }
  list_once(sorted.pm2);
  mark_owners(sorted);
  Snapshot earlier = sorted.snapshot;
  earlier.taken = kNow - seconds{dice.percent(80) ? 4000 : 3};
  sorted.once_lost = dice.percent(30);
  if (sorted.once_lost) {
    sorted.memory = remember(sorted.memory, earlier, all_dead(sorted.pm2));
  }
  if (dice.percent(50)) {
    sorted.memory = remember(sorted.memory, earlier, all_listed(sorted.pm2));
  }
  give_origins(dice, sorted);
  sorted.memory = remember(sorted.memory, earlier, sorted.pm2);
  if (dice.percent(80)) {
    sorted.memory = remember(sorted.memory, earlier, sorted.pm2);
  }
  unsettle_origins(dice, sorted);
  open_sockets(dice, sorted);
  return sorted;
}

// --- the oracle

std::size_t index_of(const Case& made, pid_t pid) {
  for (std::size_t i = 0; i < made.truths.size(); ++i) {
    if (made.snapshot.processes[i].id.pid == pid) return i;
  }
  return made.truths.size();
}

constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

// The place of its true parent; kNowhere: it has none.
std::size_t above(const Case& made, std::size_t at) {
  const Process& here = made.snapshot.processes[at];
  const std::size_t parent = index_of(made, here.parent);
  if (here.id.pid == 1 || parent == made.truths.size()) return kNowhere;
  const bool older =
      made.snapshot.processes[parent].id.start_ticks <= here.id.start_ticks;
  return older ? parent : kNowhere;
}

bool is_below(const Case& made, std::size_t at, std::size_t top) {
  for (int steps = 0; at != kNowhere && steps < 70; ++steps) {
    if (at == top) return true;
    at = above(made, at);
  }
  return false;
}

struct Held {
  bool known = false;
  std::vector<std::uint16_t> ports{};
  bool other = false;
  bool connected = false;
};

Held held_by(const Case& made, std::size_t at) {
  Held held;
  if (!made.sockets.connections || !made.sockets.other_servers) return held;
  const auto found = made.holdings.find(made.snapshot.processes[at].id);
  if (found == made.holdings.end() || !found->second) return held;
  held.known = true;
  for (const SocketInode inode : *found->second) {
    for (const Listener& listener : made.sockets.listeners) {
      if (listener.inode == inode) held.ports.push_back(listener.local.port);
    }
    for (const SocketInode other : *made.sockets.other_servers) {
      held.other = held.other || other == inode;
    }
    for (const Connection& connection : *made.sockets.connections) {
      held.connected = held.connected || connection.inode == inode;
    }
  }
  return held;
}

// The place of what PM2 lists for an entry; kNowhere: it lists nobody alive.
std::size_t listed_at(const Case& made,
                      const Pm2Answer& answer,
                      const Pm2Instance& entry) {
  if (!entry.pid) return kNowhere;
  const std::size_t at = index_of(made, *entry.pid);
  if (at == made.truths.size()) return kNowhere;
  const Process& process = made.snapshot.processes[at];
  const auto start =
      kBootMs +
      std::chrono::duration_cast<std::chrono::milliseconds>(process.started)
          .count();
  if (std::abs(start - *entry.pm_uptime_ms) < 2000) return at;
  const std::size_t parent = above(made, at);
  const bool own_child =
      parent != kNowhere && made.snapshot.processes[parent].id == answer.daemon;
  return own_child ? at : kNowhere;
}

// As PM2 numbers them where it does not say.
std::optional<int> number_of(const Pm2Answer& answer,
                             const Pm2Instance& entry) {
  if (entry.slot) return entry.slot;
  int before = 0;
  for (const Pm2Instance& other : answer.instances) {
    if (other.name != entry.name) continue;
    if (other.slot) return std::nullopt;
    if (other.pm_id < entry.pm_id) ++before;
  }
  return before;
}

// What PM2 runs, or would, in the place of a launch.
std::vector<const Pm2Instance*> in_place_of(const Pm2Answer& answer,
                                            const LaunchKey& key,
                                            const LaunchMemory& launch) {
  std::vector<const Pm2Instance*> found;
  for (const Pm2Instance& entry : answer.instances) {
    if (entry.unique_id == key.instance.unique_id &&
        entry.pm_id == key.instance.pm_id) {
      return {&entry};
    }
    const auto number = number_of(answer, entry);
    if (entry.name == launch.app && *entry.pm_uptime_ms > key.pm_uptime_ms &&
        (!launch.slot || !number || number == launch.slot)) {
      found.push_back(&entry);
    }
  }
  return found;
}

bool was_stopped(const Case& made,
                 const Pm2View& view,
                 const Pm2Instance& entry) {
  if (entry.status != Pm2Status::Stopped) return false;
  const auto launch =
      made.memory.launches.find({.instance = {.home = view.home,
                                              .unique_id = entry.unique_id,
                                              .pm_id = entry.pm_id},
                                 .pm_uptime_ms = *entry.pm_uptime_ms});
  return entry.restarts ||
         (launch != made.memory.launches.end() && launch->second.wanted);
}

bool is_minute_old(const Process& process) {
  return kNow - process.started >= seconds{60};
}

// What no shell and no npm runs.
bool runs_the_same(const Process& a, const Process& b) {
  if (!a.argv || !b.argv || a.exe != b.exe) return false;
  const std::string& program = a.argv->front();
  return (program == "node" || program == "other") &&
         program == b.argv->front();
}

// Whether it serves in that one's stead, or waits for its port.
bool takes_over(const Case& made,
                const Pm2Answer& answer,
                const Pm2Instance& entry,
                std::size_t old) {
  const Held mine = held_by(made, old);
  const std::size_t root = listed_at(made, answer, entry);
  const std::size_t daemon = index_of(made, answer.daemon.pid);
  bool listens = false;
  bool other = false;
  bool same = false;
  bool idle = true;
  for (std::size_t i = 0; i < made.truths.size(); ++i) {
    if (root == kNowhere || !is_below(made, i, root)) continue;
    const Held its = held_by(made, i);
    listens = listens || !its.ports.empty();
    other = other || its.other;
    idle = idle && its.known && its.ports.empty();
    same = same || (is_minute_old(made.snapshot.processes[i]) &&
                    runs_the_same(made.snapshot.processes[i],
                                  made.snapshot.processes[old]));
  }
  bool through_daemon = false;
  if (entry.exec_mode == "cluster_mode" && root != kNowhere) {
    for (const std::uint16_t port : held_by(made, daemon).ports) {
      through_daemon = through_daemon ||
                       std::ranges::find(mine.ports, port) != mine.ports.end();
    }
  }
  const bool has_port = mine.known && !mine.ports.empty();
  if (entry.status == Pm2Status::Online) {
    if (listens || through_daemon) return true;
    if (mine.known && !has_port && (mine.other ? other : same)) return true;
  }
  const bool retried = entry.status == Pm2Status::Online ||
                       entry.status == Pm2Status::Launching ||
                       entry.status == Pm2Status::WaitingRestart;
  if (!retried || !has_port || !idle) return false;
  return entry.exit_code.value_or(0) != 0 ||
         (root != kNowhere && is_minute_old(made.snapshot.processes[root]));
}

// What is wrong with taking the launch for over, by the list and by what is
// remembered of it.
const char* wrong_as_over(const Case& made,
                          const Pm2Answer& answer,
                          const LaunchKey& key,
                          const LaunchMemory& launch) {
  const auto entries = in_place_of(answer, key, launch);
  const bool own_daemon = launch.daemon == answer.daemon;
  if (entries.empty() && !own_daemon) return "this daemon never listed it";
  for (const Pm2Instance* entry : entries) {
    if (*entry->pm_uptime_ms < key.pm_uptime_ms) return "PM2 lists an older";
    if (*entry->pm_uptime_ms == key.pm_uptime_ms &&
        listed_at(made, answer, *entry) != kNowhere) {
      return "its launch lives";
    }
    if (!launch.daemon && !entry->treekill) return "PM2 is told to leave it";
  }
  if (launch.daemon && !launch.treekill) return "PM2 is told to leave it";
  if (launch.lists < 2 || !launch.ended) return "one list is no proof";
  auto patience = std::chrono::nanoseconds{launch.kill_timeout};
  for (const Pm2Instance* entry : entries) {
    if (launch.daemon) break;
    patience =
        std::max(patience, std::chrono::nanoseconds{entry->kill_timeout});
  }
  if (kNow - *launch.ended < patience + seconds{10}) {
    return "PM2 may still be ending it";
  }
  return nullptr;
}

// What is wrong with ending what comes from that launch.
const char* wrong_by_launch(const Case& made,
                            const LaunchKey& key,
                            std::size_t at) {
  for (const Pm2View& view : made.pm2) {
    if (view.home != key.instance.home) continue;
    if (!view.reply) return "the PM2 of its launch is silent (I2)";
    const Pm2Answer& answer = *view.reply;
    const std::size_t daemon = index_of(made, answer.daemon.pid);
    if (daemon == made.truths.size() ||
        !is_minute_old(made.snapshot.processes[daemon])) {
      return "the PM2 of its launch has not settled";
    }
    const auto launch = made.memory.launches.find(key);
    if (launch == made.memory.launches.end()) return "its launch is not known";
    if (const char* wrong = wrong_as_over(made, answer, key, launch->second)) {
      return wrong;
    }
    const Held mine = held_by(made, at);
    if (mine.known && mine.ports.empty() && !mine.other && !mine.connected) {
      return nullptr;
    }
    for (const Pm2Instance* entry : in_place_of(answer, key, launch->second)) {
      if (!was_stopped(made, view, *entry) &&
          !takes_over(made, answer, *entry, at)) {
        return "it may be the only copy";
      }
    }
    return nullptr;
  }
  return "the PM2 of its launch was not asked (I2)";
}

std::optional<LaunchKey> cookie_of(const Case& made, std::size_t at) {
  if (made.truths[at].cookie_home < 0) return std::nullopt;
  const Environment& cookie = *made.snapshot.processes[at].environment;
  return LaunchKey{.instance = {.home = cookie.at("PM2_HOME"),
                                .unique_id = cookie.at("unique_id"),
                                .pm_id = std::stoll(cookie.at("pm_id"))},
                   .pm_uptime_ms = std::stoll(cookie.at("pm_uptime"))};
}

// Of its own, or of the nearest above it where it began after the last look.
const Origin* remembered(const Case& made, std::size_t at) {
  const auto& origins = made.memory.origins;
  const bool is_new = made.snapshot.processes[at].started > made.memory.taken;
  for (int steps = 0; at != kNowhere && steps < 70; ++steps) {
    const auto found = origins.find(made.snapshot.processes[at].id);
    if (found != origins.end()) return &found->second;
    if (!is_new) return nullptr;
    at = above(made, at);
  }
  return nullptr;
}

bool has_origin(const Case& made, std::size_t at) {
  return remembered(made, at) != nullptr || made.truths[at].cookie_home >= 0;
}

const char* wrong_by_parting(const Case& made, std::size_t at) {
  const Origin* origin = remembered(made, at);
  // A cookie says what a memory has lost.
  const bool is_lost =
      origin != nullptr && origin->owner == Origin::Owner::Forgotten;
  if (origin != nullptr && !(is_lost && cookie_of(made, at))) {
    if (is_lost) return "its origin is forgotten";
    if (origin->owner != Origin::Owner::Launch) {
      return "it was seen below a supervisor";
    }
    const bool left =
        origin->parting == Parting::Left || origin->parting == Parting::None;
    return left ? nullptr : "it was let go, or may have been";
  }
  const Process& process = made.snapshot.processes[at];
  const auto named = cookie_of(made, at);
  if (!named) return nullptr;
  const bool lives_on = process.session == process.id.pid ||
                        process.ignores_hangup.value_or(true);
  const auto start =
      kBootMs +
      std::chrono::duration_cast<std::chrono::milliseconds>(process.started)
          .count();
  const bool may_be_root = std::abs(start - named->pm_uptime_ms) < 2000;
  return lives_on && !may_be_root ? "it may have been let go" : nullptr;
}

const char* wrong_by_origin(const Case& made, std::size_t at) {
  if (const char* wrong = wrong_by_parting(made, at)) return wrong;
  const Origin* origin = remembered(made, at);
  if (origin != nullptr && origin->owner != Origin::Owner::Forgotten) {
    if (const char* wrong = wrong_by_launch(made, origin->launch, at)) {
      return wrong;
    }
  }
  const auto named = cookie_of(made, at);
  return named ? wrong_by_launch(made, *named, at) : nullptr;
}

bool silent_for(const Case& made, const Process& process) {
  return std::ranges::any_of(made.pm2, [&](const Pm2View& view) {
    return !view.reply && view.reply.error().kind == Pm2Quiet::Silent &&
           process.uid == *view.uid;
  });
}

// Of a daemon that died before the one that answers now started.
bool may_be_left(const Case& made, const Process& process) {
  if (!made.once_lost) return false;
  return std::ranges::any_of(made.pm2, [&](const Pm2View& view) {
    if (!view.reply || process.uid != *view.uid) return false;
    for (const Process& daemon : made.snapshot.processes) {
      if (daemon.id != view.reply->daemon) continue;
      return kNow - daemon.started < policy().loss_hold &&
             process.started <= daemon.started;
    }
    return false;
  });
}

// What is wrong with a verdict that would end this process; nullptr: nothing.
const char* wrong_to_end(const Case& made, const Verdict& verdict) {
  std::size_t at = index_of(made, verdict.id.pid);
  const Truth& own = made.truths[at];
  const Process& process = made.snapshot.processes[at];
  if (own.spared) return "it is spared";
  if (own.unreadable) return "it can't be read";
  const bool comes_from_somebody = has_origin(made, at);
  if (own.no_environment && !comes_from_somebody) {
    return "its environment can't be read";
  }
  if (process.pid_namespace_depth != 1) return "another pid namespace (I6)";
  if (verdict.standing == Standing::Leftover &&
      verdict.role == Role::Candidate && verdict.tree == verdict.id) {
    if (!comes_from_somebody) return "a leftover of nobody";
  }
  for (int steps = 0; steps < 70; ++steps) {
    const Truth& truth = made.truths[at];
    const Process& here = made.snapshot.processes[at];
    if (truth.supervisor) return "it is supervised (I1)";
    if (truth.shielded) return "it is shielded (I1)";
    if (const char* wrong = wrong_by_origin(made, at)) return wrong;
    const bool unknown = !has_origin(made, at);
    if (unknown && !comes_from_somebody && here.id.pid != 1 &&
        made.memory.forgotten && here.started <= *made.memory.forgotten) {
      return "its origin is forgotten";
    }
    if (unknown && silent_for(made, here)) {
      return "a PM2 that could own it, or what is above it, is silent (I2)";
    }
    if (unknown && may_be_left(made, here)) {
      return "a PM2 that died may have left it, or what is above it";
    }
    if (here.id.pid == 1) return nullptr;
    at = above(made, at);
    if (at == kNowhere) return "its chain breaks";
  }
  return "its chain loops";
}

std::vector<ProcId> kill_set(const std::vector<Verdict>& verdicts) {
  std::vector<ProcId> kills;
  for (const Verdict& verdict : verdicts) {
    if (is_orphan(verdict.standing)) kills.push_back(verdict.id);
  }
  return kills;
}

// A tree is ended whole or not at all: no member's child is left out.
const char* check_closed(const Case& made, const std::vector<ProcId>& kills) {
  for (const Process& process : made.snapshot.processes) {
    const bool child_of_killed =
        std::ranges::any_of(kills, [&](const ProcId& id) {
          return id.pid == process.parent &&
                 id.start_ticks <= process.id.start_ticks;
        });
    if (child_of_killed &&
        std::ranges::find(kills, process.id) == kills.end()) {
      return "a child of a condemned process is left out";
    }
  }
  return nullptr;
}

// The last look before a signal: nobody whom the judgement condemns is claimed,
// nobody is unclaimed whom the oracle knows to be somebody's, and it makes no
// difference whether one is asked for alone or among all.
const char* check_claims(const Case& made,
                         const std::vector<ProcId>& condemned) {
  std::vector<ProcId> all;
  for (const Process& process : made.snapshot.processes) {
    all.push_back(process.id);
  }
  const auto claims = claims_on(evidence(made), policy(), all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!claims[i] && wrong_to_end(made, {.id = all[i]}) != nullptr) {
      return wrong_to_end(made, {.id = all[i]});
    }
    const bool ends = std::ranges::find(condemned, all[i]) != condemned.end();
    if (ends && claims[i]) return "a condemned process is claimed";
  }
  const std::size_t one = all.size() / 2;
  if (claims_on(evidence(made), policy(), {&all[one], 1}).front() !=
      claims[one]) {
    return "the claim on one is another among all";
  }
  return nullptr;
}

// Held for want of what an origin says.
bool wants_an_origin(const std::optional<Claim>& claim) {
  constexpr std::array kWants{Why::Pm2Silent,
                              Why::Pm2Lost,
                              Why::Pm2Unsettled,
                              Why::Pm2ListEmpty,
                              Why::Unreadable,
                              Why::LetGo,
                              Why::Forgotten,
                              Why::PossibleSupervisor,
                              Why::Pidfile,
                              Why::SystemdService};
  return claim && std::ranges::find(kWants, claim->reason.why) != kWants.end();
}

// One more origin takes processes from the kill set. What it adds was claimed
// by nobody and spared with another member of its tree, which it has no more;
// or it was held because nobody knew from whom the process comes, and that must
// be left of a launch that is over.
const char* check_one_more_origin(const Case& made, std::uint64_t seed) {
  Dice dice(seed + 7);
  Case with = made;
  const std::size_t at =
      1 + dice.below(static_cast<unsigned>(made.truths.size() - 1));
  const ProcId id = made.snapshot.processes[at].id;
  with.memory.origins[id] = some_origin(dice, with);
  Case without = with;
  without.memory.origins.erase(id);
  const auto before = kill_set(judge(evidence(without), policy()));
  for (const ProcId& killed : kill_set(judge(evidence(with), policy()))) {
    if (std::ranges::find(before, killed) != before.end()) continue;
    const std::array asked{killed, id};
    const auto claims = claims_on(evidence(without), policy(), asked);
    if (!claims[0]) continue;
    if (!wants_an_origin(claims[0]) && !wants_an_origin(claims[1])) {
      return "one more origin condemned one more process";
    }
    if (const char* wrong = wrong_by_origin(with, at)) return wrong;
  }
  return nullptr;
}

struct Kills {
  std::uint64_t strays = 0;
  std::uint64_t leftovers = 0;
};

const char* check(const Case& made, std::uint64_t seed, Kills& kills) {
  const std::vector<Verdict> verdicts = judge(evidence(made), policy());
  for (const Verdict& verdict : verdicts) {
    if (!is_orphan(verdict.standing)) continue;
    if (const char* wrong = wrong_to_end(made, verdict)) return wrong;
    ++(verdict.standing == Standing::Stray ? kills.strays : kills.leftovers);
  }
  const std::vector<ProcId> condemned = kill_set(verdicts);
  if (const char* wrong = check_closed(made, condemned)) return wrong;
  if (const char* wrong = check_claims(made, condemned)) return wrong;
  if (seed % 2 == 0) {
    if (const char* wrong = check_one_more_origin(made, seed)) return wrong;
  }
  if (seed % 4 != 0) return nullptr;

  Case shuffled = made;
  std::mt19937_64 order(seed);
  std::ranges::shuffle(shuffled.snapshot.processes, order);
  if (judge(evidence(shuffled), policy()) != verdicts) {
    return "the verdicts depend on the order of the processes";
  }

  Case guarded = made;
  const std::size_t promoted = 1 + ((seed / 4) % (made.truths.size() - 1));
  // The daemon of another home would no longer be that.
  if (made.snapshot.processes[promoted].comm.starts_with("PM2")) return nullptr;
  make_supervisor(guarded.snapshot.processes[promoted], 0);
  for (const ProcId& id : kill_set(judge(evidence(guarded), policy()))) {
    if (std::ranges::find(condemned, id) == condemned.end()) {
      return "one more supervisor condemned one more process";
    }
  }
  return nullptr;
}

int run(std::uint64_t forests, std::uint64_t first) {
  std::atomic<std::uint64_t> strays = 0;
  std::atomic<std::uint64_t> leftovers = 0;
  std::atomic<int> failures = 0;
  const unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  {
    std::vector<std::jthread> workers;
    for (unsigned worker = 0; worker < threads; ++worker) {
      workers.emplace_back([&, worker] {
        Kills killed;
        for (std::uint64_t i = worker; i < forests && failures < 5;
             i += threads) {
          const std::uint64_t seed = first + i;
          if (const char* wrong = check(generate(seed), seed, killed)) {
            std::fprintf(stderr,
                         "seed %llu: %s\n",
                         static_cast<unsigned long long>(seed),
                         wrong);
            ++failures;
          }
        }
        strays += killed.strays;
        leftovers += killed.leftovers;
      });
    }
  }
  std::printf(
      "%llu forests, %llu strays and %llu leftovers condemned, %d violations\n",
      static_cast<unsigned long long>(forests),
      static_cast<unsigned long long>(strays.load()),
      static_cast<unsigned long long>(leftovers.load()),
      failures.load());
  // An oracle that never sees a kill proves nothing.
  const bool saw_both = strays > forests / 200 && leftovers > forests / 500;
  return failures == 0 && saw_both ? 0 : 1;
}

}  // namespace
}  // namespace strayd

int main(int argc, char** argv) {
  const std::uint64_t forests =
      argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 0;
  return strayd::run(forests, seed);
}
