// The apps of PM2 as JSON: what serves behind them, what they use, who holds
// their ports and far ends.
#include "strayd/report/render.h"

#include "json_parts.h"

namespace strayd::json {

namespace {

// nullopt: it can't be told, which is not the same as "not up".
Json backend(const std::optional<Backend>& backend) {
  if (!backend) return nullptr;
  return {{"up", backend->id.has_value()},
          {"pid", backend->id ? Json(backend->id->pid) : Json(nullptr)},
          {"start_unix_ms", value_or_null(backend->start_unix_ms)}};
}

Json backend_restarts(const Report& report,
                      const AppReport& app,
                      const InstanceReport& instance) {
  const auto account = report.backends.slots.find(
      {.home = app.home, .app = app.app, .slot = instance.slot});
  if (account == report.backends.slots.end()) return nullptr;
  return account->second.restarts;
}

Json process_or_null(const std::optional<ProcId>& id) {
  if (!id) return nullptr;
  return {{"pid", id->pid}, {"start_ticks", id->start_ticks}};
}

Json usage(const std::optional<AppUsage>& usage) {
  if (!usage) return nullptr;
  return {{"processes", usage->processes},
          {"zombies", usage->zombies},
          {"cpu_seconds", seconds(usage->cpu)},
          {"resident_memory_bytes", usage->resident_bytes}};
}

Json ports(const std::optional<std::vector<PortShare>>& shares) {
  if (!shares) return nullptr;
  Json list = Json::array();
  for (const PortShare& share : *shares) {
    list.push_back({{"port", share.port},
                    {"owner", to_string(share.owner)},
                    {"listeners", share.sockets},
                    {"holder", process_or_null(share.holder)}});
  }
  return list;
}

Json seconds_or_null(const auto& duration) {
  return duration ? seconds(*duration) : Json(nullptr);
}

Json instance(const Report& report,
              const AppReport& app,
              const InstanceReport& instance) {
  return {{"slot", instance.slot},
          {"pm_id", instance.pm2.pm_id},
          {"pid", value_or_null(instance.pm2.pid)},
          {"status", to_string(instance.pm2.status)},
          {"restarts", instance.pm2.restart_time},
          {"unstable_restarts", instance.pm2.unstable_restarts},
          {"start_unix_ms", value_or_null(instance.start_unix_ms)},
          {"backend", backend(instance.backend)},
          {"backend_restarts", backend_restarts(report, app, instance)}};
}

Json counted_restarts(const Report& report, const AppReport& app) {
  const AppAccount* account =
      account_of(report.ledger, {.home = app.home, .app = app.app});
  if (account == nullptr) return nullptr;
  Json causes = Json::object();
  for (const Cause cause : kCauses) {
    const auto found = account->restarts.find(cause);
    causes[std::string(to_string(cause))] =
        found == account->restarts.end() ? 0 : found->second;
  }
  return causes;
}

Json ends(const Report& report, const AppReport& app) {
  Json counts = Json::object();
  const auto found = report.ends.find({.home = app.home, .app = app.app});
  if (found == report.ends.end()) return counts;
  for (const auto& [how, count] : found->second) counts[how] = count;
  return counts;
}

// nullopt: nobody told of one.
Json last_sender(const Report& report, const AppReport& app) {
  const auto found = report.senders.find({.home = app.home, .app = app.app});
  if (found == report.senders.end()) return nullptr;
  const LastSender& last = found->second.last;
  return {{"signal", last.signal},
          {"sender", last.sender},
          {"via", last.via},
          {"unit", last.unit},
          {"uid", value_or_null(last.uid)},
          {"unix_ms", last.unix_ms}};
}

}  // namespace

Json remotes(const std::optional<std::vector<RemoteShare>>& shares) {
  if (!shares) return nullptr;
  Json list = Json::array();
  for (const RemoteShare& share : *shares) {
    list.push_back(
        {{"remote", text(share.remote)},
         {"owner", to_string(share.owner)},
         {"connections", share.connections},
         {"age_seconds", seconds_or_null(share.age)},
         {"last_receive_seconds", seconds_or_null(share.since_receive)}});
  }
  return list;
}

Json apps(const Report& report) {
  Json list = Json::array();
  for (const AppReport& app : report.apps) {
    Json instances = Json::array();
    for (const InstanceReport& each : app.instances) {
      instances.push_back(instance(report, app, each));
    }
    list.push_back({{"home", text(app.home)},
                    {"app", text(app.app)},
                    {"restarts_by_cause", counted_restarts(report, app)},
                    {"ends", ends(report, app)},
                    {"last_sender", last_sender(report, app)},
                    {"instances", std::move(instances)},
                    {"usage", usage(app.usage)},
                    {"ports", ports(app.ports)},
                    {"remotes", remotes(app.remotes)}});
  }
  return list;
}

Json conflicts(const Report& report) {
  Json list = Json::array();
  for (const PortConflict& conflict : report.conflicts) {
    list.push_back({{"home", text(conflict.app.home)},
                    {"app", text(conflict.app.app)},
                    {"port", conflict.port},
                    {"owner", to_string(conflict.owner)},
                    {"holder", process_or_null(conflict.holder)},
                    {"tree", process_or_null(conflict.tree)},
                    {"asked", conflict.asked},
                    {"text", text(conflict_text(report, conflict))}});
  }
  return list;
}

}  // namespace strayd::json
