#include "strayd/core/report.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "strayd/core/text.h"

namespace strayd {

Histogram Histogram::with(std::vector<double> bounds) {
  Histogram histogram;
  histogram.counts.assign(bounds.size() + 1, 0);
  histogram.bounds = std::move(bounds);
  return histogram;
}

void Histogram::observe(double value) {
  if (counts.empty()) counts.assign(bounds.size() + 1, 0);
  const auto bound = std::ranges::lower_bound(bounds, value);
  ++counts[static_cast<std::size_t>(bound - bounds.begin())];
  sum += value;
}

std::uint64_t Histogram::count() const {
  std::uint64_t all = 0;
  for (const std::uint64_t bucket : counts) all += bucket;
  return all;
}

namespace {

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

void account_detected(Totals& totals, const Report& report) {
  const std::set<ProcId> fresh(report.newly_detected.begin(),
                               report.newly_detected.end());
  for (const Verdict& verdict : report.verdicts) {
    if (!verdict.kind || !fresh.contains(verdict.id)) continue;
    ++totals.detected[{verdict.rule, *verdict.kind}];
    const auto shown = report.shown.find(verdict.id);
    if (shown != report.shown.end()) {
      totals.orphan_age.observe(seconds(shown->second.age));
    }
  }
}

void account_reaped(Totals& totals, const Reaped& reaped) {
  switch (reaped.outcome) {
    case Outcome::Terminated:
    case Outcome::Killed:
      ++totals.killed[{reaped.rule, reaped.kind, reaped.outcome}];
      totals.reap_duration.observe(seconds(reaped.duration));
      return;
    case Outcome::Refused:
    case Outcome::Failed:
      ++totals.failures[{reaped.rule, reaped.failure}];
      return;
    case Outcome::Gone:
      return;
  }
}

}  // namespace

std::vector<Ended> ended(std::span<const Reaped> reaped) {
  std::vector<Ended> all;
  for (const Reaped& each : reaped) {
    if (each.outcome != Outcome::Terminated &&
        each.outcome != Outcome::Killed) {
      continue;
    }
    all.push_back(
        {.id = each.id, .kill = {.tree = each.tree, .rule = each.rule}});
  }
  return all;
}

std::map<std::string, std::size_t> kept_trees(
    std::span<const Verdict> verdicts) {
  std::set<ProcId> kept;
  for (const Verdict& verdict : verdicts) {
    if (is_kept(verdict)) kept.insert(verdict.id);
  }
  std::map<std::string, std::size_t> trees;
  for (const Verdict& verdict : verdicts) {
    const bool is_top =
        is_kept(verdict) &&
        std::ranges::none_of(verdict.chain, [&](const ProcId& above) {
          return kept.contains(above);
        });
    if (is_top) ++trees[verdict.rule];
  }
  return trees;
}

Totals account(Totals before, const Report& report) {
  ++before.scans;
  if (report.failure) {
    constexpr auto kWords = std::to_array<std::string_view>({"not_found",
                                                             "denied",
                                                             "malformed",
                                                             "unreachable",
                                                             "timed_out",
                                                             "exhausted",
                                                             "io"});
    const auto index = static_cast<std::size_t>(report.failure->fault);
    ++before.scan_errors[std::string(kWords.at(index))];
  } else {
    before.last_good_unix_ms = report.finished_unix_ms;
  }
  before.scan_duration.observe(seconds(report.duration));
  account_detected(before, report);
  for (const WithheldTree& tree : report.withheld) {
    ++before.withheld[{tree.rule, tree.why}];
  }
  for (const Reaped& reaped : report.reaped) account_reaped(before, reaped);
  for (const auto& [root, returned] : report.returned) {
    if (returned.is_new) ++before.returned[returned.rule];
  }
  before.harmful += report.new_harms;
  before.followed += report.new_coincidences;
  return before;
}

namespace {

bool is_script(std::string_view word) {
  constexpr auto kEndings = std::to_array<std::string_view>({".js",
                                                             ".mjs",
                                                             ".cjs",
                                                             ".ts",
                                                             ".mts",
                                                             ".cts",
                                                             ".jsx",
                                                             ".tsx",
                                                             ".py",
                                                             ".sh",
                                                             ".rb"});
  return !word.starts_with('-') &&
         std::ranges::any_of(kEndings, [&](std::string_view ending) {
           return word.ends_with(ending);
         });
}

}  // namespace

Shown show(const Process& process, BootTime now) {
  Shown shown;
  shown.program =
      process.exe ? std::string(base_name(*process.exe)) : process.comm;
  if (process.uid) shown.uid = *process.uid;
  shown.age = now - process.started;
  if (!process.argv) return shown;
  // The last script: loaders come before it (node --import loader.mjs app.ts).
  for (const std::string& argument : *process.argv) {
    std::string_view rest = argument;
    while (!rest.empty()) {
      const std::size_t space = rest.find(' ');
      const std::string_view word = rest.substr(0, space);
      if (is_script(word)) shown.script = base_name(word);
      if (space == std::string_view::npos) break;
      rest.remove_prefix(space + 1);
    }
  }
  return shown;
}

bool evidence_missing(const Report& report) {
  if (report.failure) return true;
  const bool silent = std::ranges::any_of(report.pm2, [](const Pm2View& view) {
    return !view.reply && view.reply.error().kind != Pm2Quiet::NeverSeen;
  });
  return silent || !report.unseen.empty() ||
         std::ranges::any_of(report.verdicts, [](const Verdict& verdict) {
           return verdict.standing == Standing::Held;
         });
}

}  // namespace strayd
