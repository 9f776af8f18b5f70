#include "strayd/agent/scanner.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <iterator>
#include <span>
#include <utility>

#include <spdlog/spdlog.h>

#include "strayd/core/app_facts.h"
#include "strayd/core/forest.h"
#include "strayd/pm2/observe.h"
#include "strayd/report/render.h"
#include "strayd/sys/os.h"

#include "app_watch.h"
#include "kill_watch.h"

namespace strayd {
namespace {

constexpr std::int64_t kHourMs = 3600 * 1000;

// Wide enough for a scan of 300 processes and for one of 30 000.
const std::vector<double> kScanSeconds{
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5};
// A reap ends at once, within its grace, or just after.
const std::vector<double> kReapSeconds{0.01, 0.1, 0.5, 1, 2.5, 5, 10, 15, 30};
const std::vector<double> kOrphanAgeSeconds{
    1, 5, 15, 60, 300, 900, 3600, 21600, 86400};

std::vector<std::string> rule_names(const Policy& policy) {
  std::vector<std::string> names;
  for (const Rule& rule : policy.rules) names.push_back(rule.name);
  return names;
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
        reaper(reaper_ports()),
        apps(parts.procfs, parts.config, parts.listen) {
    report.totals.scan_duration = Histogram::with(kScanSeconds);
    report.totals.reap_duration = Histogram::with(kReapSeconds);
    report.totals.orphan_age = Histogram::with(kOrphanAgeSeconds);
    report.reload = {.successful = true, .success_unix_ms = unix_ms()};
    report.ledger = ledger = parts.state.ledger;
    apps.restore(parts.state.backends);
    restore_homes();
    describe_self();
  }

  ReaperPorts reaper_ports();
  void restore_homes();
  void describe_self();
  std::map<std::string, std::string> blind() const;
  Authority authority() const;
  std::optional<std::string> withdrawn(const TreeOrder& order) const;

  Report scan();
  Result<void> look_and_judge();
  Result<void> look_at_everything(const Memory& before);
  bool would_act() const;
  void ask_supervisors(const Memory& before);
  void look_for_harm(BootTime now, std::span<const AppFacts> facts);
  std::vector<Verdict> judged() const;
  void watch_apps();
  void make_plan();
  void act(const Plan& plan);
  void finish(Report& fresh);
  Report failed(const Error& error);

  std::vector<ProcId> details_of(const Snapshot& base) const;
  Renewal renewal(std::span<const ProcId> suspected) const;
  Result<Snapshot> take_snapshot();
  Result<void> renew_snapshot(std::span<const Verdict> doubtful);
  std::vector<const Process*> suspects(const Plan& plan) const;
  bool begin_reaping();
  bool spend();
  void obey(std::span<const TreeOrder> orders);
  void carry_out(const TreeOrder& order);
  void trip_breaker(const std::string& why);
  void recover_audit();
  void notice_sleep();
  Result<void> share(std::optional<std::int64_t> unspent = std::nullopt);
  void save_changes();

  Parts parts;
  Reaper reaper;
  UniqueFd reap_lock{};
  AppWatch apps;

  // Of the scan under way. The snapshot is renewed in each.
  Snapshot snapshot{};
  bool everything_was_read = false;
  std::vector<Pm2View> pm2{};
  std::vector<Verdict> verdicts{};
  RestartLedger ledger{};
  Plan plan{};

  // From scan to scan.
  Memory memory{};
  Watchlist watchlist{};
  std::set<ProcId> known_orphans{};
  KillWatch kills{};
  std::vector<Harm> new_harms{};  // of the scan under way
  std::vector<Reaped> reaped{};   // since the last report
  std::set<ProcId> refused{};     // trees, since the last scan
  std::optional<std::string> audit_failure{};
  std::optional<std::string> state_failure{};
  std::int64_t spent_unix_ms = 0;  // the newest kill that was budgeted
  std::chrono::nanoseconds slept{boot_time() - steady_time()};
  std::set<pid_t> close_ups{};
  State saved{};
  Report report{};
};

ReaperPorts Scanner::Impl::reaper_ports() {
  return {.snapshot = [this] { return take_snapshot(); },
          .read = [this](const ProcId& id) { return parts.procfs.read(id); },
          .claims =
              [this](const Snapshot& fresh, std::span<const ProcId> ids) {
                return claims_on(
                    {.snapshot = fresh, .pm2 = pm2, .memory = memory},
                    parts.config.policy,
                    ids);
              },
          .intend = [this](std::span<const Intent> intents) -> Result<void> {
            if (!parts.audit)
              return fail(Fault::Io, "there is no audit ledger");
            Result<void> written = parts.audit->intend(intents);
            audit_failure =
                written ? std::nullopt : std::optional(written.error().what);
            return written;
          },
          .outcome =
              [this](const std::string& reap, const Reaped& done) {
                if (parts.audit) {
                  if (const auto written = parts.audit->outcome(reap, done);
                      !written) {
                    audit_failure = written.error().what;
                  }
                }
                if (done.outcome == Outcome::Refused ||
                    done.outcome == Outcome::Failed) {
                  refused.insert(done.tree);
                }
                if (done.outcome == Outcome::Terminated ||
                    done.outcome == Outcome::Killed) {
                  apps.note_signalled(done.id);
                }
                kills.note(done);
                reaped.push_back(done);
              },
          .stopping = parts.stopping,
          .withdrawn =
              [this](const TreeOrder& order) {
                return withdrawn(order);
              }};
}

// What was ordered under another configuration, or before strayd went blind,
// is not carried on with.
std::optional<std::string> Scanner::Impl::withdrawn(
    const TreeOrder& order) const {
  if (parts.wish != Wish::Reap) return "strayd only observes now";
  if (parts.state.breaker.open) return "the breaker is open";
  if (const auto lacks = blind(); !lacks.empty()) {
    return "strayd is blind: " + lacks.begin()->first;
  }
  if (report.failure) return "the last scan failed";
  const std::vector<Rule>& rules = parts.config.policy.rules;
  const auto rule = std::ranges::find(rules, order.rule, &Rule::name);
  if (rule == rules.end()) return "its rule is gone";
  const bool allowed =
      rule->reap == ReapScope::All ||
      (rule->reap == ReapScope::Leftover && order.kind == Standing::Leftover);
  if (!allowed) return "its rule forbids it now";
  return std::nullopt;
}

void Scanner::Impl::restore_homes() {
  for (const auto& [home, uid] : parts.state.homes_seen) {
    memory.homes[home] = {.uid = uid, .seen = true};
  }
}

void Scanner::Impl::describe_self() {
  report.mode = parts.config.policy.mode;
  report.rules = rule_names(parts.config.policy);
  report.breaker = parts.state.breaker;
  report.features.clear();
  for (const Feature& feature : parts.features) {
    report.features[feature.name] = feature.available;
  }
  report.features["audit_ledger"] = parts.audit.has_value() && !audit_failure;
  report.features["state_file"] = !state_failure;
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
  if (!parts.audit) {
    lacks["audit_ledger"] = "it could not be opened";
  } else if (audit_failure) {
    lacks["audit_ledger"] = *audit_failure;
  }
  if (state_failure) lacks["state_file"] = *state_failure;
  if (!parts.procfs.is_live()) {
    lacks["live_procfs"] = "--path.procfs is not this kernel's /proc";
  }
  return lacks;
}

Authority Scanner::Impl::authority() const {
  const std::int64_t hour_ago = unix_ms() - kHourMs;
  const auto recent =
      std::ranges::count_if(parts.state.kills_unix_ms,
                            [&](std::int64_t at) { return at > hour_ago; });
  return {.act = parts.wish == Wish::Reap,
          .armed = blind().empty(),
          .breaker = parts.state.breaker,
          .kills_last_hour = static_cast<std::size_t>(recent),
          .reaping = reaper.processes()};
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
  if (rotation == 0) how.everything_every = 1;
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
  if (had_bpf && parts.procfs.without_bpf()) {
    spdlog::info("scanning procfs alone, without BPF: {}",
                 one_line(*parts.procfs.without_bpf()));
  }
  return done;
}

// A disk that was full, a lock that was held: what can be written again arms
// again.
void Scanner::Impl::recover_audit() {
  if (!audit_failure || !parts.audit) return;
  const auto written = parts.audit->note(
      "audit_restored", "it could not be written: " + *audit_failure);
  if (written) audit_failure.reset();
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
  recover_audit();
  notice_sleep();

  // Look, judge; and look at everything before anybody is signalled.
  const Memory before = memory;
  Result<void> seen = look_and_judge();
  if (seen && would_act()) seen = look_at_everything(before);
  if (!seen) {
    memory = before;
    look_for_harm(boot_time(), {});
    Report fresh = failed(seen.error());
    fresh.duration = steady_time() - began;
    finish(fresh);
    return report;
  }
  watch_apps();

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
  everything_was_read = false;
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
  memory = remember(before, snapshot, pm2, parts.config.policy.loss_hold);
}

std::vector<Verdict> Scanner::Impl::judged() const {
  return judge({.snapshot = snapshot, .pm2 = pm2, .memory = memory},
               parts.config.policy);
}

void Scanner::Impl::look_for_harm(BootTime now,
                                  std::span<const AppFacts> facts) {
  new_harms = kills.harms(now, facts, restarts_since(report.ledger, ledger));
  if (new_harms.empty()) return;
  for (Harm& harm : new_harms) {
    harm.found_unix_ms = unix_ms();
    spdlog::error("harm: {}", one_line(harm.text));
    if (parts.audit) (void)parts.audit->note("harm", harm.text);
  }
  // It ends what is under way, too: see withdrawn().
  if (!parts.state.breaker.open) {
    trip_breaker("harm: " + new_harms.front().text);
  }
  save_changes();
}

// What that means for the apps: who serves, who stands in the way, and why PM2
// restarted what it did.
void Scanner::Impl::watch_apps() {
  apps.look(snapshot, pm2, parts.config.policy, verdicts);
  ledger = apps.account(report.ledger, snapshot, pm2).ledger;
  std::vector<AppFacts> facts = app_facts(snapshot, pm2, parts.config.policy);
  add_ports(facts, apps.picture().apps);
  look_for_harm(snapshot.taken, facts);
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

// Only one strayd reaps on a host at a time: an agent and a `scan --reap`
// beside it would else signal one tree twice within its grace.
bool Scanner::Impl::begin_reaping() {
  if (reap_lock) return true;
  const std::string path = parts.config.state_dir + "/reap.lock";
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) {
    state_failure = errno_error("open " + path, errno).what;
    return false;
  }
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    spdlog::warn("another strayd is reaping; leaving it to that one, ignoring");
    return false;
  }
  reap_lock = std::move(fd);
  return true;
}

void Scanner::Impl::trip_breaker(const std::string& why) {
  parts.state.breaker = {.open = true,
                         .why = why,
                         .since_unix_ms = unix_ms(),
                         .config_digest = parts.config.digest};
  spdlog::error("breaker open, nothing is ended any more: {}", one_line(why));
  if (parts.audit) (void)parts.audit->note("breaker_open", why);
}

void Scanner::Impl::act(const Plan& made) {
  if (parts.wish == Wish::Look) return;
  reaper.hold(suspects(made));
  if (made.trip) {
    trip_breaker(*made.trip);
    save_changes();
    return;
  }
  // Without that there are no orders: see would_act().
  if (everything_was_read) obey(made.orders);
  if (reaper.awaited() == 0) reap_lock = {};
  for (const ProcId& tree : std::exchange(refused, {})) watchlist.erase(tree);
}

void Scanner::Impl::obey(std::span<const TreeOrder> orders) {
  for (const TreeOrder& order : orders) {
    if (!begin_reaping() || !spend()) {
      plan.withheld.push_back({.root = order.root,
                               .rule = order.rule,
                               .why = parts.state.breaker.open
                                          ? Withheld::BreakerOpen
                                          : Withheld::Disarmed});
      continue;
    }
    carry_out(order);
  }
}

// Takes one kill out of the hour's budget, on disk, before anything is
// signalled: a crash must not give it back, and another strayd must see it.
bool Scanner::Impl::spend() {
  parts.state.kills_unix_ms.push_back(spent_unix_ms = unix_ms());
  if (!share() || parts.state.breaker.open) return false;
  const std::size_t allowed = parts.config.policy.limits.kills_per_hour;
  if (authority().kills_last_hour <= allowed) return true;
  trip_breaker("with what another strayd ended, more than " +
               std::to_string(allowed) + " orphan trees within an hour");
  return false;
}

void Scanner::Impl::carry_out(const TreeOrder& order) {
  const std::size_t before = reaper.awaited();
  reaper.begin(order);
  if (reaper.awaited() > before) {
    kills.note_begun(order);
    return;
  }
  // Nobody was signalled: nothing was spent.
  static_cast<void>(share(spent_unix_ms));
}

Report Scanner::Impl::failed(const Error& error) {
  spdlog::error("scan failed, nothing is judged: {}", one_line(error.what));
  watchlist.clear();
  Report fresh = report;
  fresh.failure = error;
  fresh.verdicts.clear();
  fresh.withheld.clear();
  fresh.shown.clear();
  fresh.newly_detected.clear();
  fresh.apps.clear();
  fresh.conflicts.clear();
  fresh.strays.reset();
  fresh.pm2.clear();
  fresh.zombies.clear();
  fresh.returned.clear();
  plan = {};
  return fresh;
}

void Scanner::Impl::finish(Report& fresh) {
  ++fresh.scan;
  fresh.finished_unix_ms = unix_ms();
  fresh.reaped = std::exchange(reaped, {});
  fresh.reaping = reaper.awaited();
  fresh.new_harms = new_harms.size();
  add_harms(fresh.harms, std::exchange(new_harms, {}));
  if (!fresh.failure) {
    fresh.taken = snapshot.taken;
    fresh.processes = snapshot.processes.size();
    fresh.vanished = snapshot.vanished;
    fresh.unreadable = snapshot.unreadable;
    fresh.pm2 = pm2;
    fresh.verdicts = plan.verdicts;
    fresh.withheld = plan.withheld;
    fresh.returned = kills.returned(snapshot, plan.verdicts);
    fresh.apps = apps.picture().apps;
    fresh.backends = apps.picture().memory.backends;
    fresh.conflicts = apps.picture().conflicts;
    fresh.strays = apps.picture().strays;
    fresh.ledger = ledger;
    fresh.shown.clear();
    fresh.zombies.clear();
    fresh.newly_detected.clear();
    const Forest forest(snapshot);
    std::set<ProcId> orphans;
    for (const Verdict& verdict : fresh.verdicts) {
      const Process* process = forest.find(verdict.id);
      if (process != nullptr) {
        fresh.shown[verdict.id] = show(*process, snapshot.taken);
      }
      for (const ProcId& id : verdict.chain) {
        const Process* ancestor = forest.find(id);
        if (ancestor != nullptr) {
          fresh.shown[id] = show(*ancestor, snapshot.taken);
        }
      }
      if (verdict.reason.why == Why::Zombie) ++fresh.zombies[verdict.rule];
      if (!verdict.kind) continue;
      orphans.insert(verdict.id);
      if (!known_orphans.contains(verdict.id)) {
        fresh.newly_detected.push_back(verdict.id);
      }
    }
    known_orphans = std::move(orphans);
  }
  report = std::move(fresh);
  describe_self();
  report.acting =
      parts.wish == Wish::Reap && report.blind.empty() && !report.breaker.open;
  report.totals = account(std::move(report.totals), report);
  parts.state.ledger = report.ledger;
  parts.state.backends = report.backends;
  save_changes();
  if (parts.wish != Wish::Look && parts.audit) {
    if (const auto written = parts.audit->verdicts(report); !written) {
      spdlog::error("audit: {}, ignoring", written.error().what);
      audit_failure = written.error().what;
    }
  }
}

// Writes our state with what other strayds wrote since.
Result<void> Scanner::Impl::share(std::optional<std::int64_t> unspent) {
  const std::int64_t hour_ago = unix_ms() - kHourMs;
  const bool was_open = parts.state.breaker.open;
  Result<void> written =
      share_state(parts.config.state_dir,
                  parts.state,
                  {.later_than_unix_ms = hour_ago, .unspent_unix_ms = unspent});
  if (written) {
    saved = parts.state;
    state_failure.reset();
  } else {
    if (state_failure != written.error().what) {
      spdlog::error("state: {}; nothing is ended until it can be written",
                    written.error().what);
    }
    state_failure = written.error().what;
  }
  if (parts.state.breaker.open && !was_open) {
    spdlog::error("another strayd has opened the breaker: {}",
                  parts.state.breaker.why);
  }
  return written;
}

void Scanner::Impl::save_changes() {
  if (parts.wish == Wish::Look) return;
  const std::int64_t hour_ago = unix_ms() - kHourMs;
  std::erase_if(parts.state.kills_unix_ms,
                [&](std::int64_t at) { return at <= hour_ago; });
  parts.state.homes_seen.clear();
  for (const auto& [home, seen] : memory.homes) {
    if (seen.seen) parts.state.homes_seen[home] = seen.uid;
  }
  if (!snapshot.boot_id.empty()) parts.state.boot_id = snapshot.boot_id;
  if (parts.state == saved && !state_failure) return;
  static_cast<void>(share());
}

Scanner::Scanner(Parts parts)
    : impl_(std::make_unique<Impl>(std::move(parts))) {}
Scanner::~Scanner() = default;

Report Scanner::scan() {
  return impl_->scan();
}

void Scanner::advance() {
  impl_->reaper.advance();
  if (impl_->reaper.awaited() == 0) impl_->reap_lock = {};
}

std::vector<int> Scanner::wait_fds() const {
  return impl_->reaper.wait_fds();
}

std::optional<std::chrono::nanoseconds> Scanner::deadline() const {
  return impl_->reaper.deadline();
}

std::size_t Scanner::awaited() const {
  return impl_->reaper.awaited();
}

void Scanner::abandon() {
  impl_->reaper.abandon();
  impl_->reap_lock = {};
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
  return impl_->parts.state.breaker;
}

Result<void> Scanner::close_breaker(const std::string& by) {
  Impl& impl = *impl_;
  const Breaker was = std::exchange(impl.parts.state.breaker,
                                    Breaker{.since_unix_ms = unix_ms()});
  if (!was.open) return {};
  impl.save_changes();
  if (impl.state_failure) {
    impl.parts.state.breaker = was;
    return fail(Fault::Io, "it stays open: " + *impl.state_failure);
  }
  impl.kills.pardon();
  const std::string what = "closed by " + by + "; " + breaker_text(was);
  spdlog::warn("breaker {}", what);
  if (impl.parts.audit) (void)impl.parts.audit->note("breaker_close", what);
  impl.describe_self();
  return {};
}

const Config& Scanner::config() const {
  return impl_->parts.config;
}
const Snapshot& Scanner::snapshot() const {
  return impl_->snapshot;
}
void Scanner::look_closer_at(pid_t pid) {
  impl_->close_ups.insert(pid);
}

}  // namespace strayd
