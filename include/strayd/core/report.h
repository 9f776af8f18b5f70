// What one scan found and did. Immutable once published. Metrics, status page,
// CLI output and audit lines are made from reports and from nothing else, so
// they cannot disagree.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "strayd/core/app_report.h"
#include "strayd/core/backends.h"
#include "strayd/core/harm.h"
#include "strayd/core/kill.h"
#include "strayd/core/ledger.h"
#include "strayd/core/meaning.h"
#include "strayd/core/plan.h"
#include "strayd/core/policy.h"
#include "strayd/core/process.h"
#include "strayd/core/restarts.h"
#include "strayd/core/result.h"
#include "strayd/core/returned.h"
#include "strayd/core/supervisor.h"
#include "strayd/core/unseen.h"
#include "strayd/core/verdict.h"

namespace strayd {

// What became of one process of an ordered tree.
enum class Outcome {
  Terminated,  // its exit was seen after SIGTERM
  Killed,      // its exit was seen after SIGKILL
  Gone,        // it had exited before we signalled it
  Refused,     // the last look found a claim, a veto or another program
  Failed       // the signal failed, or it outlived SIGKILL
};
std::string_view to_string(Outcome outcome);

// Why a Refused or a Failed one was so. Fixed words, for the label `reason`.
enum class FailureWhy {
  None,
  Changed,       // identity, program, user or arguments are not what they were
  Claimed,       // somebody owns it, or a descendant, after all
  IntentFailed,  // the audit ledger could not be written
  Denied,        // EPERM
  Survived,      // alive after SIGKILL (state D)
  GaveUp,        // its tree could not be frozen
  Interrupted,   // strayd was told to stop
  Withdrawn,     // it may not be ended any more: the mode, a rule, the breaker
  Error
};
inline constexpr std::array kFailureWhys{FailureWhy::Changed,
                                         FailureWhy::Claimed,
                                         FailureWhy::IntentFailed,
                                         FailureWhy::Denied,
                                         FailureWhy::Survived,
                                         FailureWhy::GaveUp,
                                         FailureWhy::Interrupted,
                                         FailureWhy::Withdrawn,
                                         FailureWhy::Error};
std::string_view to_string(FailureWhy why);

struct Reaped {
  ProcId id{};
  ProcId tree{};
  std::string rule{};
  std::string app{};
  std::string home{};
  Standing kind = Standing::Stray;
  Outcome outcome = Outcome::Failed;
  FailureWhy failure = FailureWhy::None;
  std::string detail{};                 // one line for a person
  std::chrono::nanoseconds duration{};  // from the first signal to the exit
};

// How a candidate is shown: never its arguments, only program and script.
struct Shown {
  std::string program{};  // base name of the executable, else comm
  std::string script{};   // base name of the script argument; empty: none
  std::optional<uid_t> uid{};
  std::chrono::nanoseconds age{};
};

// A cumulative histogram in Prometheus' sense, in seconds.
struct Histogram {
  std::vector<double> bounds{};  // upper, ascending, without +Inf
  std::vector<std::uint64_t>
      counts{};  // per bucket, not cumulated; +1 for +Inf
  double sum = 0;

  static Histogram with(std::vector<double> bounds);
  void observe(double value);
  std::uint64_t count() const;
};

// Counters since strayd started. Keys are fixed words and configured names.
struct Totals {
  std::uint64_t scans = 0;
  // When the newest scan that judged finished; nullopt: none did yet.
  std::optional<std::int64_t> last_good_unix_ms{};
  std::map<std::string, std::uint64_t> scan_errors{};  // by reason
  using RuleKind = std::pair<std::string, Standing>;
  std::map<RuleKind, std::uint64_t> detected{};  // once for each process
  std::map<std::tuple<std::string, Standing, Outcome>, std::uint64_t>
      killed{};  // Terminated, Killed
  std::map<std::pair<std::string, FailureWhy>, std::uint64_t> failures{};
  std::map<std::pair<std::string, Withheld>, std::uint64_t> withheld{};
  std::map<std::string, std::uint64_t> returned{};  // trees, by rule
  std::uint64_t harmful = 0;  // kills, once for each app that they harmed
  // Likewise, of apps that nothing tied to them.
  std::uint64_t followed = 0;
  Histogram scan_duration{};
  Histogram reap_duration{};
  Histogram orphan_age{};
};

struct ReloadState {
  bool successful = true;
  std::int64_t success_unix_ms = 0;
};

struct Report {
  std::uint64_t scan = 0;
  std::int64_t finished_unix_ms = 0;
  std::chrono::nanoseconds duration{};
  BootTime taken{};
  Mode mode = Mode::Observe;
  bool acting = false;             // enforcing, armed, breaker closed
  std::optional<Error> failure{};  // set: the scan stopped before judging
  std::size_t processes = 0;
  std::size_t vanished = 0;
  std::size_t unreadable = 0;
  // Of what a rule may mean. Not empty: to have found nothing is no all-clear.
  std::vector<Unseen> unseen{};
  std::vector<Pm2View> pm2{};
  std::vector<Verdict> verdicts{};
  // Beside an agent, of those for whom its verdict is the one above: what this
  // look alone has said (core/opinion.h).
  std::map<ProcId, Verdict> alone{};
  std::map<ProcId, Shown> shown{};  // for every process in verdicts and chains
  std::vector<WithheldTree> withheld{};
  std::vector<Reaped> reaped{};  // known since the report before
  std::size_t reaping = 0;       // processes signalled, exit not yet seen
  Breaker breaker{};
  std::map<std::string, std::string> blind{};    // feature -> why it lacks
  std::map<std::string, bool> features{};        // every feature -> available
  std::map<std::string, std::string> remarks{};  // feature -> why it is missing
  std::vector<AppReport> apps{};
  BackendLedger backends{};
  std::vector<PortConflict> conflicts{};
  // Connections of orphans that belong to none of the apps; nullopt: unknown.
  std::optional<std::vector<RemoteShare>> strays{};
  // When the agent wrote the records that restarts, ends and ports are told
  // from, together with what was seen since; nullopt: they are of this strayd.
  std::optional<std::int64_t> records_unix_ms{};
  RestartLedger ledger{};
  std::vector<Restart> restarts{};  // that this scan counted
  // Of this run of strayd.
  Ends ends{};
  Senders senders{};
  std::uint64_t lost_signals = 0;    // of which nobody knows the sender
  std::vector<std::string> rules{};  // names, for zero-initialised series
  // Those that mean no process, as it was a minute ago at most.
  std::vector<IdleRule> idle_rules{};
  std::map<std::string, std::size_t> zombies{};  // by rule
  std::vector<ProcId> newly_detected{};   // orphans first seen in this scan
  std::map<ProcId, Returned> returned{};  // by the tree's root
  std::vector<Harm> harms{};  // the newest kMostHarms since strayd started
  std::size_t new_harms = 0;  // how many of them this scan found: the last
  std::size_t new_coincidences = 0;
  ReloadState reload{};
  Totals totals{};
};

inline constexpr std::size_t kMostHarms = 20;

// Those whose exit was seen after a signal of ours.
std::vector<Ended> ended(std::span<const Reaped> reaped);

// Orphan trees that are held because somebody keeps them, by rule.
std::map<std::string, std::size_t> kept_trees(
    std::span<const Verdict> verdicts);

// The counters after this report. Pure; the only place where they rise.
Totals account(Totals before, const Report& report);

// Program and script of a process, without any argument.
Shown show(const Process& process, BootTime now);

// Homes that are silent or dead, candidates that are held, or something that a
// rule may mean and that was not seen.
bool evidence_missing(const Report& report);

}  // namespace strayd
