#include "explain.h"

#include <chrono>
#include <optional>

#include "cause.h"

namespace strayd {
namespace {

// The launch that the restart ended, as far as a list showed it.
std::optional<std::int64_t> listed_before(const Trail& trail,
                                          std::int64_t restart) {
  const std::optional<Trail::Start>& listed = trail.listed;
  if (!listed || listed->restart_time + 1 != restart) return std::nullopt;
  const bool started_since = trail.alive &&
                             trail.alive->restart_time + 1 == restart &&
                             trail.alive->pm_uptime_ms > listed->pm_uptime_ms;
  if (started_since) return std::nullopt;
  return listed->pm_uptime_ms;
}

// Whether the restart it led to came between the list before and this one. Else
// its name is of before, or of after, a reset.
bool explains(const Ending& ending,
              const Trail& trail,
              const Pm2Instance& now,
              std::int64_t restart) {
  if (!now.pm_uptime_ms) return false;
  if (trail.listed && ending.pm_uptime_ms < trail.listed->pm_uptime_ms) {
    return false;
  }
  if (ending.pm_uptime_ms != *now.pm_uptime_ms) {
    return ending.pm_uptime_ms < *now.pm_uptime_ms;
  }
  // PM2 raises the count a little before it launches.
  return restart == now.restart_time && now.status != Pm2Status::Online &&
         now.status != Pm2Status::Launching;
}

// What nobody heard, the list has for the newest launch alone. Its 0 is no
// code: it may be a signal's.
ExitStatus listed_code(const Ending* heard,
                       const Pm2Instance& now,
                       std::int64_t restart) {
  const bool tells = heard == nullptr && restart == now.restart_time &&
                     now.exit_code.value_or(0) != 0;
  if (!tells) return {};
  return {.how = ExitStatus::How::Exited, .value = *now.exit_code};
}

}  // namespace

Cause unexplained(const HomeScan& home) {
  return home.was_away ? Cause::Missed : Cause::Unknown;
}

Restart explain(const InList& listed,
                const Trail& trail,
                std::int64_t restart) {
  const Clues& clues = listed.home.clues;
  const auto heard = trail.endings.find(restart);
  const bool known = heard != trail.endings.end() &&
                     explains(heard->second, trail, listed.instance, restart);
  const Ending* ending = known ? &heard->second : nullptr;
  const auto launch = ending == nullptr ? listed_before(trail, restart)
                                        : std::optional(ending->pm_uptime_ms);
  if (ending != nullptr && !ending->led_to && !listed.home.caught_up) {
    ending = nullptr;
  }
  const auto deaths = launch ? trail.deaths.find(*launch) : trail.deaths.end();
  const CauseEvidence evidence{
      .ending = ending,
      .deaths = deaths == trail.deaths.end() ? nullptr : &deaths->second,
      .signalled = clues.signalled,
      .patience = listed.instance.kill_timeout};
  const Explained explained = cause_of(evidence);
  Restart told{.app = listed.app,
               .instance = listed.key,
               .restart_time = restart,
               .cause = explained.cause == Cause::Unknown
                            ? unexplained(listed.home)
                            : explained.cause,
               .how = is_known(explained.how)
                          ? explained.how
                          : listed_code(ending, listed.instance, restart),
               .pm_uptime_ms = launch,
               .by_word = explained.by_word};
  if (explained.sent != nullptr) told.sent = *explained.sent;
  if (ending != nullptr && ending->at_ms &&
      *ending->at_ms >= ending->pm_uptime_ms) {
    told.lived =
        std::chrono::milliseconds{*ending->at_ms - ending->pm_uptime_ms};
  }
  return told;
}

}  // namespace strayd
