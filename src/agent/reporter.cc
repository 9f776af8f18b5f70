#include "reporter.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "strayd/core/home_path.h"
#include "strayd/core/unseen.h"
#include "strayd/sys/os.h"

#include "findings.h"

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

// The newest, the oldest first.
void add_harms(std::vector<Harm>& harms, std::vector<Harm> fresh) {
  std::ranges::move(fresh, std::back_inserter(harms));
  if (harms.size() <= kMostHarms) return;
  const auto surplus = static_cast<std::ptrdiff_t>(harms.size() - kMostHarms);
  harms.erase(harms.begin(), harms.begin() + surplus);
}

}  // namespace

Reporter::Reporter(std::vector<Feature> features,
                   const Terms& terms,
                   const AppWatch& apps,
                   Hand& hand,
                   std::optional<std::int64_t> records_unix_ms)
    : features_(std::move(features)), terms_(terms), apps_(apps), hand_(hand) {
  const State& state = hand_.records().state();
  Report first{.records_unix_ms = records_unix_ms,
               .ledger = state.ledger,
               .ends = state.ends,
               .senders = state.senders,
               .reload = {.successful = true, .success_unix_ms = unix_ms()}};
  first.totals.scan_duration = Histogram::with(kScanSeconds);
  first.totals.reap_duration = Histogram::with(kReapSeconds);
  first.totals.orphan_age = Histogram::with(kOrphanAgeSeconds);
  describe(first);
  newest_ = std::make_shared<const Report>(std::move(first));
}

// The next one: what counts on, and what stays true without a look.
Report Reporter::begun() const {
  const Report& before = *newest_;
  return {.scan = before.scan + 1,
          .taken = before.taken,
          .processes = before.processes,
          .vanished = before.vanished,
          .unreadable = before.unreadable,
          .backends = before.backends,
          .records_unix_ms = before.records_unix_ms,
          .ledger = before.ledger,
          .ends = before.ends,
          .senders = before.senders,
          .lost_signals = before.lost_signals,
          .harms = before.harms,
          .reload = before.reload,
          .totals = before.totals};
}

void Reporter::describe(Report& report) const {
  report.mode = terms_.config.policy.mode;
  report.rules = rule_names(terms_.config.policy);
  report.breaker = hand_.records().breaker();
  report.features.clear();
  report.remarks.clear();
  // What was found out since comes last.
  std::vector<Feature> all = features_;
  std::ranges::move(apps_.features(), std::back_inserter(all));
  for (const Feature& feature : all) {
    report.features[feature.name] = feature.available;
    if (!feature.available) report.remarks[feature.name] = feature.detail;
  }
  const std::map<std::string, std::string> lacks = hand_.records().lacks();
  for (const char* const record : {"audit_ledger", "state_file"}) {
    report.features[record] = !lacks.contains(record);
  }
  report.blind = hand_.blind();
}

void Reporter::describe_anew() {
  Report next = *newest_;
  describe(next);
  newest_ = std::make_shared<const Report>(std::move(next));
}

void Reporter::note_reload(bool successful) {
  Report next = *newest_;
  next.reload.successful = successful;
  if (successful) {
    next.reload.success_unix_ms = unix_ms();
    rules_due_ = {};
  }
  describe(next);
  newest_ = std::make_shared<const Report>(std::move(next));
}

// What hides a process hides how many there are, too.
std::vector<Unseen> Reporter::not_seen(const Seen& seen,
                                       const Plan& plan) const {
  std::vector<Unseen> all;
  for (const Feature& feature : features_) {
    if (feature.name != "foreign_processes" || feature.available) continue;
    all.push_back({.fact = "pid", .detail = feature.detail});
  }
  std::ranges::move(
      unseen(
          evidence(seen, seen.snapshot), terms_.config.policy, plan.verdicts),
      std::back_inserter(all));
  return all;
}

// Without those whose PM2 has ended and is not missed: nothing is wrong there.
// One that the configuration names is wanted.
std::vector<Pm2View> Reporter::told_homes(const Seen& seen) const {
  const std::set<std::string> ended = ended_homes(seen.memory);
  std::set<std::string> wanted;
  for (const std::string& home : terms_.config.pm2.homes) {
    wanted.insert(normal_home(home).value_or(home));
  }
  std::vector<Pm2View> told;
  std::ranges::copy_if(
      seen.pm2, std::back_inserter(told), [&](const Pm2View& view) {
        return !ended.contains(view.home) || wanted.contains(view.home);
      });
  return told;
}

// A word for a person, who need not have it at once: the agent looks once a
// minute, and when the rules may be others.
void Reporter::look_at_rules(const Seen& seen) {
  constexpr std::chrono::minutes kOften{1};
  const std::chrono::nanoseconds now = steady_time();
  if (terms_.wish != Wish::Look && now < rules_due_) return;
  rules_due_ = now + kOften;
  idle_rules_ = idle_rules(seen.snapshot, seen.memory, terms_.config.policy);
}

void Reporter::add_apps(Report& report) const {
  const AppsPicture& picture = apps_.picture();
  report.apps = picture.apps;
  report.backends = picture.memory.backends;
  report.conflicts = picture.conflicts;
  report.strays = picture.strays;
  const Accounts& accounts = apps_.accounts();
  report.ledger = accounts.ledger;
  report.restarts = accounts.restarts;
  report.ends = accounts.ends;
  report.senders = accounts.senders;
  report.lost_signals = apps_.lost_signals();
}

void Reporter::tell(const Seen& seen,
                    const Plan& plan,
                    std::chrono::nanoseconds took) {
  Report report = begun();
  report.pm2 = told_homes(seen);
  report.verdicts = plan.verdicts;
  report.withheld = plan.withheld;
  report.returned = hand_.returned(seen, plan.verdicts);
  report.unseen = not_seen(seen, plan);
  look_at_rules(seen);
  report.idle_rules = idle_rules_;
  add_apps(report);
  add_findings(report, seen.snapshot, known_orphans_);
  finish(std::move(report), took);
}

void Reporter::tell_failure(const Error& why, std::chrono::nanoseconds took) {
  Report report = begun();
  report.failure = why;
  finish(std::move(report), took);
}

void Reporter::finish(Report report, std::chrono::nanoseconds took) {
  report.duration = took;
  report.finished_unix_ms = unix_ms();
  report.reaped = hand_.take_reaped();
  report.reaping = hand_.awaited();
  std::vector<Harm> harms = hand_.take_harms();
  report.new_harms = harms.size();
  report.new_coincidences = hand_.take_coincidences();
  add_harms(report.harms, std::move(harms));
  describe(report);
  report.acting =
      terms_.wish == Wish::Reap && report.blind.empty() && !report.breaker.open;
  report.totals = account(std::move(report.totals), report);
  newest_ = std::make_shared<const Report>(std::move(report));
}

std::shared_ptr<const Report> Reporter::latest() const {
  const bool same = newest_->reaped.empty() && hand_.reaped().empty() &&
                    newest_->reaping == hand_.awaited();
  if (same) return newest_;
  Report latest = *newest_;
  latest.reaped = hand_.reaped();
  latest.reaping = hand_.awaited();
  return std::make_shared<const Report>(std::move(latest));
}

}  // namespace strayd
