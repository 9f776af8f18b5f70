// A report in which everything happens once: for tests of what reads reports.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "strayd/core/report.h"

namespace strayd::sample {

// 2025-01-31 12:00:00 UTC
inline constexpr std::int64_t kNoon = 1'738'324'800'000;
inline constexpr const char* kRule = "tsx-server";
inline constexpr const char* kHome = "/root/.pm2";

inline ProcId id(pid_t pid) {
  return {.pid = pid, .start_ticks = static_cast<std::uint64_t>(pid) * 10};
}

inline Pm2Instance instance(std::string name,
                            std::int64_t pm_id,
                            std::optional<pid_t> pid,
                            Pm2Status status) {
  return {.name = std::move(name),
          .pm_id = pm_id,
          .pid = pid,
          .status = status,
          .unique_id = "unique",
          .restart_time = 7,
          .unstable_restarts = 1,
          .pm_uptime_ms = kNoon - 60'000,
          .exec_mode = "fork_mode"};
}

inline Pm2View answering(std::string home, std::vector<Pm2Instance> instances) {
  return {.home = std::move(home),
          .uid = 0,
          .reply = Pm2Answer{.daemon = id(100),
                             .uid = 0,
                             .instances = std::move(instances)},
          .rpc_duration = std::chrono::milliseconds{4}};
}

inline Pm2View quiet(std::string home, Pm2Quiet kind, std::string why) {
  return {.home = std::move(home),
          .reply =
              std::unexpected(Pm2Silence{.kind = kind, .why = std::move(why)})};
}

inline Verdict verdict(pid_t pid, Standing standing, Why why) {
  Verdict verdict{.id = id(pid),
                  .standing = standing,
                  .reason = {.why = why, .text = "the reason of it"},
                  .rule = kRule,
                  .chain = {id(1)},
                  .tree = id(pid)};
  if (is_orphan(standing)) verdict.kind = standing;
  return verdict;
}

inline Shown shown(std::string script, std::chrono::nanoseconds age) {
  return {
      .program = "node", .script = std::move(script), .uid = 1000, .age = age};
}

// A scan of a quiet host: one app, and nothing that is not its own.
inline Report quiet_report() {
  using std::chrono::milliseconds;
  Report report{.scan = 1,
                .finished_unix_ms = kNoon,
                .duration = milliseconds{12},
                .processes = 213,
                .rules = {kRule},
                .reload = {.success_unix_ms = kNoon - 3'600'000}};
  const Pm2Instance shop = instance("shop", 0, 110, Pm2Status::Online);
  report.pm2 = {answering(kHome, {shop})};
  report.apps = {
      {.home = kHome,
       .app = "shop",
       .instances = {{.slot = 0,
                      .pm2 = shop,
                      .start_unix_ms = kNoon - 60'000,
                      .backend = Backend{.id = id(112),
                                         .start_unix_ms = kNoon - 59'500}}}}};
  Verdict managed = verdict(112, Standing::Managed, Why::ListedByPm2);
  managed.app = "shop";
  managed.home = kHome;
  managed.chain = {id(110), id(100), id(1)};
  report.verdicts = {managed};
  report.shown[id(112)] = shown("server.ts", std::chrono::seconds{59});
  report.ledger.apps[{.home = kHome, .app = "shop"}] = {
      .restarts = {{Cause::ExitCode, 3}, {Cause::Operator, 2}}, .resets = 1};
  report.ends[{.home = kHome, .app = "shop"}] = {{"code_other", 3},
                                                 {"SIGTERM", 2}};
  report.senders[{.home = kHome, .app = "shop"}].last = {
      .signal = "SIGTERM",
      .sender = "kill",
      .via = "cleanup-old-pro < sh < cron",
      .unit = "cron.service",
      .uid = 0,
      .unix_ms = kNoon - 90'000};
  report.features = {{"pidfd", true}, {"ptrace", true}};
  report.totals.scans = 1;
  report.totals.last_good_unix_ms = kNoon;
  report.totals.scan_duration = Histogram::with({0.01, 0.1, 1});
  report.totals.scan_duration.observe(0.012);
  report.totals.reap_duration = Histogram::with({1, 10});
  report.totals.orphan_age = Histogram::with({60, 3600});
  return report;
}

inline void add_candidates(Report& report) {
  using std::chrono::minutes;
  Verdict leftover = verdict(4711, Standing::Leftover, Why::Superseded);
  leftover.reason.text =
      "PM2 has launched its app anew; this is an earlier launch that nobody "
      "owns";
  leftover.app = "shop";
  leftover.home = kHome;
  leftover.tree = id(4700);
  leftover.chain = {id(4700), id(1)};
  Verdict wrapper = leftover;
  wrapper.id = id(4700);
  wrapper.role = Role::Wrapper;
  wrapper.chain = {id(1)};
  Verdict held = verdict(4800, Standing::Held, Why::Pm2Silent);
  held.reason.text = "the PM2 in /srv/b/.pm2 does not answer: no answer in 2 s";
  held.app = "mail";
  held.home = "/srv/b/.pm2";
  Verdict pending = verdict(4900, Standing::Pending, Why::Unconfirmed);
  pending.kind = Standing::Stray;
  report.verdicts.insert(
      report.verdicts.end(),
      {wrapper,
       leftover,
       held,
       pending,
       verdict(4950, Standing::Stray, Why::NoOwner),
       verdict(4960, Standing::Protected, Why::ProtectMarker)});
  report.shown[id(4700)] = {.program = "sh", .uid = 1000, .age = minutes{190}};
  report.shown[id(4711)] = shown("server.ts", minutes{190});
  report.shown[id(4800)] = shown("server.ts", minutes{3});
  report.shown[id(4900)] = shown("server.ts", std::chrono::seconds{7});
  report.shown[id(4950)] = shown("server.ts", std::chrono::hours{100});
  report.shown[id(4960)] = shown("server.ts", minutes{30});
  report.withheld = {
      {.root = id(4700), .rule = kRule, .why = Withheld::BreakerOpen},
      {.root = id(4800), .rule = kRule, .why = Withheld::EvidenceMissing},
      {.root = id(4950), .rule = kRule, .why = Withheld::BreakerOpen}};
}

inline void add_apps(Report& report) {
  const Pm2Instance online = instance("feed", 1, 120, Pm2Status::Online);
  const Pm2Instance stopped =
      instance("feed", 2, std::nullopt, Pm2Status::Stopped);
  report.pm2.front().reply->instances.insert(
      report.pm2.front().reply->instances.end(), {online, stopped});
  report.pm2.push_back(
      quiet("/srv/b/.pm2", Pm2Quiet::Silent, "no answer in 2 s"));
  report.pm2.back().rpc_duration = std::chrono::seconds{2};
  report.pm2.push_back(
      quiet("/srv/c/.pm2", Pm2Quiet::Dead, "connect: refused"));
  report.pm2.push_back(
      quiet("/srv/d/.pm2", Pm2Quiet::NeverSeen, "no such directory"));
  report.apps.push_back({.home = kHome,
                         .app = "feed",
                         .instances = {{.slot = 0,
                                        .pm2 = online,
                                        .start_unix_ms = kNoon - 60'000,
                                        .backend = Backend{},
                                        .down_since_unix_ms = kNoon - 50'000},
                                       {.slot = 1, .pm2 = stopped}}});
  report.ledger.apps[{.home = kHome, .app = "feed"}] = {};
}

// The orphan 4711 has the port of `shop` and its session at the exchange.
inline void add_sockets(Report& report) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  AppReport& shop = report.apps.front();
  shop.usage = {.processes = 3,
                .zombies = 1,
                .cpu = milliseconds{12'500},
                .resident_bytes = 180'000'000};
  shop.ports = {
      {.port = 3000, .owner = Owner::Managed},
      {.port = 3000, .owner = Owner::Orphan, .sockets = 2, .holder = id(4711)},
      {.port = 3000, .owner = Owner::Foreign}};
  shop.remotes = {{.remote = "exchange",
                   .owner = Owner::Managed,
                   .connections = 1,
                   .age = seconds{50},
                   .since_receive = milliseconds{90'250}},
                  {.remote = "exchange",
                   .owner = Owner::Orphan,
                   .connections = 1,
                   .age = std::chrono::hours{3},
                   .since_receive = milliseconds{1'500}}};
  report.strays = {{.remote = "exchange", .owner = Owner::Orphan}};
  report.conflicts = {{.app = {.home = kHome, .app = "shop"},
                       .port = 3000,
                       .owner = Owner::Orphan,
                       .holder = id(4711),
                       .tree = id(4700)}};
  report.backends.slots = {
      {{.home = kHome, .app = "shop", .slot = 0}, {.restarts = 5}},
      {{.home = "/srv/b/.pm2", .app = "mail", .slot = 0}, {.restarts = 2}}};
}

inline void add_deeds(Report& report) {
  const Reaped ended{.id = id(4600),
                     .tree = id(4600),
                     .rule = kRule,
                     .app = "shop",
                     .home = kHome,
                     .kind = Standing::Leftover,
                     .outcome = Outcome::Terminated,
                     .duration = std::chrono::milliseconds{410}};
  Reaped refused = ended;
  refused.id = refused.tree = id(4610);
  refused.outcome = Outcome::Refused;
  refused.failure = FailureWhy::Changed;
  refused.detail = "it runs another program now";
  report.reaped = {ended, refused};
  report.shown[id(4600)] = shown("server.ts", std::chrono::minutes{90});
  report.shown[id(4610)] = shown("server.ts", std::chrono::minutes{91});
}

inline void add_totals(Report& report) {
  Totals& totals = report.totals;
  totals.scans = 42;
  totals.scan_errors = {{"denied", 1}};
  totals.detected[{kRule, Standing::Leftover}] = 3;
  totals.killed[{kRule, Standing::Leftover, Outcome::Terminated}] = 2;
  totals.killed[{kRule, Standing::Stray, Outcome::Killed}] = 1;
  totals.failures[{kRule, FailureWhy::Changed}] = 1;
  totals.withheld[{kRule, Withheld::BreakerOpen}] = 5;
  totals.returned[kRule] = 2;
  totals.harmful = 1;
  totals.followed = 4;
  totals.reap_duration.observe(0.41);
  totals.reap_duration.observe(12);
  totals.orphan_age.observe(90);
}

// The stray came back for the second time, started by a script; and ending
// something once harmed an app.
inline void add_aftermath(Report& report) {
  for (Verdict& verdict : report.verdicts) {
    if (verdict.id == id(4950)) verdict.chain = {id(4940), id(1)};
  }
  report.shown[id(4940)] = {
      .program = "dash", .script = "respawn.sh", .uid = 1000};
  report.returned[id(4950)] = {
      .rule = kRule, .parent = id(4940), .times = 2, .is_new = true};
  report.harms = {{.app = {.home = kHome, .app = "feed"},
                   .kind = HarmKind::LostListener,
                   .kill = {.tree = id(4500), .rule = kRule},
                   .text = "feed does not listen on port 3000 any more since "
                           "strayd ended the orphan tree of pid 4500",
                   .found_unix_ms = kNoon - 7'200'000}};
}

// Everything at once: orphans, held, pending, reaped, homes in every state, an
// open breaker, a blind spot.
inline Report rich_report() {
  Report report = quiet_report();
  report.scan = 42;
  report.mode = Mode::Enforce;
  report.vanished = 2;
  report.unreadable = 1;
  add_candidates(report);
  add_apps(report);
  add_sockets(report);
  add_deeds(report);
  add_totals(report);
  add_aftermath(report);
  report.breaker = {.open = true,
                    .why = "4 orphan trees in one scan, and 3 are allowed",
                    .since_unix_ms = kNoon - 7'200'000};
  report.features["ptrace"] = false;
  report.features["pm2_events"] = false;
  report.remarks["pm2_events"] = "PM2 in /root/.pm2: the stream broke off";
  report.blind = {{"ptrace", "CAP_SYS_PTRACE is missing"}};
  report.zombies = {{kRule, 2}};
  report.newly_detected = {id(4950)};
  return report;
}

}  // namespace strayd::sample
