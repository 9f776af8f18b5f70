// What PM2 said. A home that does not answer has no apps here: their counters,
// which are strayd's own, stay as they are; everything else is absent.
#include <algorithm>
#include <string>

#include "metric_apps.h"
#include "metric_families.h"

namespace strayd::metrics {

namespace {

bool is_contradicted(const Report& report, const std::string& home) {
  return std::ranges::any_of(report.verdicts, [&](const Verdict& verdict) {
    return verdict.home == home && verdict.reason.why == Why::Pm2Contradicts;
  });
}

// nullopt: a home whose answers contradict each other may have more than one,
// and a silent one may have one without a title.
std::optional<double> daemons(const Report& report, const Pm2View& view) {
  if (view.daemons > 1) return number(view.daemons);
  if (view.reply) {
    if (is_contradicted(report, view.home)) return std::nullopt;
    return 1;
  }
  if (view.daemons == 1) return 1;
  if (view.reply.error().kind == Pm2Quiet::Silent) return std::nullopt;
  return 0;
}

// PM2 lets a variable of the app's environment called exec_mode override the
// field, and no environment value may become a label.
std::string exec_mode(const Pm2Instance& instance) {
  if (instance.exec_mode == "fork_mode") return "fork_mode";
  if (instance.exec_mode == "cluster_mode") return "cluster_mode";
  return "unknown";
}

void add_restarts(Page& page, const Report& report) {
  Family& restarts = page.counter(
      "strayd_pm2_app_restarts_total",
      "Restarts of the app's instances that strayd counted, by cause. Never "
      "goes down, whatever PM2's own count does.");
  Family& resets =
      page.counter("strayd_pm2_counter_resets_total",
                   "How often PM2's own restart count of the app went down.");
  for (const auto& [key, account] : report.ledger.apps) {
    if (!is_told(report, key)) continue;
    const Labels labels = app_labels(key.home, key.app);
    resets.add(labels, static_cast<double>(account.resets));
    for (const Cause cause : kCauses) {
      const auto found = account.restarts.find(cause);
      const std::uint64_t count =
          found == account.restarts.end() ? 0 : found->second;
      Labels with_cause = labels;
      with_cause.emplace_back("cause", to_string(cause));
      restarts.add(std::move(with_cause), static_cast<double>(count));
    }
  }
}

void add_statuses(Page& page, const Report& report) {
  Family& instances =
      page.gauge("strayd_pm2_app_instances",
                 "Instances of the app that PM2 lists with this status.");
  Family& info = page.gauge("strayd_pm2_app_info",
                            "Always 1; the labels say how PM2 runs the app.");
  for (const AppReport* app : known_apps(report)) {
    for (const Pm2Status status : kPm2Statuses) {
      instances.add(
          app_labels(*app, {"status", std::string(to_string(status))}), 0);
    }
    for (const InstanceReport& instance : app->instances) {
      instances.add(
          app_labels(*app,
                     {"status", std::string(to_string(instance.pm2.status))}),
          1);
      info.set(app_labels(*app, {"exec_mode", exec_mode(instance.pm2)}), 1);
    }
  }
}

}  // namespace

void add_supervisors(Page& page, const Report& report) {
  Family& up = page.gauge(
      "strayd_pm2_up",
      "1 if the PM2 daemon of the home answered the newest scan whole and in "
      "time.");
  Family& count = page.gauge(
      "strayd_pm2_daemons",
      "PM2 daemons that live and name the home: more than one is an error of "
      "PM2. Absent where that can't be told.");
  Family& duration = page.gauge(
      "strayd_pm2_rpc_duration_seconds",
      "How long the newest exchange with the PM2 daemon took, in seconds, "
      "also when it failed.");
  for (const Pm2View& view : report.pm2) {
    const Labels labels = {{"pm2_home", view.home}};
    up.set(labels, truth(view.reply.has_value()));
    count.set(labels, daemons(report, view));
    if (view.rpc_duration.count() == 0) continue;
    duration.set(labels, seconds(view.rpc_duration));
  }
}

void add_apps(Page& page, const Report& report) {
  add_restarts(page, report);
  add_statuses(page, report);
}

void add_instances(Page& page, const Report& report) {
  Family& started = page.gauge(
      "strayd_pm2_app_start_time_seconds",
      "When the process that PM2 lists for the instance started, in seconds "
      "of Unix time.");
  Family& unstable = page.gauge(
      "strayd_pm2_app_unstable_restarts",
      "PM2's count of restarts of the instance soon after its start.");
  for (const AppReport* app : known_apps(report)) {
    for (const InstanceReport& instance : app->instances) {
      const Labels labels =
          app_labels(*app, {"slot", std::to_string(instance.slot)});
      started.set(labels, seconds_of_ms(instance.start_unix_ms));
      unstable.set(labels, static_cast<double>(instance.pm2.unstable_restarts));
    }
  }
}

}  // namespace strayd::metrics
