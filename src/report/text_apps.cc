// The apps of PM2 in columns: what PM2 does not tell of them.
#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "strayd/report/render.h"

#include "table.h"
#include "words.h"

namespace strayd::words {
namespace {

using std::chrono::milliseconds;

std::string serving(const Report& report, const InstanceReport& instance) {
  if (!instance.backend) return "unknown";
  if (!instance.backend->id) {
    return instance.pm2.status == Pm2Status::Online ? "nothing" : "-";
  }
  const pid_t pid = instance.backend->id->pid;
  const auto& since = instance.backend->start_unix_ms;
  if (!since) return fmt::format("pid {}", pid);
  return fmt::format(
      "pid {}, {}", pid, age(milliseconds{report.finished_unix_ms - *since}));
}

// What strayd knows the cause of, of all that it counted.
std::string causes(const Report& report, const AppReport& app) {
  const AppAccount* account =
      account_of(report.ledger, {.home = app.home, .app = app.app});
  if (account == nullptr) return "-";
  std::vector<std::string> parts;
  for (const auto& [cause, count] : account->restarts) {
    if (count > 0) {
      parts.push_back(fmt::format("{} {}", count, to_string(cause)));
    }
  }
  return parts.empty() ? "-" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string ports(const AppReport& app) {
  if (!app.ports) return "?";
  std::vector<std::string> parts;
  for (const PortShare& share : *app.ports) {
    if (share.sockets == 0) continue;
    parts.push_back(
        share.owner == Owner::Managed
            ? std::to_string(share.port)
            : fmt::format("{} ({})", share.port, to_string(share.owner)));
  }
  return parts.empty() ? "-" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string heard(const RemoteShare& share) {
  std::string text = share.remote;
  if (share.connections > 1) text += fmt::format(" x{}", share.connections);
  if (share.owner != Owner::Managed) {
    text += fmt::format(" ({})", to_string(share.owner));
  }
  if (share.since_receive) text += " " + age(*share.since_receive);
  return text;
}

// Since when it has heard nothing from each far end; what is wrong, first.
std::string remotes(const AppReport& app) {
  if (!app.remotes) return "?";
  std::vector<std::string> parts;
  for (const Owner owner : {Owner::Orphan, Owner::Managed}) {
    for (const RemoteShare& share : *app.remotes) {
      if (share.owner == owner && share.connections > 0) {
        parts.push_back(heard(share));
      }
    }
  }
  return parts.empty() ? "-" : fmt::format("{}", fmt::join(parts, "; "));
}

// Who sent the newest signal that ended an app, a line for each.
std::string senders(const Report& report) {
  std::string lines;
  for (const EndedApp& ended : ended_apps(report)) {
    if (ended.by == nullptr) {
      lines += fmt::format("{}: ended by a signal, sender unknown ({})\n",
                           one_line(ended.app.app),
                           one_line(why_sender_unknown(report)));
      continue;
    }
    lines += fmt::format(
        "{}: ended last by {}, sent by {}, {} ago\n",
        one_line(ended.app.app),
        ended.by->signal,
        sender_text(*ended.by),
        age(milliseconds{report.finished_unix_ms - ended.by->unix_ms}));
  }
  return lines.empty() ? lines : "\n" + lines;
}

bool was_signalled(const Report& report, const AppKey& app) {
  const AppAccount* const account = account_of(report.ledger, app);
  if (account == nullptr) return false;
  return std::ranges::any_of(account->restarts, [](const auto& counted) {
    return counted.first == Cause::Signal && counted.second > 0;
  });
}

}  // namespace

std::vector<EndedApp> ended_apps(const Report& report) {
  std::vector<EndedApp> found;
  for (const AppReport& app : report.apps) {
    const AppKey key{.home = app.home, .app = app.app};
    const auto known = report.senders.find(key);
    if (known != report.senders.end()) {
      found.push_back({.app = key, .by = &known->second.last});
    } else if (was_signalled(report, key)) {
      found.push_back({.app = key});
    }
  }
  return found;
}

std::string apps(const Report& report) {
  Table table({"APP",
               "SLOT",
               "STATUS",
               "SERVES",
               "PORTS",
               "HEARD FROM",
               "RESTARTS",
               "CAUSES SEEN"});
  for (const AppReport& app : report.apps) {
    const std::string on = ports(app);
    const std::string with = remotes(app);
    const std::string why = causes(report, app);
    for (const InstanceReport& instance : app.instances) {
      table.add({app.app,
                 std::to_string(instance.slot),
                 std::string(to_string(instance.pm2.status)),
                 serving(report, instance),
                 on,
                 with,
                 std::to_string(instance.pm2.restart_time),
                 why});
    }
  }
  return table.empty() ? "" : "\n" + table.text() + senders(report);
}

}  // namespace strayd::words
