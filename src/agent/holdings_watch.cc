#include "holdings_watch.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace strayd {
namespace {

bool is_wanted(const HoldersWanted& wanted, const ProcId& id) {
  return std::ranges::binary_search(wanted.always, id) ||
         std::ranges::binary_search(wanted.settled, id);
}

}  // namespace

void HoldingsWatch::turn_every(int looks) {
  turns_ = static_cast<std::size_t>(std::max(looks, 1));
}

// Not a share of them: one alone would be read in each look, however many
// descriptors it has.
bool HoldingsWatch::has_turn(const ProcId& id) const {
  return (static_cast<std::size_t>(id.pid) + looks_) % turns_ == 0;
}

void HoldingsWatch::forget() {
  known_.clear();
  noted_.clear();
}

std::vector<ProcId> HoldingsWatch::due(const HoldersWanted& wanted,
                                       std::span<const SocketInode> noted) {
  std::vector<ProcId> due = wanted.always;
  if (!std::ranges::includes(noted_, noted)) {
    due.insert(due.end(), wanted.settled.begin(), wanted.settled.end());
    return due;
  }
  for (const ProcId& id : wanted.settled) {
    const auto known = known_.find(id);
    const bool holds = known != known_.end() && known->second.has_value();
    if (!holds || has_turn(id)) due.push_back(id);
  }
  return due;
}

Result<void> HoldingsWatch::look(const HoldersWanted& wanted,
                                 std::vector<SocketInode> noted) {
  ++looks_;
  const std::vector<ProcId> read_now = due(wanted, noted);
  Result<Holdings> read = read_(read_now);
  if (!read) {
    forget();
    return std::unexpected(read.error());
  }
  // One that is gone is not among the answers.
  for (const ProcId& id : read_now) known_.erase(id);
  known_.merge(*read);
  std::erase_if(known_, [&](const auto& entry) {
    return !is_wanted(wanted, entry.first);
  });
  noted_ = std::move(noted);
  return {};
}

}  // namespace strayd
