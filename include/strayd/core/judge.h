// The judgement: who owns what, and what nobody owns any more. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "strayd/core/host_facts.h"
#include "strayd/core/ledger.h"
#include "strayd/core/origins.h"
#include "strayd/core/policy.h"
#include "strayd/core/process.h"
#include "strayd/core/reactions.h"
#include "strayd/core/sockets.h"
#include "strayd/core/supervisor.h"
#include "strayd/core/verdict.h"

namespace strayd {

// What earlier scans saw and this one needs. Part of it survives a restart.
struct HomeMemory {
  std::optional<ProcId> daemon{};  // of the last whole answer
  // All that ever answered here and live. One that has lost its socket to
  // another keeps its apps.
  std::set<ProcId> answered{};
  std::uint64_t list = 0;  // fingerprint of the last list
  int same_list = 0;       // whole answers in a row with that list
  // Since when it does not answer, or is dead: a silence before is not a part
  // of the time that there is to bring it back.
  std::optional<BootTime> lost{};
  std::optional<Pm2Quiet> quiet{};  // in the last scan
  std::optional<uid_t> uid{};
  // Whose the daemons were that were here before the one that answers now, or
  // will next: they may have left something behind. nullopt: not known.
  std::set<std::optional<uid_t>> predecessors{};
  bool lists_nothing = false;  // in the last whole answer
  // The daemon that said on its bus that an operator ends it (`pm2 kill`).
  std::optional<ProcId> told_to_end{};
  // Nobody misses the daemon that was here last: it was told to end, or listed
  // nothing any more. For what is shown alone; no verdict hangs on it.
  bool ended = false;
  bool seen = false;       // a daemon was ever seen here
  bool long_dead = false;  // for longer than strays are held for it

  bool operator==(const HomeMemory&) const = default;
};

struct Memory {
  BootTime taken{};  // the snapshot that was folded in last
  std::map<std::string, HomeMemory> homes{};
  std::map<ProcId, Origin> origins{};  // of living processes
  // By launch and not by process: a leftover that starts children at every
  // moment would be held for the youngest of them for ever.
  std::map<LaunchKey, LaunchMemory> launches{};
  // What began before this may have had an origin that is not known any more.
  std::optional<BootTime> forgotten{};
  // Where the directories of the configuration really are, by how they are
  // written there. One that is not in it could not be found.
  std::map<std::string, std::string> directories{};
  // In which of them a process was ever seen, whatever they lead to now.
  std::map<ProcId, std::set<std::string>> places{};
  // What somebody starts again whenever it is ended.
  KeptKeys kept{};

  bool operator==(const Memory&) const = default;
};

// Everything that a judgement rests on. Borrowed.
struct Evidence {
  const Snapshot& snapshot;
  std::span<const Pm2View> pm2;
  const Memory& memory;
  // nullptr: not known. Without them nobody is known to serve, or not to.
  const SocketTable* sockets = nullptr;
  const Holdings* holdings = nullptr;
  // nullptr: not known. Without them nothing is a stray.
  const HostFacts* facts = nullptr;
};

// Folds one scan into the memory; call it before judge(). Launches from which
// no process lives and that are not listed are dropped, and so is a home that
// is dead for longer than the policy's `loss_hold` and whose directory is gone.
// Of one user's homes the last kMostHomesOfUser are kept: nobody can make
// strayd forget another one's.
Memory remember(const Memory& before,
                const Snapshot& snapshot,
                std::span<const Pm2View> pm2,
                const Policy& policy = {},
                const Life& life = {});

inline constexpr std::size_t kMostHomesOfUser = 256;

// The homes whose PM2 has ended, and is not missed.
std::set<std::string> ended_homes(const Memory& memory);

// The processes whose details (exe, cwd, cgroup, environment) a judgement
// needs: what a rule's pattern matches, its ancestors, its descendants and its
// siblings, whatever looks like a supervisor, and where anything is unowned the
// services of systemd. Ascending.
std::vector<ProcId> details_needed(const Snapshot& snapshot,
                                   const Policy& policy);

// One verdict for each candidate and for each member of an orphan tree,
// ascending by pid. `pending` is never given here: ripening needs the watchlist
// (plan.h).
std::vector<Verdict> judge(const Evidence& evidence, const Policy& policy);

// Orphans of one judgement that are not orphans of the same kind in the other
// become held. `second` is the newer one and is what is returned.
std::vector<Verdict> in_both(std::span<const Verdict> first,
                             std::vector<Verdict> second);

// Who wants a process to live, and why: protected, managed or held.
struct Claim {
  Standing standing = Standing::Held;
  Reason reason{};
  std::string app{};
  std::string home{};

  bool operator==(const Claim&) const = default;
};

// The strongest claim on each of these processes, candidates or not, in the
// same order. nullopt: nobody claims it; what is not in the snapshot is held.
// This is the last look before a signal. The snapshot is indexed once for all.
std::vector<std::optional<Claim>> claims_on(const Evidence& evidence,
                                            const Policy& policy,
                                            std::span<const ProcId> ids);

// sh -c: what it runs may be its own words, too.
bool is_shell_command(const Process& process);
// A process that only carries its child: sh -c, npm, npx, yarn, pnpm.
bool is_wrapper(const Process& process);
// A wrapper, or a runner that starts the server as its child: tsx, ts-node-dev,
// nodemon.
bool is_carrier(const Process& process);

}  // namespace strayd
