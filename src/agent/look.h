// One look at the host: the processes, what PM2 says of them, and what was
// known before, folded into one value. It replaces the one before when all of
// it succeeded, and not at all else.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "strayd/core/host_facts.h"
#include "strayd/core/judge.h"
#include "strayd/core/origins.h"
#include "strayd/core/policy.h"
#include "strayd/core/port.h"
#include "strayd/core/process.h"
#include "strayd/core/reactions.h"
#include "strayd/core/result.h"
#include "strayd/core/supervisor.h"
#include "strayd/core/verdict.h"

#include "app_watch.h"

namespace strayd {

struct Seen {
  Snapshot snapshot{};
  std::vector<Pm2View> pm2{};
  Memory memory{};
  std::vector<Verdict> verdicts{};
  // All of it was read anew, and twice, for these verdicts. Else it shows where
  // to look, and is no reason to signal anybody.
  bool whole = false;
  // Read where a judgement asked for them; nullopt: not known.
  std::optional<AppWatch::Sockets> sockets{};
  std::optional<HostFacts> facts{};
};

// What was seen, as the evidence on a snapshot that may be a newer one.
Evidence evidence(const Seen& seen, const Snapshot& snapshot);

// The host, as a look sees it.
struct LookPorts {
  // Brings a snapshot up to now with few reads; of these processes everything
  // is read. An error leaves an empty one.
  Port<Result<void>(Snapshot&, std::span<const ProcId>)> renew;
  // All of it, read now.
  Port<Result<Snapshot>()> read;
  // What each PM2 says of the processes of this snapshot.
  Port<std::vector<Pm2View>(const Snapshot&, const Memory&)> ask;
  // The sockets of all that a judgement may ask for. nullopt: can't be had.
  Port<std::optional<AppWatch::Sockets>(
      const Snapshot&, std::span<const Pm2View>, std::span<const Verdict>)>
      sockets;
  Port<Result<HostFacts>(const HostQuestions&)> facts;
  // Where these directories really are. nullopt: as it was when that was asked
  // last, which may be a moment ago; never where it must be `fresh`.
  Port<std::optional<std::map<std::string, std::string>>(
      std::span<const std::string>, bool fresh)>
      resolve;
};

class Look {
 public:
  // `memory`: what an earlier strayd knew.
  Look(LookPorts ports, Memory memory);

  // How processes ended and began. What a look that fails was told is told the
  // next one again.
  void hear(Life events, Life ends);
  void forget_events() { life_.events.clear(); }

  // Looks at what has changed. Where somebody would be signalled for what is
  // seen, all is looked at, twice, and judged from that alone.
  using WouldAct = Port<bool(const Seen&)>;
  Result<void> look(const Policy& policy, const WouldAct& would_act);

  // These are held from now on, because somebody keeps them.
  void keep(KeptKeys kept, const Policy& policy);

  const Seen& seen() const { return seen_; }
  // For what is found out of its processes without a judgement.
  Snapshot& snapshot() { return seen_.snapshot; }

 private:
  Result<Seen> at_changes(const Policy& policy);
  Result<Seen> at_everything(const Policy& policy);
  void fold(Seen& fresh, const Policy& policy) const;
  std::vector<Verdict> judged(Seen& seen, const Policy& policy) const;

  LookPorts ports_;
  Seen seen_{};
  Life life_{};  // since the last look that succeeded
};

}  // namespace strayd
