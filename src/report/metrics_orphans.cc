// What was found and what became of it. Every combination of a configured rule
// and the fixed words is there from the start, at 0: a counter that appears at
// 1 is a rise that no query sees.
#include <array>
#include <string>
#include <string_view>

#include "metric_families.h"

namespace strayd::metrics {

namespace {

constexpr std::array kKinds = {Standing::Leftover, Standing::Stray};

std::string word(std::string_view fixed) {
  return std::string(fixed);
}

// Terminated and Killed are the only outcomes that count as killed.
std::string signal_name(Outcome outcome) {
  return outcome == Outcome::Killed ? "SIGKILL" : "SIGTERM";
}

Labels killed_labels(const std::string& rule, Standing kind, Outcome how) {
  return {{"rule", rule},
          {"kind", word(to_string(kind))},
          {"signal", signal_name(how)}};
}

void add_candidates(Page& page, const Report& report) {
  if (!judged(report)) return;
  Family& candidates = page.gauge(
      "strayd_candidates",
      "Processes that the newest scan gave this verdict: those that a rule "
      "matches and the members of orphan trees that come along with them.");
  for (const std::string& rule : report.rules) {
    for (const Standing standing : kStandings) {
      candidates.add({{"rule", rule}, {"verdict", word(to_string(standing))}},
                     0);
    }
  }
  for (const Verdict& verdict : report.verdicts) {
    candidates.add({{"rule", verdict.rule},
                    {"verdict", word(to_string(verdict.standing))}},
                   1);
  }
}

void add_zombies(Page& page, const Report& report) {
  if (!judged(report)) return;
  Family& zombies = page.gauge(
      "strayd_zombies",
      "Matching processes that have exited and that their parent has not "
      "reaped.");
  for (const std::string& rule : report.rules) {
    zombies.add({{"rule", rule}}, 0);
  }
  for (const auto& [rule, count] : report.zombies) {
    zombies.add({{"rule", rule}}, number(count));
  }
}

void add_detected(Page& page, const Report& report) {
  Family& detected = page.counter(
      "strayd_orphans_detected_total",
      "Orphaned processes found since strayd started, each counted once.");
  for (const std::string& rule : report.rules) {
    for (const Standing kind : kKinds) {
      detected.add({{"rule", rule}, {"kind", word(to_string(kind))}}, 0);
    }
  }
  for (const auto& [key, count] : report.totals.detected) {
    const auto& [rule, kind] = key;
    detected.add({{"rule", rule}, {"kind", word(to_string(kind))}},
                 static_cast<double>(count));
  }
}

void add_killed(Page& page, const Report& report) {
  Family& killed = page.counter(
      "strayd_orphans_killed_total",
      "Orphaned processes whose exit was seen after this signal of strayd's.");
  for (const std::string& rule : report.rules) {
    for (const Standing kind : kKinds) {
      killed.add(killed_labels(rule, kind, Outcome::Terminated), 0);
      killed.add(killed_labels(rule, kind, Outcome::Killed), 0);
    }
  }
  for (const auto& [key, count] : report.totals.killed) {
    const auto& [rule, kind, outcome] = key;
    killed.add(killed_labels(rule, kind, outcome), static_cast<double>(count));
  }
}

void add_failures(Page& page, const Report& report) {
  Family& failures = page.counter(
      "strayd_orphan_kill_failures_total",
      "Processes of orphan trees that were to be ended and were not, by "
      "reason.");
  for (const std::string& rule : report.rules) {
    for (const FailureWhy why : kFailureWhys) {
      failures.add({{"rule", rule}, {"reason", word(to_string(why))}}, 0);
    }
  }
  for (const auto& [key, count] : report.totals.failures) {
    const auto& [rule, why] = key;
    failures.add({{"rule", rule}, {"reason", word(to_string(why))}},
                 static_cast<double>(count));
  }
}

void add_withheld(Page& page, const Report& report) {
  Family& withheld = page.counter(
      "strayd_kills_withheld_total",
      "How often a scan left an orphan tree alone on purpose, by reason.");
  for (const std::string& rule : report.rules) {
    for (const Withheld why : kWithheld) {
      withheld.add({{"rule", rule}, {"reason", word(to_string(why))}}, 0);
    }
  }
  for (const auto& [key, count] : report.totals.withheld) {
    const auto& [rule, why] = key;
    withheld.add({{"rule", rule}, {"reason", word(to_string(why))}},
                 static_cast<double>(count));
  }
}

void add_returned(Page& page, const Report& report) {
  Family& returned = page.counter(
      "strayd_orphans_returned_total",
      "Orphan trees that came back within ten minutes after strayd had ended "
      "one like them: something starts them again.");
  for (const std::string& rule : report.rules) {
    returned.add({{"rule", rule}}, 0);
  }
  for (const auto& [rule, count] : report.totals.returned) {
    returned.add({{"rule", rule}}, static_cast<double>(count));
  }
}

void add_kept(Page& page, const Report& report) {
  if (!judged(report)) return;
  Family& kept = page.gauge(
      "strayd_orphans_kept",
      "Orphan trees that are held because somebody keeps them: within half a "
      "minute of each of three kills in a row one was there again.");
  for (const std::string& rule : report.rules) {
    kept.add({{"rule", rule}}, 0);
  }
  for (const auto& [rule, count] : kept_trees(report.verdicts)) {
    kept.add({{"rule", rule}}, number(count));
  }
}

void add_harmful(Page& page, const Report& report) {
  page.counter("strayd_kills_harmful_total",
               "Kills that harmed an app of PM2's: it lost a process, or it "
               "restarted or lost a listener and was tied to what was ended, "
               "or did so too often for a coincidence. Counted once for each "
               "such app.")
      .set({}, static_cast<double>(report.totals.harmful));
  page.counter("strayd_kills_followed_by_restart_total",
               "Kills that the restart of an app, or the loss of its listener, "
               "followed within the watch, where nothing tied it to what was "
               "ended: coincidences. Counted once for each such app.")
      .set({}, static_cast<double>(report.totals.followed));
}

}  // namespace

void add_orphans(Page& page, const Report& report) {
  add_candidates(page, report);
  add_detected(page, report);
  add_killed(page, report);
  add_failures(page, report);
  add_withheld(page, report);
  add_harmful(page, report);
  add_returned(page, report);
  add_kept(page, report);
  page.histogram("strayd_reap_duration_seconds",
                 "From the first signal to a process until its exit was seen, "
                 "in seconds.")
      .observe(report.totals.reap_duration);
  page.histogram("strayd_orphan_age_seconds",
                 "How old an orphaned process was when it was detected, in "
                 "seconds.")
      .observe(report.totals.orphan_age);
  add_zombies(page, report);
}

}  // namespace strayd::metrics
