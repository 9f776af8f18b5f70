// What the status page's readers need beside the verdicts: when the report was
// made, the apps, the counters.
#include "strayd/report/render.h"
#include "strayd/report/version.h"

#include "json_parts.h"
#include "words.h"

namespace strayd::json {

namespace {

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
          {"harmful", totals.harmful},
          {"followed_by_restart", totals.followed}};
}

Json features(const Report& report) {
  Json object = Json::object();
  for (const auto& [feature, available] : report.features) {
    object[valid_utf8(feature)] = available;
  }
  return object;
}

Json remarks(const Report& report) {
  Json object = Json::object();
  for (const auto& [feature, why] : report.remarks) {
    object[valid_utf8(feature)] = text(why);
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
  object["remarks"] = json::remarks(report);
  object["reload"] = {{"successful", report.reload.successful},
                      {"success_unix_ms", report.reload.success_unix_ms}};
  object["totals"] = json::totals(report.totals);
  return json::dump(object);
}

}  // namespace strayd
