#include "harm_json.h"

#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "percent.h"

namespace strayd {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::size_t kMostInstancesOfAnApp = 10'000;  // as PM2's list has
constexpr std::size_t kMostPorts = 65'536;

// ---- out ----

std::int64_t in_ms(nanoseconds time) {
  return std::chrono::floor<milliseconds>(time).count();
}

Json key_json(const AppKey& key) {
  return {{"home", percent_encoded(key.home)},
          {"app", percent_encoded(key.app)}};
}

Json process_json(const ProcId& id) {
  return {{"pid", id.pid}, {"start_ticks", id.start_ticks}};
}

Json how_json(const ExitStatus& how) {
  switch (how.how) {
    case ExitStatus::How::Exited:
      return {{"exited", how.value}};
    case ExitStatus::How::Signalled:
      return {{"signalled", how.value}};
    case ExitStatus::How::NotYet:
    case ExitStatus::How::Unknown:
      return nullptr;
  }
  return nullptr;
}

Json moments_json(const std::vector<BootTime>& moments) {
  Json all = Json::array();
  for (const BootTime moment : moments) all.push_back(in_ms(moment));
  return all;
}

Json ends_json(const std::vector<PastEnd>& ends) {
  Json all = Json::array();
  for (const PastEnd& end : ends) {
    all.push_back({{"at_boot_ms", in_ms(end.at)},
                   {"how", how_json(end.how)},
                   {"followed", end.followed}});
  }
  return all;
}

Json app_json(const AppKey& key, const AppHistory& app) {
  Json json = key_json(key);
  json["first_boot_ms"] = in_ms(app.first);
  json["seen_ms"] = in_ms(app.seen);
  json["within_ms"] = in_ms(app.within);
  json["counted_boot_ms"] = in_ms(app.counted);
  json["ends"] = app.ends;
  json["repeats"] = app.repeats;
  json["recent"] = ends_json(app.recent);
  json["period_ms"] = in_ms(app.period);
  json["followed_boot_ms"] = moments_json(app.followed);
  json["past_ends"] = app.past_ends;
  json["past_ms"] = in_ms(app.past);
  return json;
}

Json history_json(const History& history) {
  Json windows = Json::array();
  for (const KillWindow& window : history.windows) {
    windows.push_back({{"began_boot_ms", in_ms(window.began)},
                       {"until_boot_ms", in_ms(window.until)}});
  }
  Json apps = Json::array();
  for (const auto& [key, app] : history.apps)
    apps.push_back(app_json(key, app));
  return {{"windows", std::move(windows)},
          {"counted_boot_ms", in_ms(history.counted)},
          {"apps", std::move(apps)}};
}

Json ties_json(const AppTies& ties) {
  Json tie = nullptr;
  if (ties.tie) {
    tie = process_json(ties.tie->of_tree);
    tie["kind"] = to_string(ties.tie->kind);
    tie["program"] = percent_encoded(ties.tie->program);
  }
  return {{"tie", std::move(tie)}, {"whole", ties.whole}, {"held", ties.held}};
}

Json before_json(const AppFacts& before) {
  Json instances = Json::array();
  for (const auto& [key, launch] : before.instances) {
    instances.push_back(
        {{"home", percent_encoded(key.home)},
         {"unique_id", percent_encoded(key.unique_id)},
         {"pm_id", key.pm_id},
         {"status", to_string(launch.status)},
         {"pm_uptime_ms",
          launch.pm_uptime_ms ? Json(*launch.pm_uptime_ms) : Json(nullptr)}});
  }
  Json ports = Json::array();
  for (const auto& [port, listened] : before.ports) {
    ports.push_back({{"port", port}, {"listened", listened}});
  }
  return {{"instances", std::move(instances)}, {"ports", std::move(ports)}};
}

Json watched_json(const AppKey& key, const WatchedApp& app) {
  Json lost = Json::array();
  for (const auto& [port, since] : app.lost) {
    lost.push_back({{"port", port}, {"since_boot_ms", in_ms(since)}});
  }
  Json json = key_json(key);
  json["before"] = before_json(app.before);
  json["lost"] = std::move(lost);
  json["counted"] = app.counted;
  json["harmed"] = app.harmed;
  json["settled"] = app.settled;
  return json;
}

Json kill_json(const WatchedKill& kill) {
  Json watched = Json::array();
  for (const auto& [key, app] : kill.watched) {
    watched.push_back(watched_json(key, app));
  }
  Json ties = Json::array();
  for (const auto& [key, of_app] : kill.ties) {
    Json json = key_json(key);
    json.update(ties_json(of_app));
    ties.push_back(std::move(json));
  }
  Json json = process_json(kill.kill.tree);
  json["rule"] = percent_encoded(kill.kill.rule);
  json["began_boot_ms"] = in_ms(kill.began);
  json["until_boot_ms"] = in_ms(kill.until);
  json["ties"] = std::move(ties);
  json["watched"] = std::move(watched);
  return json;
}

// ---- in ----

template <typename Read>
auto inner(Members& outer, const char* name, Read read) {
  Members members(outer.object(name));
  auto value = read(members);
  if (!members.complete()) outer.reject();
  return value;
}

AppKey read_key(Members& members) {
  return {.home = members.bytes("home"), .app = members.bytes("app")};
}

// A moment may be of before the boot: what PM2 says of its time.
nanoseconds in_limits(Members& members, std::int64_t ms) {
  constexpr std::int64_t kMost =
      std::chrono::duration_cast<milliseconds>(nanoseconds::max()).count();
  if (ms > kMost || ms < -kMost) {
    members.reject();
    return {};
  }
  return milliseconds{ms};
}

nanoseconds time(Members& members, const char* key) {
  return in_limits(members, members.integer(key));
}

std::uint16_t port(Members& members) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint16_t>::max();
  return static_cast<std::uint16_t>(members.count("port", kMost));
}

ExitStatus read_how(Members& outer) {
  constexpr std::uint64_t kMost = std::numeric_limits<int>::max();
  if (outer.null("how")) return {};
  return inner(outer, "how", [](Members& members) -> ExitStatus {
    const bool exited = members.has("exited");
    return {
        .how = exited ? ExitStatus::How::Exited : ExitStatus::How::Signalled,
        .value = static_cast<int>(
            members.count(exited ? "exited" : "signalled", kMost))};
  });
}

AppHistory read_app(Members& members) {
  AppHistory app{.first = time(members, "first_boot_ms"),
                 .seen = time(members, "seen_ms"),
                 .within = time(members, "within_ms"),
                 .counted = time(members, "counted_boot_ms"),
                 .ends = members.count("ends"),
                 .repeats = members.count("repeats"),
                 .period = time(members, "period_ms"),
                 .past_ends = members.count("past_ends"),
                 .past = time(members, "past_ms")};
  read_each(members, "recent", kRecentEnds, [&](Members& end) {
    app.recent.push_back({.at = time(end, "at_boot_ms"),
                          .how = read_how(end),
                          .followed = end.flag("followed")});
  });
  for (const Json& moment : members.array("followed_boot_ms", kKillsTested)) {
    if (!moment.is_number_integer()) {
      members.reject();
      break;
    }
    app.followed.push_back(in_limits(members, moment.get<std::int64_t>()));
  }
  return app;
}

History read_history(Members& members) {
  History history{.counted = time(members, "counted_boot_ms")};
  read_each(members, "windows", kKillsTested, [&](Members& window) {
    history.windows.push_back({.began = time(window, "began_boot_ms"),
                               .until = time(window, "until_boot_ms")});
  });
  read_each(members, "apps", kMostWatchedApps, [&](Members& app) {
    const AppKey key = read_key(app);
    history.apps[key] = read_app(app);
  });
  return history;
}

AppTies read_ties(Members& members) {
  AppTies ties{.whole = members.flag("whole")};
  if (!members.null("tie")) {
    ties.tie = inner(members, "tie", [](Members& tie) -> Tie {
      return {.kind = tie.word<TieKind>("kind", kTieKinds),
              .of_tree = tie.process(),
              .program = tie.bytes("program")};
    });
  }
  for (const Json& held : members.array("held", kMostPorts)) {
    if (!held.is_number_unsigned() || held.get<std::uint64_t>() >= kMostPorts) {
      members.reject();
      break;
    }
    ties.held.insert(held.get<std::uint16_t>());
  }
  return ties;
}

AppFacts read_before(Members& members) {
  AppFacts before;
  read_each(
      members, "instances", kMostInstancesOfAnApp, [&](Members& instance) {
        const InstanceKey key{.home = instance.bytes("home"),
                              .unique_id = instance.bytes("unique_id"),
                              .pm_id = instance.integer("pm_id")};
        Launch& launch = before.instances[key];
        launch.status = instance.word<Pm2Status>("status", kPm2Statuses);
        if (instance.null("pm_uptime_ms")) return;
        launch.pm_uptime_ms = instance.integer("pm_uptime_ms");
      });
  read_each(members, "ports", kMostPorts, [&](Members& element) {
    before.ports[port(element)] = element.flag("listened");
  });
  return before;
}

WatchedApp read_watched(Members& members) {
  WatchedApp app{.before = inner(members, "before", read_before),
                 .counted = members.flag("counted"),
                 .harmed = members.flag("harmed"),
                 .settled = members.flag("settled")};
  read_each(members, "lost", kMostPorts, [&](Members& element) {
    app.lost[port(element)] = time(element, "since_boot_ms");
  });
  return app;
}

WatchedKill read_kill(Members& members) {
  WatchedKill kill{
      .kill = {.tree = members.process(), .rule = members.bytes("rule")},
      .began = time(members, "began_boot_ms"),
      .until = time(members, "until_boot_ms")};
  read_each(members, "ties", kMostWatchedApps, [&](Members& element) {
    const AppKey key = read_key(element);
    kill.ties[key] = read_ties(element);
  });
  read_each(members, "watched", kMostWatchedApps, [&](Members& element) {
    const AppKey key = read_key(element);
    WatchedApp& app = kill.watched[key] = read_watched(element);
    app.before.app = key;
  });
  return kill;
}

}  // namespace

Json harm_json(const HarmRecord& record) {
  Json kills = Json::array();
  for (const WatchedKill& kill : record.kills) kills.push_back(kill_json(kill));
  return {{"kills", std::move(kills)},
          {"history", history_json(record.history)}};
}

HarmRecord read_harm(Members& members) {
  HarmRecord record{.history = inner(members, "history", read_history)};
  read_each(members, "kills", kMostWatchedKills, [&](Members& kill) {
    record.kills.push_back(read_kill(kill));
  });
  return record;
}

}  // namespace strayd
