#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "strayd/report/state.h"

#include "file_lock.h"

namespace strayd {

State shared(State ours, const State& theirs, const KillsKept& kept) {
  std::vector<std::int64_t> kills;
  std::ranges::sort(ours.kills_unix_ms);
  std::vector<std::int64_t> others = theirs.kills_unix_ms;
  std::ranges::sort(others);
  // As often as the one who has it most often: two in one millisecond are two.
  std::ranges::set_union(ours.kills_unix_ms, others, std::back_inserter(kills));
  std::erase_if(kills,
                [&](std::int64_t at) { return at <= kept.later_than_unix_ms; });
  if (kept.unspent) {
    const auto found = std::ranges::find(kills, kept.unspent->at_unix_ms);
    if (found != kills.end()) kills.erase(found);
  }
  ours.kills_unix_ms = std::move(kills);
  if (theirs.boot_id == ours.boot_id) {
    for (const auto& [id, until] : theirs.in_grace) {
      std::int64_t& known = ours.in_grace[id];
      known = std::max(known, until);
    }
    if (kept.unspent) {
      for (const ProcId& id : kept.unspent->members) ours.in_grace.erase(id);
    }
    if (ours.origins_boot_id.empty()) {
      ours.origins_boot_id = theirs.origins_boot_id;
    }
  }
  if (theirs.breaker.since_unix_ms > ours.breaker.since_unix_ms) {
    ours.breaker = theirs.breaker;
  }
  return ours;
}

Result<void> share_state(const std::string& directory,
                         State& state,
                         const KillsKept& kept) {
  constexpr std::chrono::seconds kPatience{5};
  FileLock lock(directory + "/state.lock", kPatience);
  const Result<FileLock::Held> held = lock.lock();
  if (!held) return std::unexpected(held.error());
  Result<LoadedState> theirs = load_state(directory);
  if (!theirs) return std::unexpected(std::move(theirs).error());
  State both = shared(state, theirs->state, kept);
  if (Result<void> saved = save_state(directory, both); !saved) return saved;
  state = std::move(both);
  return {};
}

}  // namespace strayd
