#include "records.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <spdlog/spdlog.h>

#include "strayd/report/render.h"
#include "strayd/sys/os.h"

namespace strayd {
namespace {

constexpr std::int64_t kHourMs = std::int64_t{3600} * 1000;

std::int64_t hour_ago() {
  return unix_ms() - kHourMs;
}

}  // namespace

Records::Records(std::optional<Audit> audit, State state)
    : audit_(std::move(audit)), state_(std::move(state)) {}

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
  }
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
  const auto written = audit_->note(
      "audit_restored", "it could not be written: " + *audit_failure_);
  if (written) audit_failure_.reset();
}

// --- the breaker and the hour's kills

void Records::trip(const std::string& why, const std::string& config_digest) {
  state_.breaker = {.open = true,
                    .why = why,
                    .since_unix_ms = unix_ms(),
                    .config_digest = config_digest};
  spdlog::error("breaker open, nothing is ended any more: {}", one_line(why));
  note("breaker_open", why);
}

Result<void> Records::close_breaker(const std::string& directory,
                                    const std::string& by) {
  const Breaker was =
      std::exchange(state_.breaker, Breaker{.since_unix_ms = unix_ms()});
  if (!was.open) return {};
  if (const auto written = share(directory); !written) {
    state_.breaker = was;
    return fail(Fault::Io, "it stays open: " + written.error().what);
  }
  const std::string what = "closed by " + by + "; " + breaker_text(was);
  spdlog::warn("breaker {}", what);
  note("breaker_close", what);
  return {};
}

bool Records::begin_reaping(const std::string& directory) {
  if (reap_lock_) return true;
  const std::string path = directory + "/reap.lock";
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

bool Records::spend(const std::string& directory,
                    std::size_t allowed,
                    const std::string& config_digest) {
  state_.kills_unix_ms.push_back(spent_unix_ms_ = unix_ms());
  if (!share(directory) || state_.breaker.open) return false;
  if (kills_last_hour() <= allowed) return true;
  trip("with what another strayd ended, more than " + std::to_string(allowed) +
           " orphan trees within an hour",
       config_digest);
  return false;
}

void Records::give_back(const std::string& directory) {
  static_cast<void>(share(directory, spent_unix_ms_));
}

// --- the state

// Writes our state with what other strayds wrote since.
Result<void> Records::share(const std::string& directory,
                            std::optional<std::int64_t> unspent) {
  const bool was_open = state_.breaker.open;
  Result<void> written = share_state(
      directory,
      state_,
      {.later_than_unix_ms = hour_ago(), .unspent_unix_ms = unspent});
  if (written) {
    saved_ = state_;
    state_failure_.reset();
  } else {
    note_failure(state_failure_, written.error());
  }
  if (state_.breaker.open && !was_open) {
    spdlog::error("another strayd has opened the breaker: {}",
                  one_line(state_.breaker.why));
  }
  return written;
}

void Records::keep(const Report& report) {
  state_.ledger = report.ledger;
  state_.backends = report.backends;
}

void Records::keep(const std::string& directory,
                   const Memory& memory,
                   const std::string& boot_id) {
  std::erase_if(state_.kills_unix_ms,
                [since = hour_ago()](std::int64_t at) { return at <= since; });
  state_.homes_seen.clear();
  for (const auto& [home, seen] : memory.homes) {
    if (seen.seen) state_.homes_seen[home] = seen.uid;
  }
  if (!boot_id.empty()) state_.boot_id = boot_id;
  if (state_ == saved_ && !state_failure_) return;
  static_cast<void>(share(directory));
}

}  // namespace strayd
