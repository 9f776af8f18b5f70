#include "strayd/report/render.h"

#include "json_parts.h"
#include "words.h"

namespace strayd::json {

namespace {

constexpr int kVersion = 1;

Json listed_instance(const Pm2Instance& instance) {
  return {{"name", text(app_name(instance))},
          {"pm_id", instance.pm_id},
          {"pid", value_or_null(instance.pid)},
          {"status", to_string(instance.status)},
          {"restarts", instance.restart_time}};
}

// A home that does not answer has no apps that we know of: its state says so.
Json supervisor(const Pm2View& view) {
  Json object = {{"kind", "pm2"},
                 {"home", text(view.home)},
                 {"daemon_pid", nullptr},
                 {"state", words::state(view)},
                 {"apps", Json::array()}};
  if (!view.reply) {
    object["why"] = text(view.reply.error().why);
    return object;
  }
  object["daemon_pid"] = view.reply->daemon.pid;
  for (const Pm2Instance& instance : view.reply->instances) {
    object["apps"].push_back(listed_instance(instance));
  }
  return object;
}

Json chain(const Verdict& verdict) {
  Json pids = Json::array({verdict.id.pid});
  for (const ProcId& ancestor : verdict.chain) pids.push_back(ancestor.pid);
  return pids;
}

Json candidate(const Report& report, const Verdict& verdict) {
  Json object = {{"pid", verdict.id.pid},
                 {"start_ticks", verdict.id.start_ticks},
                 {"rule", text(verdict.rule)},
                 {"verdict", to_string(verdict.standing)},
                 {"reason", text(verdict.reason.text)},
                 {"app", text_or_null(verdict.app)},
                 {"chain", chain(verdict)}};
  object["why"] = to_string(verdict.reason.why);
  object["role"] = to_string(verdict.role);
  object["kind"] =
      verdict.kind ? Json(to_string(*verdict.kind)) : Json(nullptr);
  object["home"] = text_or_null(verdict.home);
  object["tree"] = verdict.tree.pid;
  const auto shown = report.shown.find(verdict.id);
  if (shown == report.shown.end()) return object;
  object["program"] = text(shown->second.program);
  object["script"] = text_or_null(shown->second.script);
  object["uid"] = value_or_null(shown->second.uid);
  object["age_seconds"] = seconds(shown->second.age);
  return object;
}

Json reaped_process(const Reaped& reaped) {
  Json object = {{"pid", reaped.id.pid},
                 {"start_ticks", reaped.id.start_ticks},
                 {"rule", text(reaped.rule)},
                 {"kind", to_string(reaped.kind)},
                 {"outcome", to_string(reaped.outcome)}};
  object["app"] = text_or_null(reaped.app);
  object["tree"] = reaped.tree.pid;
  object["duration_seconds"] = seconds(reaped.duration);
  object["failure"] = reaped.failure == FailureWhy::None
                          ? Json(nullptr)
                          : Json(to_string(reaped.failure));
  object["detail"] = text_or_null(reaped.detail);
  return object;
}

Json breaker(const Breaker& breaker) {
  Json object = {
      {"open", breaker.open}, {"why", nullptr}, {"since_unix_ms", nullptr}};
  if (!breaker.open) return object;
  object["why"] = text(breaker.why);
  object["since_unix_ms"] = breaker.since_unix_ms;
  return object;
}

Json unseen(const Report& report) {
  Json all = Json::array();
  for (const Unseen& lack : report.unseen) {
    all.push_back({{"fact", text(lack.fact)},
                   {"processes", value_or_null(lack.processes)},
                   {"why", text(words::not_seen(lack))}});
  }
  return all;
}

Json idle_rules(const Report& report) {
  Json all = Json::array();
  for (const IdleRule& idle : report.idle_rules) {
    Json failed = Json::array();
    for (const KeyFit& key : idle.failed) failed.push_back(text(key.key));
    all.push_back(
        {{"rule", text(idle.rule)},
         {"nearest", idle.nearest ? Json(idle.nearest->pid) : nullptr},
         {"failed", std::move(failed)},
         {"why", text(idle_rule_text(idle))}});
  }
  return all;
}

// What is told from the agent's records, and what this look alone has said of
// those whose verdict is the agent's.
Json beside_agent(const Report& report) {
  Json alone = Json::array();
  for (const auto& [id, verdict] : report.alone) {
    alone.push_back({{"pid", id.pid},
                     {"start_ticks", id.start_ticks},
                     {"verdict", to_string(verdict.standing)},
                     {"why", to_string(verdict.reason.why)},
                     {"reason", text(verdict.reason.text)}});
  }
  if (!report.records_unix_ms && alone.empty()) return nullptr;
  return {{"records_unix_ms", value_or_null(report.records_unix_ms)},
          {"this_look", std::move(alone)}};
}

void add_more(Json& object, const Report& report) {
  object["error"] = report.failure ? text(report.failure->what) : Json(nullptr);
  object["breaker"] = breaker(report.breaker);
  Json withheld = Json::array();
  for (const WithheldTree& tree : report.withheld) {
    withheld.push_back({{"pid", tree.root.pid},
                        {"start_ticks", tree.root.start_ticks},
                        {"rule", text(tree.rule)},
                        {"reason", to_string(tree.why)}});
  }
  object["withheld"] = std::move(withheld);
  Json blind = Json::object();
  for (const auto& [feature, why] : report.blind) {
    blind[valid_utf8(feature)] = text(why);
  }
  object["blind"] = std::move(blind);
  object["unseen"] = unseen(report);
  object["idle_rules"] = idle_rules(report);
  add_aftermath(object, report);
  object["apps"] = apps(report);
  object["port_conflicts"] = conflicts(report);
  object["stray_remotes"] = remotes(report.strays);
}

}  // namespace

Json text(std::string_view bytes) {
  return valid_utf8(bytes);
}

Json text_or_null(std::string_view bytes) {
  return bytes.empty() ? Json(nullptr) : text(bytes);
}

Json seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

Json scan_object(const Report& report) {
  const bool judged = report.scan > 0 && !report.failure;
  Json object = {{"version", kVersion},
                 {"mode", words::mode(report.mode)},
                 {"processes", judged ? Json(report.processes) : Json(nullptr)},
                 {"supervisors", Json::array()},
                 {"candidates", Json::array()},
                 {"reaped", Json::array()}};
  for (const Pm2View& view : report.pm2) {
    object["supervisors"].push_back(supervisor(view));
  }
  for (const Verdict& verdict : report.verdicts) {
    object["candidates"].push_back(candidate(report, verdict));
  }
  for (const Reaped& reaped : report.reaped) {
    object["reaped"].push_back(reaped_process(reaped));
  }
  add_more(object, report);
  return object;
}

std::string dump(const Json& object) {
  constexpr int kOneLineOnly = -1;
  return object.dump(kOneLineOnly, ' ', false, Json::error_handler_t::replace) +
         "\n";
}

}  // namespace strayd::json

namespace strayd {

std::string scan_json(const Report& report) {
  json::Json object = json::scan_object(report);
  object["beside_agent"] = json::beside_agent(report);
  return json::dump(object);
}

}  // namespace strayd
