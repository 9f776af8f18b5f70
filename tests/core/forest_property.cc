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
  int cookie_home = -1;
};

struct Case {
  Snapshot snapshot{};
  std::vector<Truth> truths{};  // beside snapshot.processes
  std::vector<Pm2View> pm2{};
  bool once_listed = false;  // each answering PM2 has listed every entry
  bool once_lost = false;    // each home had a daemon before, which died
  Memory memory{};
};

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
      truth.unreadable = true;
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
  if (roll < 65) return Pm2Status::Online;
  if (roll < 75) return Pm2Status::Stopped;
  if (roll < 90) return Pm2Status::Errored;
  return Pm2Status::Unknown;
}

Pm2Quiet some_quiet(unsigned roll) {
  if (roll == 0) return Pm2Quiet::Silent;
  return roll == 1 ? Pm2Quiet::Dead : Pm2Quiet::NeverSeen;
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
        {.name = "api",
         .pm_id = static_cast<std::int64_t>(i - 1),
         .pid = app.id.pid > 1 && dice.percent(70) ? std::optional(app.id.pid)
                                                   : std::nullopt,
         .status = some_status(dice),
         .unique_id = "u",
         .pm_uptime_ms =
             kBootMs + (dice.percent(60) ? started : in_ms(dice.below(9999))),
         .pm_cwd = some_directory(dice),
         .pm_exec_path = dice.percent(90) ? "/npm" : ""});
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
  mark_owners(sorted);
  Snapshot earlier = sorted.snapshot;
  earlier.taken = kNow - seconds{dice.percent(80) ? 4000 : 3};
  sorted.once_lost = dice.percent(30);
  if (sorted.once_lost) {
    sorted.memory = remember(sorted.memory, earlier, all_dead(sorted.pm2));
  }
  sorted.once_listed = dice.percent(50);
  if (sorted.once_listed) {
    sorted.memory = remember(sorted.memory, earlier, all_listed(sorted.pm2));
  }
  sorted.memory = remember(sorted.memory, earlier, sorted.pm2);
  if (dice.percent(80)) {
    sorted.memory = remember(sorted.memory, earlier, sorted.pm2);
  }
  return sorted;
}

// --- the oracle

std::size_t index_of(const Case& made, pid_t pid) {
  for (std::size_t i = 0; i < made.truths.size(); ++i) {
    if (made.snapshot.processes[i].id.pid == pid) return i;
  }
  return made.truths.size();
}

bool serves_or_will(const Pm2Instance& instance) {
  return instance.status != Pm2Status::Errored &&
         instance.status != Pm2Status::Unknown;
}

bool takes_its_place(const Pm2Instance& instance, const Environment& cookie) {
  const auto path = cookie.find("pm_exec_path");
  return serves_or_will(instance) && path != cookie.end() &&
         path->second == instance.pm_exec_path &&
         !cookie.at("pm_cwd").empty() && cookie.at("pm_cwd") == instance.pm_cwd;
}

// What is wrong with ending what carries this cookie, or is below it.
const char* wrong_by_cookie(const Case& made,
                            const Environment& cookie,
                            const Pm2View& view) {
  if (!view.reply) return "the PM2 of a cookie in its line is silent (I2)";
  const std::int64_t launched = std::stoll(cookie.at("pm_uptime"));
  const std::int64_t pm_id = std::stoll(cookie.at("pm_id"));
  bool replaced = false;
  bool newer_is_dead = false;
  for (const Pm2Instance& entry : view.reply->instances) {
    const bool same =
        entry.unique_id == cookie.at("unique_id") && entry.pm_id == pm_id;
    if (same && *entry.pm_uptime_ms == launched) {
      return "PM2 lists the launch of a cookie in its line";
    }
    if (same) return serves_or_will(entry) ? nullptr : "the newer one is dead";
    if (entry.name != cookie.at("name") || *entry.pm_uptime_ms <= launched) {
      continue;
    }
    replaced = replaced || takes_its_place(entry, cookie);
    newer_is_dead = newer_is_dead || !serves_or_will(entry);
  }
  if (replaced) return nullptr;
  if (newer_is_dead) return "a newer one is dead, and none takes its place";
  return made.once_listed ? nullptr : "it may be the only copy";
}

const char* wrong_by_cookie(const Case& made, std::size_t at) {
  const int home = made.truths[at].cookie_home;
  if (home < 0) return nullptr;
  for (const Pm2View& view : made.pm2) {
    if (view.home != kHomes.at(static_cast<std::size_t>(home))) continue;
    return wrong_by_cookie(
        made, *made.snapshot.processes[at].environment, view);
  }
  return "the PM2 of a cookie in its line was not asked (I2)";
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
  if (process.pid_namespace_depth != 1) return "another pid namespace (I6)";
  if (verdict.standing == Standing::Leftover &&
      verdict.role == Role::Candidate && verdict.tree == verdict.id) {
    if (own.cookie_home < 0) return "a leftover without a cookie";
  }
  for (int steps = 0; steps < 70; ++steps) {
    const Truth& truth = made.truths[at];
    const Process& here = made.snapshot.processes[at];
    if (truth.supervisor) return "it is supervised (I1)";
    if (truth.shielded) return "it is shielded (I1)";
    if (const char* wrong = wrong_by_cookie(made, at)) return wrong;
    if (truth.cookie_home < 0 && silent_for(made, here)) {
      return "a PM2 that could own it, or what is above it, is silent (I2)";
    }
    if (truth.cookie_home < 0 && may_be_left(made, here)) {
      return "a PM2 that died may have left it, or what is above it";
    }
    if (here.id.pid == 1) return nullptr;
    const std::size_t above = index_of(made, here.parent);
    if (above == made.truths.size()) return "its chain breaks";
    if (made.snapshot.processes[above].id.start_ticks > here.id.start_ticks) {
      return "its parent is younger";
    }
    at = above;
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
const char* check_claims(const Evidence& evidence,
                         const Case& made,
                         const std::vector<ProcId>& condemned) {
  std::vector<ProcId> all;
  for (const Process& process : made.snapshot.processes) {
    all.push_back(process.id);
  }
  const auto claims = claims_on(evidence, policy(), all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!claims[i] && wrong_to_end(made, {.id = all[i]}) != nullptr) {
      return wrong_to_end(made, {.id = all[i]});
    }
    const bool ends = std::ranges::find(condemned, all[i]) != condemned.end();
    if (ends && claims[i]) return "a condemned process is claimed";
  }
  const std::size_t one = all.size() / 2;
  if (claims_on(evidence, policy(), {&all[one], 1}).front() != claims[one]) {
    return "the claim on one is another among all";
  }
  return nullptr;
}

const char* check(const Case& made, std::uint64_t seed, std::uint64_t& kills) {
  const Evidence evidence{
      .snapshot = made.snapshot, .pm2 = made.pm2, .memory = made.memory};
  const std::vector<Verdict> verdicts = judge(evidence, policy());
  for (const Verdict& verdict : verdicts) {
    if (!is_orphan(verdict.standing)) continue;
    if (const char* wrong = wrong_to_end(made, verdict)) return wrong;
  }
  const std::vector<ProcId> condemned = kill_set(verdicts);
  kills += condemned.size();
  if (const char* wrong = check_closed(made, condemned)) return wrong;
  if (const char* wrong = check_claims(evidence, made, condemned)) return wrong;
  if (seed % 4 != 0) return nullptr;

  Case shuffled = made;
  std::mt19937_64 order(seed);
  std::ranges::shuffle(shuffled.snapshot.processes, order);
  if (judge({.snapshot = shuffled.snapshot,
             .pm2 = shuffled.pm2,
             .memory = shuffled.memory},
            policy()) != verdicts) {
    return "the verdicts depend on the order of the processes";
  }

  Case guarded = made;
  const std::size_t promoted = 1 + ((seed / 4) % (made.truths.size() - 1));
  // The daemon of another home would no longer be that.
  if (made.snapshot.processes[promoted].comm.starts_with("PM2")) return nullptr;
  make_supervisor(guarded.snapshot.processes[promoted], 0);
  for (const ProcId& id : kill_set(judge({.snapshot = guarded.snapshot,
                                          .pm2 = guarded.pm2,
                                          .memory = guarded.memory},
                                         policy()))) {
    if (std::ranges::find(condemned, id) == condemned.end()) {
      return "one more supervisor condemned one more process";
    }
  }
  return nullptr;
}

int run(std::uint64_t forests, std::uint64_t first) {
  std::atomic<std::uint64_t> kills = 0;
  std::atomic<int> failures = 0;
  const unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  {
    std::vector<std::jthread> workers;
    for (unsigned worker = 0; worker < threads; ++worker) {
      workers.emplace_back([&, worker] {
        std::uint64_t killed = 0;
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
        kills += killed;
      });
    }
  }
  std::printf("%llu forests, %llu processes condemned, %d violations\n",
              static_cast<unsigned long long>(forests),
              static_cast<unsigned long long>(kills.load()),
              failures.load());
  // An oracle that never sees a kill proves nothing.
  return failures == 0 && kills > forests / 100 ? 0 : 1;
}

}  // namespace
}  // namespace strayd

int main(int argc, char** argv) {
  const std::uint64_t forests =
      argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 0;
  return strayd::run(forests, seed);
}
