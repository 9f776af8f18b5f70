// What strayd keeps on disk and does not act without (I8, I14): the audit
// ledger, the state with the breaker and the hour's kills, and the lock of the
// one strayd that reaps.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "strayd/core/harm.h"
#include "strayd/core/intent.h"
#include "strayd/core/judge.h"
#include "strayd/core/known_ports.h"
#include "strayd/core/report.h"
#include "strayd/core/result.h"
#include "strayd/report/audit.h"
#include "strayd/report/origins_file.h"
#include "strayd/report/state.h"
#include "strayd/sys/fd.h"
#include "strayd/sys/os.h"

namespace strayd {

// Used by one thread. A failure is logged once, and stays in lacks() until it
// is mended.
class Records {
 public:
  using Clock = std::function<std::chrono::nanoseconds()>;

  // `directory`: where the state and the origins are kept. Without an audit
  // ledger nothing durable can be promised. `clock` is for the pace of
  // keep_origins() alone.
  Records(std::string directory,
          std::optional<Audit> audit,
          State state,
          Clock clock = steady_time);

  // What lacks so that nothing may be ended: feature -> why.
  std::map<std::string, std::string> lacks() const;

  Result<void> intend(std::span<const Intent> intents);
  void outcome(const std::string& reap, const Reaped& reaped);
  void verdicts(const Report& report);
  void note(const std::string& event, const std::string& text);
  // A disk that was full, a lock that was held: what can be written again arms
  // again.
  void recover();

  const State& state() const { return state_; }
  const Breaker& breaker() const { return state_.breaker; }
  // Not durable before the next keep() or spend().
  void trip(const std::string& why);
  // What another strayd of the directory has written meanwhile: a breaker that
  // a `scan --reap` opened is open for the agent, too.
  void catch_up();
  // Durably. An error: it stays open.
  Result<void> close_breaker(const std::string& by);

  // Whether this strayd may begin a reap; another one on this host may be at
  // it: an agent and a `scan --reap` beside it would else signal one tree twice
  // within its grace.
  bool begin_reaping();
  void end_reaping() { reap_lock_ = {}; }

  // Takes one kill out of the hour's budget, on disk, before anything is
  // signalled: a crash must not give it back, and another strayd must see it.
  // So must the grace of whom the order is about. false: it may not be spent.
  bool spend(std::size_t allowed, const TreeOrder& order);
  // Who may take its time, whichever strayd has signalled it.
  std::set<ProcId> in_grace() const;
  // Nobody of that order was signalled, for which a kill was spent last.
  void give_back(const TreeOrder& order);
  std::size_t kills_last_hour() const;

  // The kills that are watched: on disk with the next spend() or keep().
  void keep(const HarmRecord& harm);
  // The same of the apps' ports.
  void keep(KnownPorts ports, AskedPorts asked);
  // What a scan found out, on disk if it is news.
  void keep(const Report& report);
  void keep(const Memory& memory, const std::string& boot_id);
  // Where processes came from, if it is news: at most once in kOriginsPause,
  // or `now`, for a clean end. For the agent alone: what a `scan --reap` beside
  // it knows is older. A failure disarms nothing, but the file is removed: one
  // that is out of date would be believed by the next strayd, and one that
  // lacks is noticed.
  void keep_origins(const Memory& memory, const std::string& boot_id, bool now);
  static constexpr std::chrono::seconds kOriginsPause{5};

 private:
  struct Untold {
    std::string reap{};
    Reaped reaped{};
  };

  Result<void> tell_untold();
  void say_opened() const;
  Result<void> share(std::optional<UnspentKill> unspent = std::nullopt);
  Result<void> write_origins(const StoredOrigins& stored);
  static void note_failure(std::optional<std::string>& kept,
                           const Error& error);

  std::string directory_;
  std::optional<Audit> audit_{};
  State state_{};
  State saved_{};
  Clock clock_;
  std::optional<StoredOrigins> origins_{};  // as they are on disk
  std::optional<std::chrono::nanoseconds> origins_written_{};
  bool origins_failed_ = false;
  std::optional<StateStamp> read_{};  // by catch_up(), last
  UniqueFd reap_lock_{};
  std::vector<Untold> untold_{};    // outcomes that could not be written
  std::int64_t spent_unix_ms_ = 0;  // the newest kill that was budgeted
  std::optional<std::string> audit_failure_{};
  std::optional<std::string> state_failure_{};
};

}  // namespace strayd
