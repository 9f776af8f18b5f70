#include "strayd/agent/scanner.h"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "strayd/core/app_facts.h"
#include "strayd/core/known_ports.h"
#include "strayd/report/render.h"
#include "strayd/sys/os.h"

#include "app_watch.h"
#include "clock_watch.h"
#include "early_scans.h"
#include "hand.h"
#include "host_reader.h"
#include "look.h"
#include "records.h"
#include "reporter.h"
#include "terms.h"
#include "tie_watch.h"

namespace strayd {
namespace {

Memory restored(Memory memory, const State& state) {
  for (const auto& [home, uid] : state.homes_seen) {
    memory.homes[home] = {
        .uid = uid, .ended = state.homes_ended.contains(home), .seen = true};
  }
  memory.kept = state.kept;
  return memory;
}

// What lacks so that strayd must not act, whatever it can write.
std::map<std::string, std::string> lacks_of(std::span<const Feature> features,
                                            Wish wish,
                                            bool is_live) {
  std::map<std::string, std::string> lacks;
  for (const Feature& feature : features) {
    if (feature.required && !feature.available) {
      lacks[feature.name] = feature.detail;
    }
  }
  if (wish != Wish::Look && !is_live) {
    lacks["live_procfs"] = "--path.procfs is not this kernel's /proc";
  }
  return lacks;
}

}  // namespace

struct Scanner::Impl {
  explicit Impl(Parts parts)
      : stays(parts.listen),
        terms{.config = parts.config, .wish = parts.wish},
        procfs(std::move(parts.procfs)),
        apps(procfs, terms.config, stays),
        ties(procfs),
        early([this](const ProcId& id) { return procfs.has(id); },
              most_pidfds()),
        reader(terms, procfs, apps, [this] { return early.lost(); }),
        hand(ports(parts.stopping, parts.beside),
             terms,
             lacks_of(parts.features, terms.wish, procfs.is_live()),
             Records(terms.config.state_dir,
                     std::move(parts.audit),
                     std::move(parts.state))),
        look(reader.ports(),
             restored(std::move(parts.memory), hand.records().state())),
        clock(std::move(parts.suspended)),
        reporter(std::move(parts.features),
                 terms,
                 apps,
                 hand,
                 parts.records_unix_ms) {
    apps.restore(hand.records().state());
    // A fixture's processes are not those that the kernel tells of.
    if (stays && terms.config.events && procfs.is_live()) early.listen();
  }

  HandPorts ports(std::function<bool()> stopping,
                  std::function<std::optional<Claim>(const ProcId&)> beside);
  void begin();
  void scan();
  void judge_apps();
  void save();
  void keep_origins(bool now);

  bool stays;  // scans again and again, and listens meanwhile
  Terms terms;
  Procfs procfs;
  AppWatch apps;
  TieWatch ties;
  EarlyScans early;
  HostReader reader;
  Hand hand;
  Look look;
  ClockWatch clock;
  Reporter reporter;
  Plan plan{};  // of the newest scan; empty: it failed
};

HandPorts Scanner::Impl::ports(
    std::function<bool()> stopping,
    std::function<std::optional<Claim>(const ProcId&)> beside) {
  return {.snapshot = [this] { return reader.read(); },
          .read = [this](const ProcId& id) { return procfs.read(id); },
          .claims =
              [this, beside = std::move(beside)](const Snapshot& fresh,
                                                 std::span<const ProcId> ids) {
                auto claims = claims_on(
                    evidence(look.seen(), fresh), terms.config.policy, ids);
                for (std::size_t i = 0; i < ids.size(); ++i) {
                  if (!claims[i]) claims[i] = beside(ids[i]);
                }
                return claims;
              },
          .stopping = std::move(stopping),
          .ties =
              [this](std::span<const AppFacts> facts,
                     std::span<const TreeOrder> orders) {
                const Seen& seen = look.seen();
                return ties.look(seen.snapshot, seen.pm2, facts, orders);
              },
          .ended =
              [this](const ProcId& id) {
                apps.note_signalled(id);
              }};
}

void Scanner::Impl::begin() {
  hand.begin_scan();
  // Looks are no confirmation of one another across a suspend: ages and holds
  // went on, and PM2's own timers did not.
  if (clock.was_suspended()) {
    spdlog::info("the host was suspended: every suspicion starts anew");
    hand.forget_suspicions();
  }
  clock.look();
  early.begin(apps.bus_fd());
  look.hear(early.take_life(), apps.witness(boot_time()));
  // What an earlier strayd knew of a pid may be of another process by now.
  if (reporter.newest()->scan == 0) look.forget_events();
}

void Scanner::Impl::scan() {
  const auto began = steady_time();
  begin();
  const Result<void> seen =
      look.look(terms.config.policy,
                [this](const Seen& fresh) { return hand.would_act(fresh); });
  if (seen) {
    judge_apps();
    plan = hand.plan(look.seen(), trees_in_conflict(apps.picture().conflicts));
    hand.act(plan, look.seen());
    reporter.tell(look.seen(), plan, steady_time() - began);
  } else {
    spdlog::error("scan failed, nothing is judged: {}",
                  one_line(seen.error().what));
    plan = {};
    hand.note_failure();
    hand.look_for_harm(look.seen(), boot_time(), {}, {});
    reporter.tell_failure(seen.error(), steady_time() - began);
  }
  early.end(reporter.newest()->duration);
  if (seen) early.know(plan.verdicts);
  save();
}

// What was seen means for the apps: who serves, who stands in the way, why PM2
// restarted what it did; and whether a kill of ours harmed one.
void Scanner::Impl::judge_apps() {
  const Policy& policy = terms.config.policy;
  const Seen& seen = look.seen();
  apps.look(look.snapshot(), seen.pm2, policy, seen.verdicts);
  const Accounts& accounts = apps.account(
      reporter.newest()->ledger, seen.snapshot, seen.pm2, seen.memory);
  std::vector<AppFacts> facts = app_facts(seen.snapshot, seen.pm2, policy);
  add_ports(facts, apps.picture().apps);
  hand.records().keep(known_ports(apps.picture().memory),
                      asked_ports(apps.picture().memory));
  hand.look_for_harm(seen, seen.snapshot.taken, facts, accounts.restarts);
  look.keep(hand.kept(seen), policy);
}

void Scanner::Impl::save() {
  const Report& report = *reporter.newest();
  hand.records().keep(report);
  hand.save(look.seen());
  keep_origins(false);
  if (terms.wish != Wish::Look) hand.records().verdicts(report);
}

// Of the strayd that stays: one beside it knows no more than that one.
void Scanner::Impl::keep_origins(bool now) {
  const bool looked = reporter.newest()->scan > 0;
  if (!stays || terms.wish == Wish::Look || !looked) return;
  const Seen& seen = look.seen();
  hand.records().keep_origins(seen.memory, seen.snapshot.boot_id, now);
}

Scanner::Scanner(Parts parts)
    : impl_(std::make_unique<Impl>(std::move(parts))) {}
Scanner::~Scanner() = default;

std::shared_ptr<const Report> Scanner::scan() {
  impl_->scan();
  return impl_->reporter.newest();
}

void Scanner::advance() {
  impl_->hand.advance();
  impl_->early.heed(impl_->apps.bus_fd());
}

std::vector<int> Scanner::wait_fds() const {
  std::vector<int> fds = impl_->hand.wait_fds();
  const std::vector<int> events = impl_->early.fds(impl_->apps.bus_fd());
  fds.insert(fds.end(), events.begin(), events.end());
  return fds;
}

std::optional<std::chrono::nanoseconds> Scanner::deadline() const {
  const auto reaping = impl_->hand.deadline();
  const auto waking = impl_->early.deadline();
  if (!reaping || !waking) return reaping ? reaping : waking;
  return std::min(*reaping, *waking);
}

// What failed is tried again at the interval, however much happens.
std::optional<std::chrono::nanoseconds> Scanner::due() const {
  const Report& newest = *impl_->reporter.newest();
  if (newest.scan == 0 || newest.failure) return std::nullopt;
  return impl_->early.due(impl_->plan.next);
}

std::size_t Scanner::awaited() const {
  return impl_->hand.awaited();
}

void Scanner::abandon() {
  impl_->hand.abandon();
  impl_->keep_origins(true);
}

std::shared_ptr<const Report> Scanner::latest() const {
  return impl_->reporter.latest();
}

void Scanner::reconfigure(Config config) {
  Impl& impl = *impl_;
  if (impl.terms.wish != Wish::Look) {
    impl.terms.wish =
        config.policy.mode == Mode::Enforce ? Wish::Reap : Wish::Observe;
  }
  impl.terms.config = std::move(config);
  impl.apps.reconfigure(impl.terms.config);
  impl.hand.forget_suspicions();
  impl.reporter.note_reload(true);
}

void Scanner::note_failed_reload() {
  impl_->reporter.note_reload(false);
}

const Breaker& Scanner::breaker() const {
  return impl_->hand.records().breaker();
}

void Scanner::catch_up() {
  impl_->hand.records().catch_up();
}

Result<void> Scanner::close_breaker(const std::string& by) {
  auto closed = impl_->hand.close_breaker(by);
  if (closed) impl_->reporter.describe_anew();
  return closed;
}

const Config& Scanner::config() const {
  return impl_->terms.config;
}
const Snapshot& Scanner::snapshot() const {
  return impl_->look.seen().snapshot;
}
const Memory& Scanner::memory() const {
  return impl_->look.seen().memory;
}
void Scanner::look_closer_at(pid_t pid) {
  impl_->reader.look_closer_at(pid);
}

}  // namespace strayd
