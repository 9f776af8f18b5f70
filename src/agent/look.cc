#include "look.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <set>
#include <utility>

#include "strayd/core/owners.h"
#include "strayd/core/places.h"

namespace strayd {
namespace {

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

// What may be an orphan, and all above it.
std::vector<ProcId> suspected(std::span<const Verdict> verdicts) {
  std::vector<ProcId> all;
  for (const Verdict& verdict : verdicts) {
    if (!verdict.kind) continue;
    all.push_back(verdict.id);
    all.insert(all.end(), verdict.chain.begin(), verdict.chain.end());
  }
  return all;
}

}  // namespace

Evidence evidence(const Seen& seen, const Snapshot& snapshot) {
  return {.snapshot = snapshot,
          .pm2 = seen.pm2,
          .memory = seen.memory,
          .sockets = seen.sockets ? &seen.sockets->table : nullptr,
          .holdings = seen.sockets ? &seen.sockets->holdings : nullptr,
          .facts = seen.facts ? &*seen.facts : nullptr};
}

Look::Look(LookPorts ports, Memory memory)
    : ports_(std::move(ports)), seen_{.memory = std::move(memory)} {}

void Look::hear(Life events, Life ends) {
  constexpr std::size_t kMostEvents = 1'000'000;
  if (life_.events.size() > kMostEvents) life_.events.clear();
  std::ranges::move(events.events, std::back_inserter(life_.events));
  life_.ends.merge(std::move(ends.ends));
  life_.wanted.merge(std::move(ends.wanted));
  life_.told_to_end.merge(std::move(ends.told_to_end));
}

Result<void> Look::look(const Policy& policy, const WouldAct& would_act) {
  Result<Seen> fresh = at_changes(policy);
  if (fresh && would_act(*fresh)) fresh = at_everything(policy);
  if (!fresh) return std::unexpected(fresh.error());
  seen_ = *std::move(fresh);
  life_ = {};
  return {};
}

// The processes, then what PM2 says of them; twice before anything is called an
// orphan. The snapshot is renewed where it is: that of a host with many
// processes is dear to copy, and a renewal that fails leaves none.
Result<Seen> Look::at_changes(const Policy& policy) {
  Seen fresh{.snapshot = std::exchange(seen_.snapshot, {})};
  Result<void> renewed =
      ports_.renew(fresh.snapshot, suspected(seen_.verdicts));
  if (!renewed) return std::unexpected(renewed.error());
  fold(fresh, policy);
  fresh.verdicts = judged(fresh, policy);
  if (std::ranges::none_of(fresh.verdicts, is_orphan, &Verdict::standing)) {
    return fresh;
  }
  renewed = ports_.renew(fresh.snapshot, suspected(fresh.verdicts));
  if (!renewed) return std::unexpected(renewed.error());
  fresh.verdicts = in_both(fresh.verdicts, judged(fresh, policy));
  return fresh;
}

// A renewed snapshot shows where to look. Whom to signal is judged anew, and
// twice, from nothing that was read before.
Result<Seen> Look::at_everything(const Policy& policy) {
  Result<Snapshot> first = ports_.read();
  if (!first) return std::unexpected(first.error());
  Seen fresh{.snapshot = *std::move(first), .whole = true};
  fold(fresh, policy);
  fresh.verdicts = judged(fresh, policy);
  Result<Snapshot> second = ports_.read();
  if (!second) return std::unexpected(second.error());
  fresh.snapshot = *std::move(second);
  fresh.verdicts = in_both(fresh.verdicts, judged(fresh, policy));
  return fresh;
}

// Asks PM2, and remembers: from what was known before this look.
void Look::fold(Seen& fresh, const Policy& policy) const {
  fresh.pm2 = ports_.ask(fresh.snapshot, seen_.memory);
  fresh.memory =
      remember(seen_.memory, fresh.snapshot, fresh.pm2, policy, life_);
  const std::vector<std::string> written = directories_in(policy);
  if (written.empty()) return;
  const auto resolved =
      ports_.resolve(written, fresh.whole).value_or(fresh.memory.directories);
  const Memory before{.places = std::move(fresh.memory.places)};
  remember_places(fresh.memory, before, fresh.snapshot, resolved);
}

// What is only asked of what may be an orphan is read once something is.
std::vector<Verdict> Look::judged(Seen& seen, const Policy& policy) const {
  seen.sockets.reset();
  seen.facts.reset();
  std::vector<Verdict> first = judge(evidence(seen, seen.snapshot), policy);
  const bool ask_sockets = std::ranges::any_of(first, rests_on_sockets);
  const bool ask_host = std::ranges::any_of(first, rests_on_host);
  if (!ask_sockets && !ask_host) return first;
  if (ask_sockets) {
    seen.sockets = ports_.sockets(seen.snapshot, seen.pm2, first);
  }
  const HostQuestions questions =
      host_questions(evidence(seen, seen.snapshot), policy, first);
  if (Result<HostFacts> read = ports_.facts(questions)) {
    seen.facts = *std::move(read);
  }
  return judge(evidence(seen, seen.snapshot), policy);
}

void Look::keep(KeptKeys kept, const Policy& policy) {
  if (kept == seen_.memory.kept) return;
  seen_.memory.kept = std::move(kept);
  seen_.verdicts = in_both(seen_.verdicts, judged(seen_, policy));
}

}  // namespace strayd
