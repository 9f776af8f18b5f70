// What strayd sees of PM2's apps beyond the lists: what PM2 says on its event
// buses, which sockets and how much memory their processes have, how they end.
// The effects of that sight are here; what it means is for the core to say.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "strayd/agent/exit_watch.h"
#include "strayd/config/config.h"
#include "strayd/core/apps.h"
#include "strayd/core/judge.h"
#include "strayd/core/known_ports.h"
#include "strayd/core/origins.h"
#include "strayd/core/process.h"
#include "strayd/core/restarts.h"
#include "strayd/core/supervisor.h"
#include "strayd/core/verdict.h"
#include "strayd/net/resolver.h"
#include "strayd/net/sockets.h"
#include "strayd/pm2/bus.h"
#include "strayd/proc/features.h"
#include "strayd/proc/procfs.h"
#include "strayd/report/state.h"

#include "holdings_watch.h"
#include "sender_watch.h"

namespace strayd {

class AppWatch {
 public:
  // Borrows the process table. `listen`: subscribe to the event buses, and hold
  // the apps' processes to learn how they end. Without it, restarts are counted
  // and their causes are not known.
  AppWatch(Procfs& procfs, const Config& config, bool listen);

  void reconfigure(const Config& config);
  // What was known before this start: the backends, if they are of this boot,
  // the ports of the apps and those that they asked for, how they ended, and by
  // whose signals.
  void restore(const State& state);
  // These were sent a signal by strayd.
  void note_signalled(const ProcId& id);

  // A scan begins: how those ended that account() has held, and what PM2 was
  // heard to end.
  Life witness(BootTime now);

  // The sockets of all that a judgement may ask for, read now: of the apps, of
  // what these verdicts are about, and of all that is below and carries it.
  struct Sockets {
    SocketTable table{};
    Holdings holdings{};
  };
  // nullopt: they can't be had.
  std::optional<Sockets> sockets(const Snapshot& snapshot,
                                 std::span<const Pm2View> pm2,
                                 const Policy& policy,
                                 std::span<const Verdict> verdicts);

  // One scan: the apps as they are now. The snapshot gains what is known of
  // shares of memory.
  const AppsPicture& look(Snapshot& snapshot,
                          std::span<const Pm2View> pm2,
                          const Policy& policy,
                          std::span<const Verdict> verdicts);

  // Then: the restarts since the scan before, counted and explained. The ends
  // of the parents of what comes from apps are watched for from now on.
  const Accounts& account(RestartLedger ledger,
                          const Snapshot& snapshot,
                          std::span<const Pm2View> pm2,
                          const Memory& memory);

  const Accounts& accounts() const { return accounts_; }
  // Signals to apps that nobody can tell the sender of.
  std::uint64_t lost_signals() const { return senders_.lost(); }
  const AppsPicture& picture() const { return picture_; }
  // The living processes of the apps' trees in the last look. Ascending.
  const std::vector<ProcId>& members() const { return members_; }

  // Readable while PM2 has said something; -1: nobody is listening.
  int bus_fd() const { return bus_ ? bus_->fd() : -1; }

  // Whether every event bus is followed ("pm2_events") and every host of the
  // remotes has an address ("name_resolution"), where that is wanted; and why
  // the kernel does not tell who sends a signal ("signal_senders").
  std::vector<Feature> features() const;

 private:
  void hear_bus();
  void read_sockets(const AppsEvidence& evidence, SocketsWanted wanted);
  void read_shares(Snapshot& snapshot);
  Clues clues(const Snapshot& snapshot, std::span<const Pm2View> pm2);
  void start_bus(const Config& config);

  Procfs& procfs_;
  bool listen_ = false;
  std::optional<Pm2Bus> bus_{};
  SocketReader sockets_{};
  Resolver resolver_;
  bool has_remotes_ = false;
  ExitWatch exits_;
  SenderWatch senders_{};

  HoldingsWatch holdings_;

  // Of this scan: what the buses said, and those that were heard to the end.
  Pm2Batch heard_{};
  std::set<std::string> followed_{};
  // Homes whose daemon said since the last scan that an operator ends it.
  std::set<std::string> told_to_end_{};
  // Of this scan; nullopt: it, or who holds its sockets, could not be read.
  std::optional<SocketTable> table_{};

  // From scan to scan.
  AppsPicture picture_{};
  Accounts accounts_{};
  std::set<HeldPort> conflicts_before_{};
  std::vector<Death> deaths_{};     // since they were accounted for
  std::deque<ProcId> signalled_{};  // the newest last
  std::vector<ProcId> members_{};
  std::map<ProcId, std::uint64_t> shares_{};
  ProcId last_share_{};  // where the rotation stands
};

}  // namespace strayd
