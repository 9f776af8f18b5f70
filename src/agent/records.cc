#include "records.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include <spdlog/spdlog.h>

#include "strayd/report/render.h"
#include "strayd/sys/os.h"

#include "remembered.h"

namespace strayd {
namespace {

constexpr std::int64_t kHourMs = std::int64_t{3600} * 1000;

std::int64_t in_ms(std::chrono::nanoseconds time) {
  return std::chrono::ceil<std::chrono::milliseconds>(time).count();
}

std::int64_t hour_ago() {
  return unix_ms() - kHourMs;
}

}  // namespace

Records::Records(std::string directory,
                 std::optional<Audit> audit,
                 State state,
                 Clock clock)
    : directory_(std::move(directory)),
      audit_(std::move(audit)),
      state_(std::move(state)),
      clock_(std::move(clock)) {}

std::map<std::string, std::string> Records::lacks() const {
  std::map<std::string, std::string> lacks;
  if (!audit_) {
    lacks["audit_ledger"] = "it could not be opened";
  } else if (audit_failure_) {
    lacks["audit_ledger"] = *audit_failure_;
  }
  if (state_failure_) lacks["state_file"] = *state_failure_;
  return lacks;
}

void Records::note_failure(std::optional<std::string>& kept,
                           const Error& error) {
  if (kept != error.what) {
    spdlog::error("{}; nothing is ended until it can be written",
                  one_line(error.what));
  }
  kept = error.what;
}

// --- the audit ledger

Result<void> Records::intend(std::span<const Intent> intents) {
  if (!audit_) return fail(Fault::Io, "there is no audit ledger");
  Result<void> written = audit_->intend(intents);
  if (written) {
    audit_failure_.reset();
  } else {
    note_failure(audit_failure_, written.error());
  }
  return written;
}

void Records::outcome(const std::string& reap, const Reaped& reaped) {
  if (!audit_) return;
  if (const auto written = audit_->outcome(reap, reaped); !written) {
    note_failure(audit_failure_, written.error());
    untold_.push_back({.reap = reap, .reaped = reaped});
  }
}

// A line whose sync failed may be in the ledger all the same; then the ledger
// awaits none.
Result<void> Records::tell_untold() {
  if (untold_.empty()) return {};
  const Result<std::vector<Unresolved>> open = audit_->unresolved();
  if (!open) return std::unexpected(open.error());
  const auto is_awaited = [&](const Untold& one) {
    return std::ranges::any_of(*open, [&](const Unresolved& promise) {
      return promise.reap == one.reap && promise.id == one.reaped.id;
    });
  };
  while (!untold_.empty()) {
    const Untold& one = untold_.front();
    if (is_awaited(one)) {
      if (auto told = audit_->outcome(one.reap, one.reaped); !told) return told;
    }
    untold_.erase(untold_.begin());
  }
  return {};
}

void Records::verdicts(const Report& report) {
  if (!audit_) return;
  if (const auto written = audit_->verdicts(report); !written) {
    note_failure(audit_failure_, written.error());
  }
}

void Records::note(const std::string& event, const std::string& text) {
  if (audit_) static_cast<void>(audit_->note(event, text));
}

void Records::recover() {
  if (!audit_failure_ || !audit_) return;
  if (const auto told = tell_untold(); !told) {
    note_failure(audit_failure_, told.error());
    return;
  }
  const auto written = audit_->note(
      "audit_restored", "it could not be written: " + *audit_failure_);
  if (written) audit_failure_.reset();
}

// --- the breaker and the hour's kills

void Records::trip(const std::string& why) {
  state_.breaker = opened(state_.breaker, why, unix_ms());
  spdlog::error("breaker open, nothing is ended any more: {}", one_line(why));
  note("breaker_open", why);
}

Result<void> Records::close_breaker(const std::string& by) {
  catch_up();
  if (!state_.breaker.open) return {};
  const Breaker was =
      std::exchange(state_.breaker, closed(state_.breaker, unix_ms()));
  if (const auto written = share(); !written) {
    state_.breaker = was;
    return fail(Fault::Io, "it stays open: " + written.error().what);
  }
  if (state_.breaker.open) {
    return fail(Fault::Io, "it was opened anew meanwhile");
  }
  const std::string what = "closed by " + by + "; " + breaker_text(was);
  spdlog::warn("breaker {}", what);
  note("breaker_close", what);
  return {};
}

bool Records::begin_reaping() {
  if (reap_lock_) return true;
  const std::string path = directory_ + "/reap.lock";
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) {
    note_failure(state_failure_, errno_error("open " + path, errno));
    return false;
  }
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    spdlog::warn("another strayd is reaping; leaving it to that one, ignoring");
    return false;
  }
  reap_lock_ = std::move(fd);
  return true;
}

std::size_t Records::kills_last_hour() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      state_.kills_unix_ms,
      [since = hour_ago()](std::int64_t at) { return at > since; }));
}

bool Records::spend(std::size_t allowed, const TreeOrder& order) {
  state_.kills_unix_ms.push_back(spent_unix_ms_ = unix_ms());
  const std::int64_t until = in_ms(boot_time() + order.grace);
  for (const ProcId& id : order.members) state_.in_grace[id] = until;
  if (!share() || state_.breaker.open) return false;
  if (kills_last_hour() <= allowed) return true;
  trip("with what another strayd ended, more than " + std::to_string(allowed) +
       " orphan trees within an hour");
  return false;
}

std::set<ProcId> Records::in_grace() const {
  std::set<ProcId> living;
  for (const auto& [id, until] : state_.in_grace) {
    if (until > in_ms(boot_time())) living.insert(id);
  }
  return living;
}

void Records::give_back(const TreeOrder& order) {
  static_cast<void>(share(
      UnspentKill{.at_unix_ms = spent_unix_ms_, .members = order.members}));
}

// --- the state

// Writes our state with what other strayds wrote since.
Result<void> Records::share(std::optional<UnspentKill> unspent) {
  const bool was_open = state_.breaker.open;
  Result<void> written = share_state(
      directory_,
      state_,
      {.later_than_unix_ms = hour_ago(), .unspent = std::move(unspent)});
  if (written) {
    saved_ = state_;
    state_failure_.reset();
  } else {
    note_failure(state_failure_, written.error());
  }
  if (!was_open) say_opened();
  return written;
}

void Records::catch_up() {
  const std::optional<StateStamp> stamp = state_stamp(directory_);
  if (stamp == read_) return;
  const bool was_open = state_.breaker.open;
  // A state that can't be read is the business of share(), which sets it aside.
  const Result<State> theirs = peek_state(directory_);
  if (!theirs) return;
  read_ = stamp;  // a read that failed is no answer: the next scan asks again
  state_ =
      shared(std::move(state_), *theirs, {.later_than_unix_ms = hour_ago()});
  if (!was_open) say_opened();
}

void Records::say_opened() const {
  if (!state_.breaker.open) return;
  spdlog::error("the breaker was opened beside this strayd: {}",
                one_line(state_.breaker.why));
}

void Records::keep(const HarmRecord& harm) {
  if (state_.harm != harm) state_.harm = harm;
}

void Records::keep(KnownPorts ports, AskedPorts asked) {
  state_.ports = std::move(ports);
  state_.asked = std::move(asked);
}

void Records::keep(const Report& report) {
  state_.ledger = report.ledger;
  state_.ends = report.ends;
  state_.senders = report.senders;
  state_.backends = report.backends;
}

void Records::keep(const Memory& memory, const std::string& boot_id) {
  std::erase_if(state_.kills_unix_ms,
                [since = hour_ago()](std::int64_t at) { return at <= since; });
  std::erase_if(state_.in_grace, [now = in_ms(boot_time())](const auto& one) {
    return one.second <= now;
  });
  state_.homes_seen.clear();
  for (const auto& [home, seen] : memory.homes) {
    if (seen.seen) state_.homes_seen[home] = seen.uid;
  }
  state_.homes_ended = ended_homes(memory);
  state_.kept = memory.kept;
  if (!boot_id.empty()) state_.boot_id = boot_id;
  if (state_ == saved_ && !state_failure_) return;
  static_cast<void>(share());
}

// --- where processes came from

// That there is such a file is on disk before there is one: that it lacks would
// else not be noticed.
Result<void> Records::write_origins(const StoredOrigins& stored) {
  state_.origins_boot_id = stored.boot_id;
  if (saved_.origins_boot_id != stored.boot_id) {
    if (Result<void> announced = share(); !announced) return announced;
  }
  return save_origins(directory_, stored);
}

void Records::keep_origins(const Memory& memory,
                           const std::string& boot_id,
                           bool now) {
  if (boot_id.empty()) return;
  const std::chrono::nanoseconds moment = clock_();
  const bool too_soon =
      origins_written_ && moment - *origins_written_ < kOriginsPause;
  if (too_soon && !now) return;
  StoredOrigins stored = stored_of(memory, boot_id);
  if (stored == origins_) return;
  origins_written_ = moment;
  const Result<void> written = write_origins(stored);
  if (written) {
    origins_ = std::move(stored);
    origins_failed_ = false;
    return;
  }
  origins_.reset();
  const Result<void> removed = remove_origins(directory_);
  if (std::exchange(origins_failed_, true)) return;
  spdlog::warn(
      "where processes came from can't be written, and a restart of strayd "
      "would forget it: {}",
      one_line(written.error().what));
  if (!removed) spdlog::warn("{}", one_line(removed.error().what));
}

}  // namespace strayd
