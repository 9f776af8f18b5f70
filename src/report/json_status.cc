// What the status page's readers need beside the verdicts: when the report was
// made, the apps and what serves behind them, the counters.
#include "strayd/report/render.h"
#include "strayd/report/version.h"

#include "json_parts.h"
#include "words.h"

namespace strayd::json {

namespace {

// nullopt: it can't be told, which is not the same as "not up".
Json backend(const std::optional<Backend>& backend) {
  if (!backend) return nullptr;
  return {{"up", backend->id.has_value()},
          {"pid", backend->id ? Json(backend->id->pid) : Json(nullptr)},
          {"start_unix_ms", value_or_null(backend->start_unix_ms)}};
}

Json instance(const InstanceReport& instance) {
  return {{"slot", instance.slot},
          {"pm_id", instance.pm2.pm_id},
          {"pid", value_or_null(instance.pm2.pid)},
          {"status", to_string(instance.pm2.status)},
          {"restarts", instance.pm2.restart_time},
          {"unstable_restarts", instance.pm2.unstable_restarts},
          {"start_unix_ms", value_or_null(instance.start_unix_ms)},
          {"backend", backend(instance.backend)}};
}

Json counted_restarts(const Report& report, const AppReport& app) {
  const auto account =
      report.ledger.apps.find({.home = app.home, .app = app.app});
  if (account == report.ledger.apps.end()) return nullptr;
  Json causes = Json::object();
  for (const Cause cause : kCauses) {
    const auto found = account->second.restarts.find(cause);
    causes[std::string(to_string(cause))] =
        found == account->second.restarts.end() ? 0 : found->second;
  }
  return causes;
}

Json apps(const Report& report) {
  Json list = Json::array();
  for (const AppReport& app : report.apps) {
    Json instances = Json::array();
    for (const InstanceReport& each : app.instances) {
      instances.push_back(instance(each));
    }
    list.push_back({{"home", text(app.home)},
                    {"app", text(app.app)},
                    {"restarts_by_cause", counted_restarts(report, app)},
                    {"instances", std::move(instances)}});
  }
  return list;
}

Json detected(const Totals& totals) {
  Json list = Json::array();
  for (const auto& [key, count] : totals.detected) {
    list.push_back({{"rule", text(key.first)},
                    {"kind", to_string(key.second)},
                    {"count", count}});
  }
  return list;
}

Json killed(const Totals& totals) {
  Json list = Json::array();
  for (const auto& [key, count] : totals.killed) {
    const auto& [rule, kind, outcome] = key;
    list.push_back({{"rule", text(rule)},
                    {"kind", to_string(kind)},
                    {"outcome", to_string(outcome)},
                    {"count", count}});
  }
  return list;
}

// Both maps are from a rule and a fixed word to a count.
template <typename Map>
Json by_reason(const Map& counts) {
  Json list = Json::array();
  for (const auto& [key, count] : counts) {
    list.push_back({{"rule", text(key.first)},
                    {"reason", to_string(key.second)},
                    {"count", count}});
  }
  return list;
}

Json returned(const Totals& totals) {
  Json list = Json::array();
  for (const auto& [rule, count] : totals.returned) {
    list.push_back({{"rule", text(rule)}, {"count", count}});
  }
  return list;
}

Json totals(const Totals& totals) {
  Json errors = Json::object();
  for (const auto& [reason, count] : totals.scan_errors) {
    errors[valid_utf8(reason)] = count;
  }
  return {{"scans", totals.scans},
          {"scan_errors", std::move(errors)},
          {"detected", detected(totals)},
          {"killed", killed(totals)},
          {"failures", by_reason(totals.failures)},
          {"withheld", by_reason(totals.withheld)},
          {"returned", returned(totals)},
          {"harmful", totals.harmful}};
}

Json features(const Report& report) {
  Json object = Json::object();
  for (const auto& [feature, available] : report.features) {
    object[valid_utf8(feature)] = available;
  }
  return object;
}

Json finished(const Report& report) {
  return report.scan == 0 ? Json(nullptr) : Json(report.finished_unix_ms);
}

}  // namespace

}  // namespace strayd::json

namespace strayd {

std::string status_json(const Report& report) {
  json::Json object = json::scan_object(report);
  object["strayd"] = {{"version", version()}, {"revision", revision()}};
  object["scan"] = report.scan;
  object["finished_unix_ms"] = json::finished(report);
  object["duration_seconds"] = json::seconds(report.duration);
  object["acting"] = report.acting;
  object["reaping"] = report.reaping;
  object["vanished"] = report.vanished;
  object["unreadable"] = report.unreadable;
  object["features"] = json::features(report);
  object["apps"] = json::apps(report);
  object["reload"] = {{"successful", report.reload.successful},
                      {"success_unix_ms", report.reload.success_unix_ms}};
  object["totals"] = json::totals(report.totals);
  return json::dump(object);
}

}  // namespace strayd
