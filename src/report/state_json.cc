#include <chrono>
#include <cstddef>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "strayd/report/state.h"

#include "crc32.h"
#include "ends_json.h"
#include "harm_json.h"
#include "json_members.h"
#include "percent.h"

namespace strayd {
namespace {

using Json = nlohmann::json;

constexpr const char* kFormat = "strayd-state";
constexpr std::uint64_t kVersion = 1;
constexpr std::uint64_t kMostUid = std::numeric_limits<uid_t>::max();

std::unexpected<Error> malformed(const std::string& why) {
  return fail(Fault::Malformed, "state: " + why);
}

// ---- out ----

Json apps_json(const RestartLedger& ledger) {
  Json all = Json::array();
  for (const auto& [key, account] : ledger.apps) {
    Json restarts = Json::object();
    for (const auto& [cause, count] : account.restarts) {
      restarts[std::string(to_string(cause))] = count;
    }
    Json app = {{"home", percent_encoded(key.home)},
                {"app", percent_encoded(key.app)},
                {"restarts", std::move(restarts)},
                {"resets", account.resets}};
    if (account.unlisted_since_unix_ms) {
      app["unlisted_since_unix_ms"] = *account.unlisted_since_unix_ms;
    }
    all.push_back(std::move(app));
  }
  return all;
}

Json instances_json(const RestartLedger& ledger) {
  Json all = Json::array();
  for (const auto& [key, baseline] : ledger.instances) {
    all.push_back({{"home", percent_encoded(key.home)},
                   {"unique_id", percent_encoded(key.unique_id)},
                   {"pm_id", key.pm_id},
                   {"app", percent_encoded(baseline.app)},
                   {"restart_time", baseline.restart_time}});
  }
  return all;
}

Json ledger_homes_json(const RestartLedger& ledger) {
  Json all = Json::array();
  for (const auto& [home, answered] : ledger.homes) {
    all.push_back({{"home", percent_encoded(home)}, {"answered", answered}});
  }
  return all;
}

Json slots_json(const BackendLedger& backends) {
  Json all = Json::array();
  for (const auto& [key, account] : backends.slots) {
    Json last = nullptr;
    if (account.last) {
      last = {{"pid", account.last->pid},
              {"start_ticks", account.last->start_ticks}};
    }
    Json slot = {{"home", percent_encoded(key.home)},
                 {"app", percent_encoded(key.app)},
                 {"slot", key.slot},
                 {"restarts", account.restarts},
                 {"last", std::move(last)},
                 {"listened", account.listened},
                 {"steady", account.steady}};
    if (account.root) {
      slot["root"] = {{"pid", account.root->pid},
                      {"start_ticks", account.root->start_ticks}};
    }
    if (account.down_since_unix_ms) {
      slot["down_since_unix_ms"] = *account.down_since_unix_ms;
    }
    all.push_back(std::move(slot));
  }
  return all;
}

Json ports_json(const KnownPorts& known) {
  Json all = Json::array();
  for (const auto& [key, ports] : known) {
    Json listed = Json::array();
    for (const auto& [port, by_daemon] : ports) {
      listed.push_back({{"port", port}, {"by_daemon", by_daemon}});
    }
    all.push_back({{"home", percent_encoded(key.home)},
                   {"app", percent_encoded(key.app)},
                   {"ports", std::move(listed)}});
  }
  return all;
}

Json asked_json(const AskedPorts& asked) {
  Json all = Json::array();
  for (const auto& [key, ports] : asked) {
    all.push_back({{"home", percent_encoded(key.home)},
                   {"app", percent_encoded(key.app)},
                   {"ports", ports}});
  }
  return all;
}

Json homes_seen_json(const State& state) {
  Json all = Json::array();
  for (const auto& [home, uid] : state.homes_seen) {
    all.push_back({{"home", percent_encoded(home)},
                   {"uid", uid ? Json(*uid) : Json(nullptr)}});
  }
  return all;
}

Json homes_ended_json(const State& state) {
  Json all = Json::array();
  for (const std::string& home : state.homes_ended) {
    all.push_back({{"home", percent_encoded(home)}});
  }
  return all;
}

Json in_grace_json(const State& state) {
  Json all = Json::array();
  for (const auto& [id, until] : state.in_grace) {
    all.push_back({{"pid", id.pid},
                   {"start_ticks", id.start_ticks},
                   {"until_boot_ms", until}});
  }
  return all;
}

Json kept_json(const State& state) {
  using std::chrono::ceil;
  using std::chrono::milliseconds;
  Json all = Json::array();
  for (const auto& [key, kept] : state.kept) {
    all.push_back({{"uid", key.uid},
                   {"print", key.print},
                   {"until_boot_ms", ceil<milliseconds>(kept.until).count()},
                   {"within_ms", ceil<milliseconds>(kept.within).count()}});
  }
  return all;
}

Json state_json(const State& state) {
  return {{"boot_id", percent_encoded(state.boot_id)},
          {"breaker",
           {{"open", state.breaker.open},
            {"why", percent_encoded(state.breaker.why)},
            {"since_unix_ms", state.breaker.since_unix_ms}}},
          {"kills_unix_ms", state.kills_unix_ms},
          {"homes_seen", homes_seen_json(state)},
          {"homes_ended", homes_ended_json(state)},
          {"in_grace", in_grace_json(state)},
          {"origins_boot_id", percent_encoded(state.origins_boot_id)},
          {"kept", kept_json(state)},
          {"harm", harm_json(state.harm)},
          {"backends",
           {{"boot_id", percent_encoded(state.backends.boot_id)},
            {"slots", slots_json(state.backends)}}},
          {"ends", ends_json(state.ends)},
          {"senders", senders_json(state.senders)},
          {"ports", ports_json(state.ports)},
          {"asked_ports", asked_json(state.asked)},
          {"ledger",
           {{"apps", apps_json(state.ledger)},
            {"instances", instances_json(state.ledger)},
            {"homes", ledger_homes_json(state.ledger)}}}};
}

// ---- in ----

AppAccount read_account(Members& members) {
  AppAccount account{.resets = members.count("resets")};
  const Json& restarts = members.object("restarts");
  std::size_t known = 0;
  for (const Cause cause : kCauses) {
    const std::string word(to_string(cause));
    if (!restarts.is_object() || !restarts.contains(word)) continue;
    ++known;
    Members counts(restarts);
    account.restarts[cause] = counts.count(word.c_str());
    if (!counts.complete()) members.reject();
  }
  if (known != restarts.size()) members.reject();  // a word that is not ours
  if (members.has("unlisted_since_unix_ms")) {
    account.unlisted_since_unix_ms = members.integer("unlisted_since_unix_ms");
  }
  return account;
}

// Each reads one element of an array into the state.
void read_app(Members& members, State& state) {
  const AppKey key{.home = members.bytes("home"), .app = members.bytes("app")};
  state.ledger.apps[key] = read_account(members);
}

void read_instance(Members& members, State& state) {
  const InstanceKey key{.home = members.bytes("home"),
                        .unique_id = members.bytes("unique_id"),
                        .pm_id = members.integer("pm_id")};
  state.ledger.instances[key] = {
      .app = members.bytes("app"),
      .restart_time = members.positive("restart_time")};
}

void read_ledger_home(Members& members, State& state) {
  state.ledger.homes[members.bytes("home")] = members.flag("answered");
}

void read_slot(Members& members, State& state) {
  constexpr std::uint64_t kMostSlot = std::numeric_limits<int>::max();
  const SlotKey key{.home = members.bytes("home"),
                    .app = members.bytes("app"),
                    .slot = static_cast<int>(members.count("slot", kMostSlot))};
  BackendAccount& account = state.backends.slots[key];
  account.restarts = members.count("restarts");
  if (members.has("listened")) account.listened = members.flag("listened");
  if (members.has("steady")) account.steady = members.flag("steady");
  if (members.has("root")) {
    Members root(members.object("root"));
    account.root = root.process();
    if (!root.complete()) members.reject();
  }
  if (members.has("down_since_unix_ms")) {
    account.down_since_unix_ms = members.integer("down_since_unix_ms");
  }
  if (members.null("last")) return;
  Members last(members.object("last"));
  account.last = last.process();
  if (!last.complete()) members.reject();
}

void read_ports(Members& members, State& state) {
  constexpr std::uint64_t kMostPort = std::numeric_limits<std::uint16_t>::max();
  const AppKey key{.home = members.bytes("home"), .app = members.bytes("app")};
  std::map<std::uint16_t, bool>& ports = state.ports[key];
  read_each(members, "ports", kMostPortsOfApp, [&](Members& one) {
    const auto port = static_cast<std::uint16_t>(one.count("port", kMostPort));
    ports[port] = one.flag("by_daemon");
  });
}

void read_asked(Members& members, State& state) {
  const AppKey key{.home = members.bytes("home"), .app = members.bytes("app")};
  std::set<std::uint16_t>& ports = state.asked[key];
  for (const Json& port : members.array("ports", kMostPortsOfApp)) {
    if (!port.is_number_unsigned() ||
        port.get<std::uint64_t>() > std::numeric_limits<std::uint16_t>::max()) {
      members.reject();
      return;
    }
    ports.insert(port.get<std::uint16_t>());
  }
}

void read_home_seen(Members& members, State& state) {
  std::optional<uid_t>& uid = state.homes_seen[members.bytes("home")];
  if (members.null("uid")) return;
  uid = static_cast<uid_t>(members.count("uid", kMostUid));
}

void read_in_grace(Members& members, State& state) {
  const ProcId id = members.process();
  state.in_grace[id] = members.positive("until_boot_ms");
}

void read_kept(Members& members, State& state) {
  using std::chrono::milliseconds;
  constexpr auto kLongest = static_cast<std::uint64_t>(
      std::chrono::duration_cast<milliseconds>(BootTime::max()).count());
  const ReactionKey key{
      .uid = static_cast<uid_t>(members.count("uid", kMostUid)),
      .print = members.count("print")};
  const auto duration = [&](const char* name) {
    return milliseconds(
        static_cast<std::int64_t>(members.count(name, kLongest)));
  };
  state.kept[key] = {.until = duration("until_boot_ms"),
                     .within = duration("within_ms")};
}

void read_kills(Members& members, State& state) {
  for (const Json& moment : members.array("kills_unix_ms", kMostKills)) {
    if (!moment.is_number_integer()) {
      members.reject();
      return;
    }
    state.kills_unix_ms.push_back(moment.get<std::int64_t>());
  }
}

Result<State> read_state(const Json& object) {
  Members members(object);
  Members breaker(members.object("breaker"));
  State state{.boot_id = members.bytes("boot_id"),
              .breaker = {.open = breaker.flag("open"),
                          .why = breaker.bytes("why"),
                          .since_unix_ms = breaker.integer("since_unix_ms")}};
  const auto with = [&](void (*read)(Members&, State&)) {
    return [&state, read](Members& one) {
      read(one, state);
    };
  };
  read_kills(members, state);
  read_each(members, "homes_seen", kMostHomes, with(read_home_seen));
  if (members.has("homes_ended")) {
    read_each(members, "homes_ended", kMostHomes, [&state](Members& one) {
      state.homes_ended.insert(one.bytes("home"));
    });
  }
  if (members.has("in_grace")) {  // there were none at first
    read_each(members, "in_grace", kMostInGrace, with(read_in_grace));
  }
  if (members.has("origins_boot_id")) {  // nor were they written
    state.origins_boot_id = members.bytes("origins_boot_id");
  }
  if (members.has("ports")) {
    read_each(members, "ports", kMostKnownPorts, with(read_ports));
  }
  if (members.has("asked_ports")) {
    read_each(members, "asked_ports", kMostKnownPorts, with(read_asked));
  }
  if (members.has("kept")) {
    read_each(members, "kept", kMostKeptKeys, with(read_kept));
  }
  if (members.has("harm")) {
    Members harm(members.object("harm"));
    state.harm = read_harm(harm);
    if (!harm.complete()) members.reject();
  }
  if (members.has("ends")) {
    read_each(members, "ends", kMostApps, [&state](Members& one) {
      read_ends(one, state.ends);
    });
    read_each(members, "senders", kMostApps, [&state](Members& one) {
      read_sender(one, state.senders);
    });
  }
  Members backends(members.object("backends"));
  state.backends.boot_id = backends.bytes("boot_id");
  read_each(backends, "slots", kMostSlots, with(read_slot));
  Members ledger(members.object("ledger"));
  read_each(ledger, "apps", kMostApps, with(read_app));
  read_each(ledger, "instances", kMostInstances, with(read_instance));
  read_each(ledger, "homes", kMostHomes, with(read_ledger_home));
  if (members.complete() && breaker.complete() && backends.complete() &&
      ledger.complete()) {
    return state;
  }
  return malformed("a value lacks, is of another type, or absurd");
}

}  // namespace

std::string format_state(const State& state) {
  const Json content = state_json(state);
  const Json file = {{"format", kFormat},
                     {"version", kVersion},
                     {"crc32", crc32(content.dump())},
                     {"state", content}};
  return file.dump(1) + '\n';
}

Result<State> parse_state(std::string_view text) {
  // What lies deeper is not ours, and dump() would follow it down the stack.
  constexpr int kDeepest = 16;
  const Json file = Json::parse(
      text,
      [](int depth, Json::parse_event_t /*event*/, Json& /*parsed*/) {
        return depth <= kDeepest;
      },
      false);
  Members members(file);
  if (members.text("format") != kFormat) {
    return malformed("not JSON of the format strayd-state");
  }
  const std::uint64_t version = members.count("version");
  if (version != kVersion) {
    return malformed("version " + std::to_string(version) + ", not " +
                     std::to_string(kVersion));
  }
  const std::uint64_t sum = members.count("crc32");
  Result<State> state = read_state(members.object("state"));
  if (!state) return state;
  // Over all that was written, also by a strayd that had more to say.
  if (!members.complete() || sum != crc32(members.object("state").dump())) {
    return malformed("its checksum does not fit");
  }
  return state;
}

}  // namespace strayd
