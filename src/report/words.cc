#include "words.h"

#include <algorithm>

#include <fmt/format.h>

#include "strayd/report/render.h"

namespace strayd::words {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

template <typename Unit>
std::int64_t whole(std::chrono::nanoseconds duration) {
  return std::chrono::duration_cast<Unit>(duration).count();
}

}  // namespace

std::string_view state(const Pm2View& view) {
  if (view.reply) return "answering";
  switch (view.reply.error().kind) {
    case Pm2Quiet::Silent:
      return "silent";
    case Pm2Quiet::Dead:
      return "dead";
    case Pm2Quiet::NeverSeen:
      return "never_seen";
  }
  return "silent";
}

std::string_view mode(Mode mode) {
  return mode == Mode::Enforce ? "enforce" : "observe";
}

std::string age(std::chrono::nanoseconds duration) {
  using std::chrono::milliseconds;
  if (duration < seconds{1}) {
    return fmt::format("{}ms", whole<milliseconds>(duration));
  }
  if (duration < minutes{1}) {
    return fmt::format("{}s", whole<seconds>(duration));
  }
  if (duration < hours{1}) {
    return fmt::format("{}m {}s",
                       whole<minutes>(duration),
                       whole<seconds>(duration % minutes{1}));
  }
  if (duration < days{1}) {
    return fmt::format(
        "{}h {}m", whole<hours>(duration), whole<minutes>(duration % hours{1}));
  }
  return fmt::format(
      "{}d {}h", whole<days>(duration), whole<hours>(duration % days{1}));
}

std::string moment(std::int64_t unix_ms) {
  const std::chrono::sys_time<std::chrono::milliseconds> time{
      std::chrono::milliseconds{unix_ms}};
  const std::chrono::sys_days day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<seconds>(time - day)};
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC",
                     static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()),
                     clock.hours().count(),
                     clock.minutes().count(),
                     clock.seconds().count());
}

std::string user(const std::optional<uid_t>& uid) {
  return uid ? std::to_string(*uid) : "?";
}

std::string plural(std::size_t count, std::string_view one) {
  if (count == 1) return fmt::format("{} {}", count, one);
  return fmt::format("{} {}{}", count, one, one.ends_with("s") ? "es" : "s");
}

namespace {

std::string_view what_would_show(Unread why) {
  switch (why) {
    case Unread::NotAsked:
      return "it was not asked for";
    case Unread::Denied:
      return "strayd lacks CAP_SYS_PTRACE here";
    case Unread::Blocked:
      return "the read did not come back in time";
    case Unread::TooLong:
      return "it is longer than what is read of it";
    case Unread::Failed:
      return "the read failed";
  }
  return "the read failed";
}

}  // namespace

std::string not_seen(const Unseen& lack) {
  const std::string count =
      lack.processes ? plural(*lack.processes, "process") : "";
  if (lack.fact == "pid") {
    return fmt::format(
        "the processes of other users, nobody knows how many ({}); {}.",
        one_line(lack.detail),
        what_would_show(lack.why));
  }
  if (lack.fact == "stat") {
    return fmt::format("{} of which nothing can be read; {}.",
                       count,
                       what_would_show(lack.why));
  }
  return fmt::format("whether a rule means {}, for want of {}; {}.",
                     count,
                     lack.fact,
                     what_would_show(lack.why));
}

std::string_view explained(Withheld why) {
  switch (why) {
    case Withheld::Observing:
      return "strayd only observes. To end them once: `strayd scan --reap`. To "
             "have the agent end such orphans: \"mode\": \"enforce\" in the "
             "config.";
    case Withheld::RuleForbids:
      return "their rule's `reap` setting does not let strayd end them.";
    case Withheld::BreakerOpen:
      return "the breaker is open. Find out what opened it, then close it: "
             "`strayd breaker close`.";
    case Withheld::OverBudget:
      return "more orphan trees than `limits` allow to be ended, so none is.";
    case Withheld::Disarmed:
      return "strayd is blind to something it must see before it acts.";
    case Withheld::EvidenceMissing:
      return "evidence is missing; the table says which.";
  }
  return "";
}

std::string deed(const Reaped& reaped) {
  const std::string detail =
      reaped.detail.empty() ? ""
                            : fmt::format(" ({})", one_line(reaped.detail));
  switch (reaped.outcome) {
    case Outcome::Terminated:
      return fmt::format("exited {} after SIGTERM", age(reaped.duration));
    case Outcome::Killed:
      return fmt::format("outlived SIGTERM, ended by SIGKILL after {}",
                         age(reaped.duration));
    case Outcome::Gone:
      return "had already exited, no signal was sent";
    case Outcome::Refused:
      return fmt::format(
          "spared at the last look: {}{}", to_string(reaped.failure), detail);
    case Outcome::Failed:
      return fmt::format(
          "could not be ended: {}{}", to_string(reaped.failure), detail);
  }
  return "";
}

std::vector<const Verdict*> by_urgency(const Report& report) {
  std::vector<const Verdict*> order;
  order.reserve(report.verdicts.size());
  for (const Verdict& verdict : report.verdicts) order.push_back(&verdict);
  std::ranges::sort(order, [](const Verdict* one, const Verdict* other) {
    if (one->standing != other->standing) {
      return one->standing > other->standing;
    }
    return one->id < other->id;
  });
  return order;
}

Shown shown(const Report& report, const ProcId& id) {
  const auto found = report.shown.find(id);
  return found == report.shown.end() ? Shown{} : found->second;
}

std::string title(const Shown& shown) {
  if (shown.program.empty()) return "?";
  if (shown.script.empty()) return one_line(shown.program);
  return one_line(shown.program) + " " + one_line(shown.script);
}

std::string parent(const Report& report, const std::optional<ProcId>& parent) {
  if (!parent) return "init (it was reparented)";
  const Shown known = shown(report, *parent);
  if (known.program.empty()) return fmt::format("pid {}", parent->pid);
  return fmt::format("{} (pid {})", title(known), parent->pid);
}

const Verdict* verdict_of(const Report& report, const ProcId& id) {
  const auto found = std::ranges::find(report.verdicts, id, &Verdict::id);
  return found == report.verdicts.end() ? nullptr : &*found;
}

const PortConflict* conflict_of(const Report& report, const Verdict& verdict) {
  const auto found =
      std::ranges::find_if(report.conflicts, [&](const PortConflict& each) {
        return each.holder == verdict.id || each.tree == verdict.tree;
      });
  return found == report.conflicts.end() ? nullptr : &*found;
}

std::string times(int count) {
  if (count == 1) return "once";
  if (count == 2) return "twice";
  return fmt::format("{} times", count);
}

}  // namespace strayd::words
