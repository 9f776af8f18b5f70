#include "kill_watch.h"

#include <utility>

namespace strayd {
namespace {

std::uint64_t count_of(const RestartLedger& ledger,
                       const AppKey& app,
                       Cause cause) {
  const AppAccount* account = account_of(ledger, app);
  if (account == nullptr) return 0;
  const auto count = account->restarts.find(cause);
  return count == account->restarts.end() ? 0 : count->second;
}

}  // namespace

std::vector<AppRestart> restarts_since(const RestartLedger& before,
                                       const RestartLedger& now) {
  std::vector<AppRestart> gained;
  for (const auto& [app, account] : now.apps) {
    for (const auto& [cause, count] : account.restarts) {
      if (count <= count_of(before, app, cause)) continue;
      gained.push_back({.app = app, .cause = cause});
    }
  }
  return gained;
}

void KillWatch::note_begun(const TreeOrder& order) {
  begun_.push_back({.tree = order.root, .rule = order.rule});
}

void KillWatch::note(const Reaped& reaped, BootTime now) {
  for (Ended& each : ended({&reaped, 1})) {
    each.signalled = now - reaped.duration;
    each.gone = now;
    ended_.push_back(std::move(each));
  }
}

std::vector<Harm> KillWatch::harms(BootTime now,
                                   std::span<const AppFacts> apps,
                                   std::span<const AppRestart> restarts) {
  HarmFindings found = look_for_harm(std::move(harm_),
                                     {.now = now,
                                      .apps = apps,
                                      .restarts = restarts,
                                      .begun = begun_,
                                      .ended = ended_});
  harm_ = std::move(found.memory);
  begun_.clear();
  for (Ended& each : std::exchange(ended_, {})) {
    gone_.push_back(std::move(each));
  }
  return std::move(found.harms);
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
