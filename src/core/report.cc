#include "strayd/core/report.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "strayd/core/fit.h"
#include "strayd/core/text.h"

#include "scene.h"

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

// The deepest process below `top` that a rule matches and that does not merely
// carry another; where no rule matches anything, the top itself.
std::optional<ProcId> serving_process(const Forest& forest,
                                      const Process& top,
                                      const Policy& policy) {
  const std::vector<const Process*> tree = forest.subtree(top);
  bool matched = false;
  const Process* deepest = nullptr;
  for (const Process* process : tree) {  // parents come before children
    if (is_dead(*process)) continue;
    const bool candidate =
        std::ranges::any_of(policy.rules, [&](const Rule& rule) {
          return pattern_fit(rule.match, *process) == Fit::Yes;
        });
    matched = matched || candidate;
    if (candidate && !is_carrier(*process)) deepest = process;
  }
  if (deepest != nullptr) return deepest->id;
  if (matched || is_dead(top)) return std::nullopt;
  return top.id;
}

std::int64_t start_unix_ms(const Snapshot& snapshot, const Process& process) {
  return snapshot.boot_epoch_ms +
         std::chrono::duration_cast<std::chrono::milliseconds>(process.started)
             .count();
}

InstanceReport describe(const Scene& scene, const Pm2Instance& instance) {
  InstanceReport report{.pm2 = instance, .backend = Backend{}};
  if (!instance.pid) return report;
  const Process* process = scene.forest.find(*instance.pid);
  if (process == nullptr) return report;
  const Listed* listed = scene.listed(*process);
  if (listed == nullptr) return report;
  const Snapshot& snapshot = scene.evidence.snapshot;
  report.start_unix_ms = start_unix_ms(snapshot, *process);
  const auto serving = serving_process(scene.forest, *process, scene.policy);
  if (!serving) return report;
  report.backend->id = serving;
  report.backend->start_unix_ms =
      start_unix_ms(snapshot, *scene.forest.find(*serving));
  return report;
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
  return before;
}

std::vector<AppReport> describe_apps(const Snapshot& snapshot,
                                     std::span<const Pm2View> pm2,
                                     const Policy& policy) {
  const Memory nothing;
  const Evidence evidence{.snapshot = snapshot, .pm2 = pm2, .memory = nothing};
  const Scene scene(evidence, policy);
  std::map<AppKey, std::vector<Pm2Instance>> apps;
  for (const Pm2View& view : pm2) {
    if (!view.reply) continue;
    for (const Pm2Instance& instance : view.reply->instances) {
      apps[{.home = view.home, .app = app_name(instance)}].push_back(instance);
    }
  }
  std::vector<AppReport> reports;
  for (auto& [key, instances] : apps) {
    std::ranges::sort(instances, {}, &Pm2Instance::pm_id);
    AppReport app{.home = key.home, .app = key.app};
    for (const Pm2Instance& instance : instances) {
      InstanceReport report = describe(scene, instance);
      report.slot = static_cast<int>(app.instances.size());
      app.instances.push_back(std::move(report));
    }
    reports.push_back(std::move(app));
  }
  return reports;
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
  return silent ||
         std::ranges::any_of(report.verdicts, [](const Verdict& verdict) {
           return verdict.standing == Standing::Held;
         });
}

}  // namespace strayd
