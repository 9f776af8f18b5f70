#include "kill_watch.h"

#include <utility>

namespace strayd {
namespace {

Kill kill_of(const TreeOrder& order) {
  return {.tree = order.root, .rule = order.rule};
}

}  // namespace

void KillWatch::restore(HarmRecord record) {
  harm_.record = std::move(record);
}

std::vector<AppFacts> KillWatch::apps() const {
  std::vector<AppFacts> all;
  for (const auto& [app, seen] : harm_.seen) all.push_back(seen.facts);
  return all;
}

void KillWatch::begin(const TreeOrder& order,
                      const KillTies& ties,
                      BootTime now) {
  before_ = harm_;
  harm_ = begin_watch(std::move(harm_), kill_of(order), ties, now);
}

void KillWatch::call_off() {
  harm_ = before_;
}

void KillWatch::note(const Reaped& reaped, BootTime now) {
  for (Ended& each : ended({&reaped, 1})) {
    each.signalled = now - reaped.duration;
    each.gone = now;
    ended_.push_back(std::move(each));
  }
}

KillWatch::Found KillWatch::harms(BootTime now,
                                  std::span<const AppFacts> apps,
                                  std::span<const Restart> restarts) {
  HarmFindings found = look_for_harm(
      std::move(harm_),
      {.now = now, .apps = apps, .restarts = restarts, .ended = ended_});
  harm_ = std::move(found.memory);
  for (Ended& each : std::exchange(ended_, {})) {
    gone_.push_back(std::move(each));
  }
  return {.harms = std::move(found.harms),
          .coincidences = std::move(found.coincidences)};
}

KeptKeys KillWatch::kept(KeptKeys before,
                         const Snapshot& snapshot,
                         std::span<const Verdict> verdicts,
                         const std::set<ProcId>& reaping) {
  ReactionFindings found = look_for_reactions(std::move(reactions_),
                                              std::move(before),
                                              {.snapshot = snapshot,
                                               .verdicts = verdicts,
                                               .ended = gone_,
                                               .reaping = reaping});
  reactions_ = std::move(found.memory);
  return std::move(found.kept);
}

std::map<ProcId, Returned> KillWatch::returned(
    const Snapshot& snapshot, std::span<const Verdict> verdicts) {
  ReturnFindings found = look_for_returns(
      std::move(returns_), snapshot, verdicts, std::exchange(gone_, {}));
  returns_ = std::move(found.memory);
  return std::move(found.returned);
}

void KillWatch::pardon() {
  harm_ = pardoned(std::move(harm_));
}

}  // namespace strayd
