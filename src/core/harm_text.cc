#include "harm_text.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace strayd {
namespace {

using std::chrono::duration_cast;
using std::chrono::nanoseconds;

std::string named(const AppKey& app) {
  return app.app + " (PM2 in " + app.home + ")";
}

std::string named(const Kill& kill) {
  return "the orphan tree of pid " + std::to_string(kill.tree.pid) + " (rule " +
         kill.rule + ")";
}

std::string seconds_text(nanoseconds time) {
  return std::to_string(duration_cast<std::chrono::seconds>(time).count()) +
         " s";
}

std::string span_text(nanoseconds time) {
  using std::chrono::hours;
  using std::chrono::minutes;
  const auto days = duration_cast<hours>(time).count() / 24;
  if (days >= 2) return std::to_string(days) + " days";
  const auto full = duration_cast<hours>(time).count();
  if (full >= 2) return std::to_string(full) + " hours";
  return std::to_string(duration_cast<minutes>(time).count()) + " minutes";
}

std::string tied(const Tie& tie) {
  switch (tie.kind) {
    case TieKind::Connection:
      return "it held a connection to";
    case TieKind::UnixSocket:
      return "it held a unix socket to";
    case TieKind::Pipe:
      return "it held a pipe of";
    case TieKind::Session:
      return "it was in the session of";
    case TieKind::ProcessGroup:
      return "it was in the process group of";
  }
  return "it was tied to";
}

std::string process_text(const Tie& tie) {
  const std::string pid = "pid " + std::to_string(tie.of_tree.pid);
  return tie.program.empty() ? pid : pid + " (" + tie.program + ")";
}

std::string how_text(const ExitStatus& how) {
  if (how.how == ExitStatus::How::Exited) {
    return ", code " + std::to_string(how.value);
  }
  if (how.how == ExitStatus::How::Signalled && how.value != 0) {
    return ", signal " + std::to_string(how.value);
  }
  return {};
}

std::string times(std::uint64_t count) {
  return count == 1 ? "once" : std::to_string(count) + " times";
}

}  // namespace

std::string lost_process_text(const AppKey& app,
                              const ProcId& id,
                              const Kill& kill) {
  return named(app) + " lost its process " + std::to_string(id.pid) +
         ": strayd ended it with " + named(kill);
}

std::string signalled_text(const AppKey& app, const Kill& kill) {
  return named(app) +
         " restarted: a signal of strayd's ended what it ran, as " +
         "it ended " + named(kill);
}

std::string event_text(const Restart& restart) {
  return "restarted (cause: " + std::string(to_string(restart.cause)) +
         how_text(restart.how) + ")";
}

std::string event_text(std::uint16_t port) {
  return "does not listen on port " + std::to_string(port) + " any more";
}

std::string tied_text(const AppKey& app,
                      const std::string& event,
                      const Tie& tie,
                      const WatchedKill& kill,
                      BootTime now) {
  return named(app) + " " + event + ": " + tied(tie) + " " + process_text(tie) +
         ", which strayd ended " + seconds_text(now - kill.began) +
         " before with " + named(kill.kill);
}

std::string held_text(const AppKey& app,
                      std::uint16_t port,
                      const WatchedKill& kill,
                      BootTime now) {
  return named(app) + " " + event_text(port) +
         ": a process listened there, too, that strayd ended " +
         seconds_text(now - kill.began) + " before with " + named(kill.kill);
}

std::string improbable_text(const AppKey& app,
                            const std::string& event,
                            const Improbable& found,
                            const AppHistory& history,
                            const Kill& kill) {
  const auto odds = std::floor(1 / std::max(found.chance, 1e-9));
  return named(app) + " " + event + " after strayd ended " + named(kill) +
         ". Nothing was seen to tie them, but it followed " +
         std::to_string(found.followed) + " of the last " +
         std::to_string(found.kills) + " kills and ended by itself " +
         times(history.ends + history.past_ends) + " in " +
         span_text(history.seen - history.within + history.past) +
         ": by chance that is seen once in " +
         std::to_string(static_cast<std::int64_t>(odds)) + " cases at most";
}

std::string coincidence_text(const AppKey& app,
                             const std::string& event,
                             const AppTies& ties,
                             const WatchedKill& kill,
                             BootTime now) {
  const char* const why = ties.tie ? "it had ended in the same way before"
                          : ties.whole
                              ? "nothing tied it to that"
                              : "what tied it to that could not be read";
  return named(app) + " " + event + " " + seconds_text(now - kill.began) +
         " after strayd ended " + named(kill.kill) + ": " + why +
         ", so it is taken for a coincidence";
}

}  // namespace strayd
