#include "strayd/agent/scanner.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <span>
#include <utility>

#include <spdlog/spdlog.h>

#include "strayd/core/app_facts.h"
#include "strayd/core/forest.h"
#include "strayd/core/owners.h"
#include "strayd/core/places.h"
#include "strayd/pm2/observe.h"
#include "strayd/proc/host_facts.h"
#include "strayd/report/render.h"
#include "strayd/sys/os.h"

#include "app_watch.h"
#include "clock_watch.h"
#include "early_scans.h"
#include "findings.h"
#include "kill_watch.h"
#include "records.h"
#include "tie_watch.h"

namespace strayd {
namespace {

// Wide enough for a scan of 300 processes and for one of 30 000.
const std::vector<double> kScanSeconds{
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5};
// A reap ends at once, within its grace, or just after.
const std::vector<double> kReapSeconds{0.01, 0.1, 0.5, 1, 2.5, 5, 10, 15, 30};
const std::vector<double> kOrphanAgeSeconds{
    1, 5, 15, 60, 300, 900, 3600, 21600, 86400};

std::vector<std::string> rule_names(const Policy& policy) {
  std::vector<std::string> names;
  names.reserve(policy.rules.size());
  for (const Rule& rule : policy.rules) names.push_back(rule.name);
  return names;
}

std::vector<std::string> directories_in(const Policy& policy) {
  std::set<std::string> directories;
  for (const Rule& rule : policy.rules) {
    if (rule.match.cwd) directories.insert(*rule.match.cwd);
  }
  for (const ProtectRule& rule : policy.protect) {
    if (rule.match.cwd) directories.insert(*rule.match.cwd);
  }
  for (const auto* programs : {&policy.supervisors, &policy.carriers}) {
    for (const ProgramRule& rule : *programs) {
      if (rule.match.cwd) directories.insert(*rule.match.cwd);
    }
  }
  return {directories.begin(), directories.end()};
}

bool rests_on_sockets(const Verdict& verdict) {
  return is_orphan(verdict.standing) || verdict.reason.why == Why::OnlyCopy;
}

// Without its files everything that may be a stray is held as unreadable; a
// unit may have been started anew.
bool rests_on_host(const Verdict& verdict) {
  return verdict.reason.why == Why::Unreadable ||
         verdict.reason.why == Why::SystemdService;
}

// The newest, the oldest first.
void add_harms(std::vector<Harm>& harms, std::vector<Harm> fresh) {
  std::ranges::move(fresh, std::back_inserter(harms));
  if (harms.size() <= kMostHarms) return;
  const auto surplus = static_cast<std::ptrdiff_t>(harms.size() - kMostHarms);
  harms.erase(harms.begin(), harms.begin() + surplus);
}

}  // namespace

struct Scanner::Impl {
  explicit Impl(Parts given)
      : parts(std::move(given)),
        records(std::move(parts.audit), std::move(parts.state)),
        reaper(reaper_ports()),
        apps(parts.procfs, parts.config, parts.listen),
        ties(parts.procfs),
        early([this](const ProcId& id) { return parts.procfs.has(id); },
              most_pidfds()) {
    report.totals.scan_duration = Histogram::with(kScanSeconds);
    report.totals.reap_duration = Histogram::with(kReapSeconds);
    report.totals.orphan_age = Histogram::with(kOrphanAgeSeconds);
    report.reload = {.successful = true, .success_unix_ms = unix_ms()};
    report.ledger = ledger = records.state().ledger;
    report.ends = records.state().ends;
    report.senders = records.state().senders;
    apps.restore(records.state());
    memory = std::move(parts.memory);
    restore_memory();
    describe_self();
    // A fixture's processes are not those that the kernel tells of.
    if (parts.listen && parts.config.events && parts.procfs.is_live()) {
      early.listen();
    }
  }

  ReaperPorts reaper_ports();
  std::optional<std::chrono::nanoseconds> due() const;
  void restore_memory();
  void describe_self();
  std::map<std::string, std::string> blind() const;
  std::vector<Unseen> not_seen() const;
  Authority authority() const;
  std::optional<std::string> withdrawn(const TreeOrder& order) const;
  void note_outcome(const std::string& reap, const Reaped& done);

  Report scan();
  Result<void> look_and_judge();
  Result<void> look_at_everything(const Memory& before);
  bool would_act() const;
  void ask_supervisors(const Memory& before);
  void find_directories();
  void look_for_harm(BootTime now,
                     std::span<const AppFacts> facts,
                     std::span<const Restart> restarts);
  Evidence evidence(const Snapshot& of) const;
  std::vector<Verdict> judged();
  void hold_what_is_kept();
  std::vector<ProcId> parents() const;
  void add_life(Life events, Life ends);
  void watch_apps();
  void make_plan();
  void act(const Plan& made);
  void finish(Report& fresh);
  Report failed(const Error& error);

  std::vector<ProcId> details_of(const Snapshot& base) const;
  Renewal renewal(std::span<const ProcId> suspected) const;
  Result<Snapshot> take_snapshot();
  Result<void> renew_snapshot(std::span<const Verdict> doubtful);
  std::vector<const Process*> suspects(const Plan& made) const;
  void obey(std::span<const TreeOrder> orders);
  void end_reaping();
  void carry_out(const TreeOrder& order);
  void notice_sleep();
  void save_changes();
  void keep_origins(bool now);

  Parts parts;
  Records records;
  Reaper reaper;
  AppWatch apps;
  TieWatch ties;
  EarlyScans early;

  // Of the scan under way. The snapshot is renewed in each.
  Snapshot snapshot{};
  bool looks_at_everything = false;
  bool everything_was_read = false;
  std::vector<Pm2View> pm2{};
  std::vector<Verdict> verdicts{};
  RestartLedger ledger{};
  Plan plan{};

  // How processes ended and began since the last scan that was remembered.
  Life life{};
  // Read where a judgement asked for them; nullopt: not known.
  std::optional<AppWatch::Sockets> sockets{};
  std::optional<HostFacts> host_facts{};

  // From scan to scan.
  Memory memory{};
  HostFactsReader host{};
  std::chrono::nanoseconds directories_due{};  // steady_time()
  Watchlist watchlist{};
  std::set<ProcId> known_orphans{};
  KillWatch kills{};
  std::vector<Harm> new_harms{};  // of the scan under way
  std::size_t new_coincidences = 0;
  std::vector<Reaped> reaped{};  // since the last report
  std::set<ProcId> refused{};    // trees, since the last scan
  // What the rule of a reap meant when it was ordered, by its root.
  std::map<ProcId, Match> ordered_under{};
  std::chrono::nanoseconds slept{boot_time() - steady_time()};
  ClockWatch clock{};
  std::set<pid_t> close_ups{};
  Report report{};
};

ReaperPorts Scanner::Impl::reaper_ports() {
  return {.snapshot = [this] { return take_snapshot(); },
          .read = [this](const ProcId& id) { return parts.procfs.read(id); },
          .claims =
              [this](const Snapshot& fresh, std::span<const ProcId> ids) {
                return claims_on(evidence(fresh), parts.config.policy, ids);
              },
          .intend =
              [this](std::span<const Intent> intents) {
                return records.intend(intents);
              },
          .outcome = [this](const std::string& reap,
                            const Reaped& done) { note_outcome(reap, done); },
          .stopping = parts.stopping,
          .withdrawn =
              [this](const TreeOrder& order) {
                return withdrawn(order);
              }};
}

// What failed is tried again at the interval, however much happens.
std::optional<std::chrono::nanoseconds> Scanner::Impl::due() const {
  if (report.scan == 0 || report.failure) return std::nullopt;
  return early.due(plan.next);
}

void Scanner::Impl::note_outcome(const std::string& reap, const Reaped& done) {
  records.outcome(reap, done);
  if (done.outcome == Outcome::Refused || done.outcome == Outcome::Failed) {
    refused.insert(done.tree);
  }
  if (done.outcome == Outcome::Terminated || done.outcome == Outcome::Killed) {
    apps.note_signalled(done.id);
  }
  kills.note(done, boot_time());
  reaped.push_back(done);
}

// What was ordered under another configuration, or before strayd went blind,
// is not carried on with.
std::optional<std::string> Scanner::Impl::withdrawn(
    const TreeOrder& order) const {
  if (parts.wish != Wish::Reap) return "strayd only observes now";
  if (records.breaker().open) return "the breaker is open";
  if (const auto lacks = blind(); !lacks.empty()) {
    return "strayd is blind: " + lacks.begin()->first;
  }
  if (report.failure) return "the last scan failed";
  const std::vector<Rule>& rules = parts.config.policy.rules;
  const auto rule = std::ranges::find(rules, order.rule, &Rule::name);
  if (rule == rules.end()) return "its rule is gone";
  const auto then = ordered_under.find(order.root);
  if (then == ordered_under.end() || then->second != rule->match) {
    return "its rule was changed";
  }
  const bool allowed =
      rule->reap == ReapScope::All ||
      (rule->reap == ReapScope::Leftover && order.kind == Standing::Leftover);
  if (!allowed) return "its rule forbids it now";
  return std::nullopt;
}

void Scanner::Impl::restore_memory() {
  for (const auto& [home, uid] : records.state().homes_seen) {
    memory.homes[home] = {.uid = uid, .seen = true};
  }
  memory.kept = records.state().kept;
  kills.restore(records.state().harm);
}

void Scanner::Impl::describe_self() {
  report.mode = parts.config.policy.mode;
  report.rules = rule_names(parts.config.policy);
  report.breaker = records.breaker();
  report.features.clear();
  report.remarks.clear();
  // What was found out since comes last.
  std::vector<Feature> all = parts.features;
  std::ranges::move(apps.features(), std::back_inserter(all));
  for (const Feature& feature : all) {
    report.features[feature.name] = feature.available;
    if (!feature.available) report.remarks[feature.name] = feature.detail;
  }
  const std::map<std::string, std::string> lacks = records.lacks();
  for (const char* const record : {"audit_ledger", "state_file"}) {
    report.features[record] = !lacks.contains(record);
  }
  report.blind = blind();
}

// What lacks so that strayd must not act (I14).
std::map<std::string, std::string> Scanner::Impl::blind() const {
  std::map<std::string, std::string> lacks;
  for (const Feature& feature : parts.features) {
    if (feature.required && !feature.available) {
      lacks[feature.name] = feature.detail;
    }
  }
  if (parts.wish == Wish::Look) return lacks;
  lacks.merge(records.lacks());
  if (!parts.procfs.is_live()) {
    lacks["live_procfs"] = "--path.procfs is not this kernel's /proc";
  }
  return lacks;
}

// What hides a process hides how many there are, too.
std::vector<Unseen> Scanner::Impl::not_seen() const {
  std::vector<Unseen> all;
  for (const Feature& feature : parts.features) {
    if (feature.name != "foreign_processes" || feature.available) continue;
    all.push_back({.fact = "pid", .detail = feature.detail});
  }
  std::ranges::move(
      unseen(evidence(snapshot), parts.config.policy, plan.verdicts),
      std::back_inserter(all));
  return all;
}

Authority Scanner::Impl::authority() const {
  Authority authority{.act = parts.wish == Wish::Reap,
                      .armed = blind().empty(),
                      .breaker = records.breaker(),
                      .kills_last_hour = records.kills_last_hour(),
                      .reaping = reaper.processes()};
  authority.reaping.merge(records.in_grace());
  return authority;
}

std::vector<ProcId> Scanner::Impl::details_of(const Snapshot& base) const {
  std::vector<ProcId> wanted = details_needed(base, parts.config.policy);
  if (close_ups.empty()) return wanted;
  const Forest forest(base);
  for (const pid_t pid : close_ups) {
    const Process* process = forest.find(pid);
    if (process == nullptr) continue;
    wanted.push_back(process->id);
    for (const Process* ancestor : forest.chain(*process).ancestors) {
      wanted.push_back(ancestor->id);
    }
  }
  std::ranges::sort(wanted);
  const auto repeated = std::ranges::unique(wanted);
  wanted.erase(repeated.begin(), repeated.end());
  return wanted;
}

Renewal Scanner::Impl::renewal(std::span<const ProcId> suspected) const {
  Renewal how{.whole = suspected, .numbers = apps.members()};
  const int rotation = parts.config.rotation;
  how.numbers_every = static_cast<unsigned>(std::max(rotation, 1));
  if (rotation == 0 || early.lost()) how.everything_every = 1;
  return how;
}

Result<Snapshot> Scanner::Impl::take_snapshot() {
  return parts.procfs.snapshot(
      [this](const Snapshot& base) { return details_of(base); });
}

// Everything of what may be an orphan, and of all above it.
Result<void> Scanner::Impl::renew_snapshot(std::span<const Verdict> doubtful) {
  std::vector<ProcId> suspected;
  for (const Verdict& verdict : doubtful) {
    if (!verdict.kind) continue;
    suspected.push_back(verdict.id);
    suspected.insert(
        suspected.end(), verdict.chain.begin(), verdict.chain.end());
  }
  const bool had_bpf = !parts.procfs.without_bpf();
  Result<void> done = parts.procfs.renew(
      snapshot,
      [this](const Snapshot& base) { return details_of(base); },
      renewal(suspected));
  const std::optional<std::string>& without_bpf = parts.procfs.without_bpf();
  if (had_bpf && without_bpf) {
    spdlog::info("scanning procfs alone, without BPF: {}",
                 one_line(*without_bpf));
  }
  return done;
}

// Looks are no confirmation of one another across a suspend: ages and holds
// went on, and PM2's own timers did not.
void Scanner::Impl::notice_sleep() {
  constexpr std::chrono::seconds kSleep{5};
  const std::chrono::nanoseconds now = boot_time() - steady_time();
  if (now - std::exchange(slept, now) <= kSleep) return;
  spdlog::info("the host was suspended: every suspicion starts anew");
  watchlist.clear();
}

Report Scanner::Impl::scan() {
  const auto began = steady_time();
  records.recover();
  if (parts.wish != Wish::Look) records.catch_up(parts.config.state_dir);
  notice_sleep();
  clock.look();
  early.begin(apps.bus_fd());
  add_life(early.take_life(), apps.witness(boot_time()));
  // What an earlier strayd knew of a pid may be of another process by now.
  if (report.scan == 0) life.events.clear();

  // Look, judge; and look at everything before anybody is signalled.
  const Memory before = memory;
  Result<void> seen = look_and_judge();
  if (seen && would_act()) seen = look_at_everything(before);
  if (!seen) {
    memory = before;
    look_for_harm(boot_time(), {}, {});
    Report fresh = failed(seen.error());
    fresh.duration = steady_time() - began;
    finish(fresh);
    return report;
  }
  life = {};
  watch_apps();
  hold_what_is_kept();

  // Act on what is ripe and allowed.
  make_plan();
  act(plan);

  // Report: everything that anybody is told comes from here.
  Report fresh = report;
  fresh.failure.reset();
  fresh.duration = steady_time() - began;
  finish(fresh);
  return report;
}

// The processes, then what PM2 says of them; twice before anything is called an
// orphan.
Result<void> Scanner::Impl::look_and_judge() {
  everything_was_read = looks_at_everything = false;
  Result<void> seen = renew_snapshot(plan.verdicts);
  if (!seen) return seen;
  ask_supervisors(memory);
  // A refused tree must ripen again: its evidence was not what it seemed.
  for (const ProcId& tree : std::exchange(refused, {})) watchlist.erase(tree);
  verdicts = judged();
  if (std::ranges::none_of(verdicts, is_orphan, &Verdict::standing)) return {};
  seen = renew_snapshot(verdicts);
  if (!seen) return seen;
  verdicts = in_both(verdicts, judged());
  return {};
}

// A renewed snapshot shows where to look. Whom to signal is judged anew, and
// twice, from nothing that was read before.
Result<void> Scanner::Impl::look_at_everything(const Memory& before) {
  looks_at_everything = true;
  Result<Snapshot> first = take_snapshot();
  if (!first) return std::unexpected(first.error());
  snapshot = *std::move(first);
  ask_supervisors(before);
  verdicts = judged();
  Result<Snapshot> second = take_snapshot();
  if (!second) return std::unexpected(second.error());
  snapshot = *std::move(second);
  verdicts = in_both(verdicts, judged());
  everything_was_read = true;
  return {};
}

bool Scanner::Impl::would_act() const {
  if (parts.wish != Wish::Reap) return false;
  const Plan made = strayd::plan(
      verdicts, watchlist, snapshot, parts.config.policy, authority(), {});
  return !made.orders.empty() || made.trip;
}

void Scanner::Impl::ask_supervisors(const Memory& before) {
  const Pm2Config& wanted = parts.config.pm2;
  const std::vector<Pm2Home> homes =
      pm2_homes(snapshot, wanted.homes, wanted.automatic, before);
  pm2 = ask_pm2(homes, snapshot, wanted.timeout);
  memory = remember(before, snapshot, pm2, parts.config.policy, life);
  find_directories();
}

// Where links of the configuration lead now. What is ordered rests on a look of
// its own.
void Scanner::Impl::find_directories() {
  constexpr std::chrono::seconds kOften{5};
  const std::vector<std::string> written = directories_in(parts.config.policy);
  if (written.empty()) return;
  const std::chrono::nanoseconds now = steady_time();
  std::map<std::string, std::string> resolved = memory.directories;
  if (looks_at_everything || now >= directories_due) {
    resolved = host.resolve(written);
    directories_due = now + kOften;
  }
  const Memory before{.places = std::move(memory.places)};
  remember_places(memory, before, snapshot, resolved);
}

Evidence Scanner::Impl::evidence(const Snapshot& of) const {
  return {.snapshot = of,
          .pm2 = pm2,
          .memory = memory,
          .sockets = sockets ? &sockets->table : nullptr,
          .holdings = sockets ? &sockets->holdings : nullptr,
          .facts = host_facts ? &*host_facts : nullptr};
}

// What is only asked of what may be an orphan is read once something is.
std::vector<Verdict> Scanner::Impl::judged() {
  sockets.reset();
  host_facts.reset();
  const Policy& policy = parts.config.policy;
  std::vector<Verdict> first = judge(evidence(snapshot), policy);
  const bool ask_sockets = std::ranges::any_of(first, rests_on_sockets);
  const bool ask_host = std::ranges::any_of(first, rests_on_host);
  if (!ask_sockets && !ask_host) return first;
  if (ask_sockets) sockets = apps.sockets(snapshot, pm2, policy, first);
  const HostQuestions questions =
      host_questions(evidence(snapshot), policy, first);
  if (Result<HostFacts> read = host.read(questions)) {
    host_facts = *std::move(read);
  }
  return judge(evidence(snapshot), policy);
}

// A scan that failed remembered nothing of it.
void Scanner::Impl::add_life(Life events, Life ends) {
  constexpr std::size_t kMostEvents = 1'000'000;
  if (life.events.size() > kMostEvents) life.events.clear();
  std::ranges::move(events.events, std::back_inserter(life.events));
  life.ends.merge(std::move(ends.ends));
  life.wanted.merge(std::move(ends.wanted));
}

// Whose end tells how what comes from PM2's apps has parted from them.
std::vector<ProcId> Scanner::Impl::parents() const {
  std::set<ProcId> all;
  for (const auto& [id, origin] : memory.origins) {
    if (origin.parting == Parting::None && origin.parent.pid > 1) {
      all.insert(origin.parent);
    }
  }
  return {all.begin(), all.end()};
}

void Scanner::Impl::look_for_harm(BootTime now,
                                  std::span<const AppFacts> facts,
                                  std::span<const Restart> restarts) {
  KillWatch::Found found = kills.harms(now, facts, restarts);
  for (const std::string& coincidence : found.coincidences) {
    spdlog::info("{}", one_line(coincidence));
  }
  new_coincidences = found.coincidences.size();
  new_harms = std::move(found.harms);
  if (new_harms.empty()) return;
  for (Harm& harm : new_harms) {
    harm.found_unix_ms = unix_ms();
    spdlog::error("harm: {}", one_line(harm.text));
    records.note("harm", harm.text);
  }
  // It ends what is under way, too: see withdrawn().
  if (!records.breaker().open) {
    records.trip("harm: " + new_harms.front().text);
  }
  save_changes();
}

// What that means for the apps: who serves, who stands in the way, and why PM2
// restarted what it did.
void Scanner::Impl::watch_apps() {
  apps.look(snapshot, pm2, parts.config.policy, verdicts);
  const Accounts& accounts =
      apps.account(report.ledger, snapshot, pm2, parents());
  ledger = accounts.ledger;
  std::vector<AppFacts> facts = app_facts(snapshot, pm2, parts.config.policy);
  add_ports(facts, apps.picture().apps);
  look_for_harm(snapshot.taken, facts, accounts.restarts);
}

// The third return in a row is not ended any more.
void Scanner::Impl::hold_what_is_kept() {
  KeptKeys kept =
      kills.kept(memory.kept, snapshot, verdicts, reaper.processes());
  if (kept == std::exchange(memory.kept, kept)) return;
  verdicts = in_both(verdicts, judged());
}

void Scanner::Impl::make_plan() {
  plan = strayd::plan(verdicts,
                      watchlist,
                      snapshot,
                      parts.config.policy,
                      authority(),
                      trees_in_conflict(apps.picture().conflicts));
  watchlist = plan.watchlist;
}

std::vector<const Process*> Scanner::Impl::suspects(const Plan& made) const {
  const Forest forest(snapshot);
  std::vector<const Process*> members;
  for (const Verdict& verdict : made.verdicts) {
    if (!made.watchlist.contains(verdict.tree)) continue;
    if (const Process* process = forest.find(verdict.id)) {
      members.push_back(process);
    }
  }
  return members;
}

void Scanner::Impl::act(const Plan& made) {
  if (parts.wish == Wish::Look) return;
  reaper.hold(suspects(made));
  if (made.trip) {
    records.trip(*made.trip);
    save_changes();
    return;
  }
  // Without that there are no orders: see would_act().
  if (everything_was_read) obey(made.orders);
  if (reaper.awaited() == 0) end_reaping();
  for (const ProcId& tree : std::exchange(refused, {})) watchlist.erase(tree);
}

void Scanner::Impl::end_reaping() {
  records.end_reaping();
  ordered_under.clear();
}

void Scanner::Impl::obey(std::span<const TreeOrder> orders) {
  const Config& config = parts.config;
  const std::vector<KillTies> of_orders =
      ties.look(snapshot, pm2, kills.apps(), orders);
  const BootTime now = boot_time();
  for (std::size_t i = 0; i < orders.size(); ++i) {
    const TreeOrder& order = orders[i];
    kills.begin(order, of_orders[i], now);
    records.keep(kills.record());
    if (!records.begin_reaping(config.state_dir) ||
        !records.spend(
            config.state_dir, config.policy.limits.kills_per_hour, order)) {
      kills.call_off();
      plan.withheld.push_back({.root = order.root,
                               .rule = order.rule,
                               .why = records.breaker().open
                                          ? Withheld::BreakerOpen
                                          : Withheld::Disarmed});
      continue;
    }
    carry_out(order);
  }
}

void Scanner::Impl::carry_out(const TreeOrder& order) {
  const std::size_t before = reaper.awaited();
  const std::vector<Rule>& rules = parts.config.policy.rules;
  ordered_under[order.root] =
      std::ranges::find(rules, order.rule, &Rule::name)->match;
  reaper.begin(order);
  if (reaper.awaited() > before) return;
  // Nobody was signalled: nothing was spent.
  kills.call_off();
  records.give_back(parts.config.state_dir);
}

Report Scanner::Impl::failed(const Error& error) {
  spdlog::error("scan failed, nothing is judged: {}", one_line(error.what));
  watchlist.clear();
  Report fresh = report;
  fresh.failure = error;
  forget_findings(fresh);
  plan = {};
  return fresh;
}

void Scanner::Impl::finish(Report& fresh) {
  ++fresh.scan;
  early.end(fresh.duration);
  if (!fresh.failure) early.know(plan.verdicts);
  fresh.finished_unix_ms = unix_ms();
  fresh.reaped = std::exchange(reaped, {});
  fresh.reaping = reaper.awaited();
  fresh.new_harms = new_harms.size();
  fresh.new_coincidences = std::exchange(new_coincidences, 0);
  add_harms(fresh.harms, std::exchange(new_harms, {}));
  if (!fresh.failure) {
    fresh.pm2 = pm2;
    fresh.verdicts = plan.verdicts;
    fresh.withheld = plan.withheld;
    fresh.returned = kills.returned(snapshot, plan.verdicts);
    fresh.apps = apps.picture().apps;
    fresh.backends = apps.picture().memory.backends;
    fresh.conflicts = apps.picture().conflicts;
    fresh.strays = apps.picture().strays;
    fresh.ledger = ledger;
    fresh.restarts = apps.accounts().restarts;
    fresh.ends = apps.accounts().ends;
    fresh.senders = apps.accounts().senders;
    fresh.lost_signals = apps.lost_signals();
    fresh.unseen = not_seen();
    add_findings(fresh, snapshot, known_orphans);
  }
  report = std::move(fresh);
  describe_self();
  report.acting =
      parts.wish == Wish::Reap && report.blind.empty() && !report.breaker.open;
  report.totals = account(std::move(report.totals), report);
  records.keep(report);
  save_changes();
  if (parts.wish != Wish::Look) records.verdicts(report);
}

void Scanner::Impl::save_changes() {
  if (parts.wish == Wish::Look) return;
  records.keep(kills.record());
  records.keep(known_ports(apps.picture().memory),
               asked_ports(apps.picture().memory));
  records.keep(parts.config.state_dir, memory, snapshot.boot_id);
  keep_origins(false);
}

// Of the strayd that stays: one beside it knows no more than that one.
void Scanner::Impl::keep_origins(bool now) {
  if (!parts.listen || parts.wish == Wish::Look || report.scan == 0) return;
  records.keep_origins(parts.config.state_dir, memory, snapshot.boot_id, now);
}

Scanner::Scanner(Parts parts)
    : impl_(std::make_unique<Impl>(std::move(parts))) {}
Scanner::~Scanner() = default;

Report Scanner::scan() {
  return impl_->scan();
}

void Scanner::advance() {
  impl_->reaper.advance();
  if (impl_->reaper.awaited() == 0) impl_->end_reaping();
  impl_->early.heed(impl_->apps.bus_fd());
}

std::vector<int> Scanner::wait_fds() const {
  std::vector<int> fds = impl_->reaper.wait_fds();
  const std::vector<int> events = impl_->early.fds(impl_->apps.bus_fd());
  fds.insert(fds.end(), events.begin(), events.end());
  return fds;
}

std::optional<std::chrono::nanoseconds> Scanner::deadline() const {
  const auto reaping = impl_->reaper.deadline();
  const auto waking = impl_->early.deadline();
  if (!reaping || !waking) return reaping ? reaping : waking;
  return std::min(*reaping, *waking);
}

std::optional<std::chrono::nanoseconds> Scanner::due() const {
  return impl_->due();
}

std::size_t Scanner::awaited() const {
  return impl_->reaper.awaited();
}

void Scanner::abandon() {
  impl_->reaper.abandon();
  impl_->end_reaping();
  impl_->keep_origins(true);
}

Report Scanner::latest() const {
  Report latest = impl_->report;
  latest.reaped = impl_->reaped;
  latest.reaping = impl_->reaper.awaited();
  return latest;
}

void Scanner::reconfigure(Config config) {
  Impl& impl = *impl_;
  if (impl.parts.wish != Wish::Look) {
    impl.parts.wish =
        config.policy.mode == Mode::Enforce ? Wish::Reap : Wish::Observe;
  }
  impl.parts.config = std::move(config);
  impl.apps.reconfigure(impl.parts.config);
  impl.watchlist.clear();
  impl.report.reload = {.successful = true, .success_unix_ms = unix_ms()};
  impl.describe_self();
}

void Scanner::note_failed_reload() {
  impl_->report.reload.successful = false;
}

const Breaker& Scanner::breaker() const {
  return impl_->records.breaker();
}

void Scanner::catch_up() {
  impl_->records.catch_up(impl_->parts.config.state_dir);
}

Result<void> Scanner::close_breaker(const std::string& by) {
  Impl& impl = *impl_;
  auto closed = impl.records.close_breaker(impl.parts.config.state_dir, by);
  if (!closed) return closed;
  impl.kills.pardon();
  impl.describe_self();
  return {};
}

const Config& Scanner::config() const {
  return impl_->parts.config;
}
const Snapshot& Scanner::snapshot() const {
  return impl_->snapshot;
}
const Memory& Scanner::memory() const {
  return impl_->memory;
}
void Scanner::look_closer_at(pid_t pid) {
  impl_->close_ups.insert(pid);
}

}  // namespace strayd
