#include "hand.h"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "strayd/core/forest.h"
#include "strayd/report/render.h"
#include "strayd/sys/os.h"

namespace strayd {

Hand::Hand(HandPorts ports,
           const Terms& terms,
           std::map<std::string, std::string> lacks,
           Records records)
    : ports_(std::move(ports)),
      terms_(terms),
      lacks_(std::move(lacks)),
      records_(std::move(records)),
      reaper_(reaper_ports()) {
  kills_.restore(records_.state().harm);
}

ReaperPorts Hand::reaper_ports() {
  return {.snapshot = ports_.snapshot,
          .read = ports_.read,
          .claims = ports_.claims,
          .intend =
              [this](std::span<const Intent> intents) {
                return records_.intend(intents);
              },
          .outcome = [this](const std::string& reap,
                            const Reaped& done) { note_outcome(reap, done); },
          .stopping = ports_.stopping,
          .withdrawn =
              [this](const TreeOrder& order) {
                return withdrawn(order);
              }};
}

// --- whether it may

std::map<std::string, std::string> Hand::blind() const {
  std::map<std::string, std::string> lacks = lacks_;
  if (terms_.wish != Wish::Look) lacks.merge(records_.lacks());
  return lacks;
}

Authority Hand::authority() const {
  Authority authority{.act = terms_.wish == Wish::Reap,
                      .armed = blind().empty(),
                      .breaker = records_.breaker(),
                      .kills_last_hour = records_.kills_last_hour(),
                      .reaping = reaper_.processes()};
  authority.reaping.merge(records_.in_grace());
  return authority;
}

// What was ordered under another configuration, or before strayd went blind,
// is not carried on with.
std::optional<std::string> Hand::withdrawn(const TreeOrder& order) const {
  if (terms_.wish != Wish::Reap) return "strayd only observes now";
  if (records_.breaker().open) return "the breaker is open";
  if (const auto lacks = blind(); !lacks.empty()) {
    return "strayd is blind: " + lacks.begin()->first;
  }
  if (scan_failed_) return "the last scan failed";
  const std::vector<Rule>& rules = terms_.config.policy.rules;
  const auto rule = std::ranges::find(rules, order.rule, &Rule::name);
  if (rule == rules.end()) return "its rule is gone";
  const auto then = ordered_under_.find(order.root);
  if (then == ordered_under_.end() || then->second != rule->match) {
    return "its rule was changed";
  }
  const bool allowed =
      rule->reap == ReapScope::All ||
      (rule->reap == ReapScope::Leftover && order.kind == Standing::Leftover);
  if (!allowed) return "its rule forbids it now";
  return std::nullopt;
}

bool Hand::would_act(const Seen& seen) const {
  if (terms_.wish != Wish::Reap) return false;
  const Plan made = strayd::plan(seen.verdicts,
                                 watchlist_,
                                 seen.snapshot,
                                 terms_.config.policy,
                                 authority(),
                                 {});
  return !made.orders.empty() || made.trip;
}

// --- once in each scan

void Hand::begin_scan() {
  records_.recover();
  if (terms_.wish != Wish::Look) records_.catch_up();
}

void Hand::note_failure() {
  scan_failed_ = true;
  forget_suspicions();
}

void Hand::look_for_harm(const Seen& seen,
                         BootTime now,
                         std::span<const AppFacts> apps,
                         std::span<const Restart> restarts) {
  KillWatch::Found found = kills_.harms(now, apps, restarts);
  for (const std::string& coincidence : found.coincidences) {
    spdlog::info("{}", one_line(coincidence));
  }
  coincidences_ = found.coincidences.size();
  harms_ = std::move(found.harms);
  if (harms_.empty()) return;
  for (Harm& harm : harms_) {
    harm.found_unix_ms = unix_ms();
    spdlog::error("harm: {}", one_line(harm.text));
    records_.note("harm", harm.text);
  }
  // It ends what is under way, too: see withdrawn().
  if (!records_.breaker().open) {
    records_.trip("harm: " + harms_.front().text);
  }
  save(seen);
}

// The third return in a row is not ended any more.
KeptKeys Hand::kept(const Seen& seen) {
  return kills_.kept(
      seen.memory.kept, seen.snapshot, seen.verdicts, reaper_.processes());
}

Plan Hand::plan(const Seen& seen, const std::set<ProcId>& urgent) {
  scan_failed_ = false;
  Plan made = strayd::plan(seen.verdicts,
                           watchlist_,
                           seen.snapshot,
                           terms_.config.policy,
                           authority(),
                           urgent);
  watchlist_ = made.watchlist;
  return made;
}

void Hand::act(Plan& plan, const Seen& seen) {
  if (terms_.wish == Wish::Look) return;
  hold_suspects(plan, seen.snapshot);
  if (plan.trip) {
    records_.trip(*plan.trip);
    save(seen);
    return;
  }
  // Without that there are no orders: see would_act().
  if (seen.whole) obey(plan);
  if (reaper_.awaited() == 0) end_reaping();
}

void Hand::hold_suspects(const Plan& plan, const Snapshot& snapshot) {
  const Forest forest(snapshot);
  std::vector<const Process*> members;
  for (const Verdict& verdict : plan.verdicts) {
    if (!plan.watchlist.contains(verdict.tree)) continue;
    if (const Process* process = forest.find(verdict.id)) {
      members.push_back(process);
    }
  }
  reaper_.hold(members);
}

void Hand::obey(Plan& plan) {
  const std::vector<KillTies> ties = ports_.ties(kills_.apps(), plan.orders);
  const BootTime now = boot_time();
  for (std::size_t i = 0; i < plan.orders.size(); ++i) {
    const TreeOrder& order = plan.orders[i];
    kills_.begin(order, ties[i], now);
    records_.keep(kills_.record());
    if (spend(order)) {
      carry_out(order);
      continue;
    }
    kills_.call_off();
    plan.withheld.push_back({.root = order.root,
                             .rule = order.rule,
                             .why = records_.breaker().open
                                        ? Withheld::BreakerOpen
                                        : Withheld::Disarmed});
  }
}

bool Hand::spend(const TreeOrder& order) {
  return records_.begin_reaping() &&
         records_.spend(terms_.config.policy.limits.kills_per_hour, order);
}

void Hand::carry_out(const TreeOrder& order) {
  const std::size_t before = reaper_.awaited();
  const std::vector<Rule>& rules = terms_.config.policy.rules;
  ordered_under_[order.root] =
      std::ranges::find(rules, order.rule, &Rule::name)->match;
  reaper_.begin(order);
  if (reaper_.awaited() > before) return;
  // Nobody was signalled: nothing was spent.
  kills_.call_off();
  records_.give_back(order);
}

// A refused tree must ripen again: its evidence was not what it seemed.
void Hand::note_outcome(const std::string& reap, const Reaped& done) {
  records_.outcome(reap, done);
  if (done.outcome == Outcome::Refused || done.outcome == Outcome::Failed) {
    watchlist_.erase(done.tree);
  }
  if (done.outcome == Outcome::Terminated || done.outcome == Outcome::Killed) {
    ports_.ended(done.id);
  }
  kills_.note(done, boot_time());
  reaped_.push_back(done);
}

// --- the reaps under way

void Hand::advance() {
  reaper_.advance();
  if (reaper_.awaited() == 0) end_reaping();
}

void Hand::end_reaping() {
  records_.end_reaping();
  ordered_under_.clear();
}

void Hand::abandon() {
  reaper_.abandon();
  end_reaping();
}

// --- what is kept

Result<void> Hand::close_breaker(const std::string& by) {
  auto closed = records_.close_breaker(by);
  if (!closed) return closed;
  kills_.pardon();
  return {};
}

void Hand::save(const Seen& seen) {
  if (terms_.wish == Wish::Look) return;
  records_.keep(kills_.record());
  records_.keep(seen.memory, seen.snapshot.boot_id);
}

}  // namespace strayd
