#include "strayd/core/reactions.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "strayd/core/forest.h"
#include "strayd/core/returned.h"

#include "hash.h"
#include "orphan_trees.h"
#include "program.h"

namespace strayd {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What one reaction starts, it starts in one go.
constexpr seconds kTogether{5};

// cron(8) wakes up once in a minute, at its beginning.
bool is_as_cron_starts(const Snapshot& snapshot, BootTime began) {
  constexpr milliseconds kMinute{60'000};
  constexpr milliseconds kSoon{3'000};
  const milliseconds wall =
      milliseconds(snapshot.boot_epoch_ms) +
      std::chrono::duration_cast<milliseconds>(began + 2 * kTick);
  return wall % kMinute < kSoon;
}

bool follows(const NotedKill& kill, BootTime began) {
  return began + kTick >= kill.signalled &&
         began <= kill.gone + kReactionWindow;
}

// A kill that was answered is no reason for another start.
bool accounts_for(const NotedKill& kill, BootTime began) {
  return follows(kill, began) &&
         (!kill.answer || began < *kill.answer + kTogether);
}

class ReactionLook {
 public:
  ReactionLook(ReactionMemory before, KeptKeys kept, const ReactionScan& scan)
      : memory_(std::move(before)), kept_(std::move(kept)), scan_(scan) {}

  ReactionFindings found() {
    const Forest forest(scan_.snapshot);
    note_managed();
    note_kills();
    note_orphans(orphan_trees(forest, scan_.verdicts));
    for (auto& [key, account] : memory_.accounts) {
      wait_for(account);
      for (auto& [root, kill] : account.kills) answer(key, account, kill);
    }
    for (const auto& [key, began] : fresh_starts()) {
      start_of_its_own(key, began);
    }
    close_accounts();
    forget();
    memory_.taken = now();
    return {.memory = std::move(memory_), .kept = std::move(kept_)};
  }

 private:
  BootTime now() const { return scan_.snapshot.taken; }

  bool is_here(const SeenOrphan& orphan) const { return orphan.seen == now(); }

  void note_managed() {
    std::set<ProcId> here;
    for (const Verdict& verdict : scan_.verdicts) {
      if (verdict.standing == Standing::Managed ||
          memory_.managed.contains(verdict.id)) {
        here.insert(verdict.id);
      }
    }
    memory_.managed = std::move(here);
  }

  // The end of any member is that of its tree, as in look_for_returns().
  void note_kills() {
    for (const Ended& each : scan_.ended) {
      for (const auto& [id, orphan] : memory_.orphans) {
        if (id != each.id && orphan.tree != each.kill.tree) continue;
        if (!orphan.key) continue;
        auto& kills = memory_.accounts[*orphan.key].kills;
        const auto [at, is_new] = kills.try_emplace(
            each.kill.tree,
            NotedKill{.signalled = each.signalled, .gone = each.gone});
        NotedKill& kill = at->second;
        kill.candidates.insert(id);
        if (is_new || kill.over) continue;
        kill.signalled = std::min(kill.signalled, each.signalled);
        kill.gone = std::max(kill.gone, each.gone);
      }
    }
  }

  // What somebody owned once is not started by who keeps orphans: PM2 launches
  // its app on the port that a leftover of it has left.
  void note_orphans(const std::map<ProcId, OrphanTree>& trees) {
    for (const auto& [root, tree] : trees) {
      bool is_new = true;
      for (const auto& candidate : tree.candidates) {
        const ProcId& id = candidate.process->id;
        const bool was_managed = memory_.managed.contains(id);
        const auto [at, is_first] = memory_.orphans.try_emplace(
            id, SeenOrphan{.began = tree.started, .may_answer = !was_managed});
        at->second.key = reaction_key_of(*candidate.process);
        at->second.tree = root;
        at->second.seen = now();
        is_new = is_new && is_first && !was_managed;
      }
      if (is_new) fresh_.insert(root);
    }
  }

  // One that takes its time is not ended before all of it is.
  void wait_for(ReactionAccount& account) const {
    for (auto& [root, kill] : account.kills) {
      const bool is_under_way = std::ranges::any_of(
          kill.candidates,
          [&](const ProcId& id) { return scan_.reaping.contains(id); });
      if (!kill.over && is_under_way) kill.gone = std::max(kill.gone, now());
    }
  }

  // The earliest that may be one, with all of its tree.
  std::vector<SeenOrphan*> reaction_to(const ReactionKey& key,
                                       const NotedKill& kill) {
    std::vector<SeenOrphan*> first;
    for (auto& [id, orphan] : memory_.orphans) {
      if (!is_here(orphan) || orphan.key != key || !orphan.may_answer ||
          kill.candidates.contains(id) || !follows(kill, orphan.began) ||
          is_as_cron_starts(scan_.snapshot, orphan.began)) {
        continue;
      }
      if (!first.empty() && orphan.tree != first.front()->tree) {
        if (orphan.began >= first.front()->began) continue;
        first.clear();
      }
      first.push_back(&orphan);
    }
    return first;
  }

  void answer(const ReactionKey& key,
              ReactionAccount& account,
              NotedKill& kill) {
    if (kill.over) return;
    const std::vector<SeenOrphan*> reaction = reaction_to(key, kill);
    if (reaction.empty()) return;
    for (SeenOrphan* orphan : reaction) orphan->may_answer = false;
    kill.over = true;
    kill.answer = reaction.front()->began;
    account.within = std::max(
        {account.within, *kill.answer - kill.gone, std::chrono::nanoseconds{}});
    if (++account.in_a_row < kReactionsOfAKeeper) return;
    if (kept_.size() < kMostKeptKeys) {
      kept_[key] = {.until = kill.gone + kKeptFor, .within = account.within};
    }
    begin_anew(account);
  }

  static void begin_anew(ReactionAccount& account) {
    account.in_a_row = 0;
    account.within = {};
  }

  // Of the trees that were never seen before and have answered nothing.
  std::set<std::pair<ReactionKey, BootTime>> fresh_starts() const {
    std::set<std::pair<ReactionKey, BootTime>> starts;
    for (const auto& [id, orphan] : memory_.orphans) {
      if (orphan.key && orphan.may_answer && fresh_.contains(orphan.tree)) {
        starts.emplace(*orphan.key, orphan.began);
      }
    }
    return starts;
  }

  // What was there before the last scan, or in the first one, did not start
  // now.
  void start_of_its_own(const ReactionKey& key, BootTime began) {
    if (!memory_.taken || began + kTick < *memory_.taken) return;
    if (is_as_cron_starts(scan_.snapshot, began) || is_being_ended(key)) return;
    const auto account = memory_.accounts.find(key);
    if (account != memory_.accounts.end()) {
      for (const auto& [root, kill] : account->second.kills) {
        if (accounts_for(kill, began)) return;
      }
      begin_anew(account->second);
    }
    if (runs_since_before(key, began)) kept_.erase(key);
  }

  // Whether what starts now answers that is known when it is gone.
  bool is_being_ended(const ReactionKey& key) const {
    return std::ranges::any_of(memory_.orphans, [&](const auto& entry) {
      return is_here(entry.second) && entry.second.key == key &&
             scan_.reaping.contains(entry.first);
    });
  }

  bool runs_since_before(const ReactionKey& key, BootTime began) const {
    return std::ranges::any_of(memory_.orphans, [&](const auto& entry) {
      return is_here(entry.second) && entry.second.key == key &&
             entry.second.began < began;
    });
  }

  void close_accounts() {
    for (auto& [key, account] : memory_.accounts) {
      for (auto& [root, kill] : account.kills) {
        if (kill.over || now() <= kill.gone + kReactionWindow) continue;
        kill.over = true;
        begin_anew(account);
      }
    }
  }

  void forget() {
    std::set<ReactionKey> there;
    std::erase_if(memory_.orphans, [&](const auto& entry) {
      return now() - entry.second.seen > kReturnWindow;
    });
    for (const auto& [id, orphan] : memory_.orphans) {
      if (orphan.key) there.insert(*orphan.key);
    }
    for (auto& [key, account] : memory_.accounts) {
      std::erase_if(account.kills, [&](const auto& kill) {
        return now() - kill.second.gone > kReturnWindow;
      });
    }
    std::erase_if(memory_.accounts, [&](const auto& entry) {
      return entry.second.kills.empty() && !there.contains(entry.first);
    });
  }

  ReactionMemory memory_;
  KeptKeys kept_;
  const ReactionScan& scan_;
  std::set<ProcId> fresh_{};  // trees that were never seen before
};

}  // namespace

std::optional<ReactionKey> reaction_key_of(const Process& process) {
  if (!process.uid || !process.exe || !process.argv || !process.cwd) {
    return std::nullopt;
  }
  Hash hash;
  hash.add(*process.exe);
  hash.add(script_name(process));
  hash.add(*process.cwd);
  return ReactionKey{.uid = *process.uid, .print = hash.value()};
}

ReactionFindings look_for_reactions(ReactionMemory before,
                                    KeptKeys kept,
                                    const ReactionScan& scan) {
  return ReactionLook(std::move(before), std::move(kept), scan).found();
}

}  // namespace strayd
