// `/`: the newest report as a page. No script, nothing from elsewhere: it works
// in a text browser, over a tunnel, and under the strictest content policy.
#include <string>
#include <vector>

#include <fmt/format.h>

#include "strayd/report/render.h"
#include "strayd/report/version.h"

#include "html.h"
#include "page_parts.h"
#include "words.h"

namespace strayd {
namespace {

using html::badge;
using html::escaped;
using html::or_dash;
using html::Tone;
using Cells = std::vector<std::string>;

std::string when(const std::optional<std::int64_t>& unix_ms) {
  return unix_ms ? words::moment(*unix_ms) : "unknown";
}

// Where no scan judged, an empty table proves nothing.
std::string_view unknown_or(const Report& report, std::string_view empty) {
  return report.scan == 0 || report.failure ? "Not known: nothing was judged."
                                            : empty;
}

std::string mode_badges(const Report& report) {
  std::string text = report.mode == Mode::Enforce
                         ? badge(Tone::Good, "mode: enforce")
                         : badge(Tone::Quiet, "mode: observe");
  text += " ";
  text += report.breaker.open ? badge(Tone::Bad, "breaker: open")
                              : badge(Tone::Good, "breaker: closed");
  text += " ";
  text += report.acting ? badge(Tone::Good, "orphans are ended")
                        : badge(Tone::Quiet, "nothing is ended");
  return text;
}

std::string scan_sentence(const Report& report) {
  if (report.scan == 0) return "No scan has finished yet.";
  if (report.failure) {
    return fmt::format("Scan {} failed at {}.",
                       report.scan,
                       words::moment(report.finished_unix_ms));
  }
  return fmt::format("Scan {} finished at {} and saw {} in {}.",
                     report.scan,
                     words::moment(report.finished_unix_ms),
                     words::plural(report.processes, "process"),
                     words::age(report.duration));
}

std::string header(const Report& report) {
  return fmt::format(
      "<header>\n<h1>strayd <small class=\"quiet\">{}</small></h1>\n"
      "<p>{}</p>\n<p>{}</p>\n"
      "<nav aria-label=\"More\"><p><a href=\"/metrics\">Metrics</a> "
      "<a href=\"/api/v1/status\">Status as JSON</a> "
      "<a href=\"/-/healthy\">Healthy?</a> "
      "<a href=\"/-/ready\">Ready?</a></p></nav>\n</header>\n",
      escaped(version()),
      mode_badges(report),
      scan_sentence(report));
}

std::string alarm(std::string_view what, std::string_view why) {
  return fmt::format(
      "<p class=\"alarm\"><strong>{}</strong> {}</p>\n", what, escaped(why));
}

std::string alarms(const Report& report) {
  std::string text;
  if (report.failure) {
    text += alarm("The newest scan failed; nothing was judged.",
                  report.failure->what);
  }
  if (report.breaker.open) {
    text += alarm(fmt::format("The breaker is open since {}.",
                              words::moment(report.breaker.since_unix_ms)),
                  report.breaker.why);
  }
  if (!report.reload.successful) {
    text += alarm("The newest config was refused.",
                  "The last good one is in force.");
  }
  for (const PortConflict& conflict : report.conflicts) {
    text += alarm("In the way:", conflict_text(report, conflict) + ".");
  }
  for (const auto& [feature, why] : report.blind) {
    text += alarm(fmt::format("Blind: {}.", escaped(feature)), why);
  }
  for (const IdleRule& idle : report.idle_rules) {
    text += fmt::format("<p class=\"quiet\">{}</p>\n",
                        escaped(idle_rule_text(idle)));
  }
  for (const Unseen& lack : report.unseen) {
    text += alarm("Not seen:", words::not_seen(lack));
  }
  return text;
}

std::string state_badge(const Pm2View& view) {
  if (view.reply) return badge(Tone::Good, "answering");
  switch (view.reply.error().kind) {
    case Pm2Quiet::Silent:
      return badge(Tone::Bad, "silent");
    case Pm2Quiet::Dead:
      return badge(Tone::Bad, "dead");
    case Pm2Quiet::NeverSeen:
      return badge(Tone::Quiet, "never seen");
  }
  return "";
}

Cells home_cells(const Pm2View& view) {
  const bool answers = view.reply.has_value();
  const std::string_view missing =
      words::state(view) == "silent" ? "unknown" : "–";
  return {
      escaped(view.home),
      state_badge(view),
      answers ? std::to_string(view.reply->daemon.pid) : std::string(missing),
      answers ? std::to_string(view.reply->instances.size())
              : std::string(missing),
      answers ? "" : escaped(view.reply.error().why)};
}

std::string homes(const Report& report) {
  html::Table table("PM2 homes",
                    {"Home", "State", "Daemon", "Instances", "Remark"});
  for (const Pm2View& view : report.pm2) {
    table.add([&] { return home_cells(view); });
  }
  return table.text(unknown_or(report, "No PM2 was found."));
}

Tone tone(Pm2Status status) {
  switch (status) {
    case Pm2Status::Online:
      return Tone::Good;
    case Pm2Status::Launching:
    case Pm2Status::Stopping:
    case Pm2Status::WaitingRestart:
    case Pm2Status::Unknown:
      return Tone::Warning;
    case Pm2Status::Stopped:
      return Tone::Quiet;
    case Pm2Status::Errored:
      return Tone::Bad;
  }
  return Tone::Quiet;
}

std::string backend(const InstanceReport& instance) {
  if (!instance.backend) return "unknown";
  if (instance.backend->id) {
    return fmt::format("{} since {}",
                       instance.backend->id->pid,
                       when(instance.backend->start_unix_ms));
  }
  const bool wanted = instance.pm2.status == Pm2Status::Online;
  return badge(wanted ? Tone::Bad : Tone::Quiet,
               wanted ? "down: restart needed" : "none");
}

Cells instance_cells(const AppReport& app, const InstanceReport& instance) {
  const Pm2Instance& pm2 = instance.pm2;
  return {escaped(app.app),
          std::to_string(instance.slot),
          badge(tone(pm2.status), to_string(pm2.status)),
          std::to_string(pm2.restart_time),
          pm2.pid ? std::to_string(*pm2.pid) : "–",
          instance.start_unix_ms ? when(instance.start_unix_ms) : "–",
          backend(instance),
          escaped(app.home)};
}

std::string apps(const Report& report) {
  html::Table table("Apps of PM2",
                    {"App",
                     "Slot",
                     "Status",
                     "Restarts",
                     "Process",
                     "Since",
                     "What serves",
                     "Home"});
  for (const AppReport& app : report.apps) {
    for (const InstanceReport& instance : app.instances) {
      table.add([&] { return instance_cells(app, instance); });
    }
  }
  return table.text(unknown_or(report, "No PM2 that answers has an app."));
}

Tone tone(Standing standing) {
  switch (standing) {
    case Standing::Protected:
      return Tone::Quiet;
    case Standing::Managed:
      return Tone::Good;
    case Standing::Held:
    case Standing::Pending:
      return Tone::Warning;
    case Standing::Leftover:
    case Standing::Stray:
      return Tone::Bad;
  }
  return Tone::Quiet;
}

Cells verdict_cells(const Report& report, const Verdict& verdict) {
  const Shown shown = words::shown(report, verdict.id);
  return {std::to_string(verdict.id.pid),
          escaped(words::title(shown)),
          badge(tone(verdict.standing), to_string(verdict.standing)),
          escaped(verdict.reason.text),
          or_dash(verdict.app),
          shown.program.empty() ? "unknown" : words::age(shown.age),
          words::user(shown.uid)};
}

std::string candidates(const Report& report) {
  html::Table table(
      "Processes under judgement",
      {"Process", "Program", "Verdict", "Reason", "App", "Age", "User"});
  for (const Verdict* verdict : words::by_urgency(report)) {
    table.add([&] { return verdict_cells(report, *verdict); });
  }
  return table.text(unknown_or(report, "No rule matches any process."));
}

Cells reaped_cells(const Report& report, const Reaped& reaped) {
  return {std::to_string(reaped.id.pid),
          escaped(words::title(words::shown(report, reaped.id))),
          escaped(to_string(reaped.kind)),
          or_dash(reaped.app),
          escaped(words::deed(reaped))};
}

std::string reaped(const Report& report) {
  html::Table table("Reaping in the newest scan",
                    {"Process", "Program", "Kind", "App", "Outcome"});
  for (const Reaped& each : report.reaped) {
    table.add([&] { return reaped_cells(report, each); });
  }
  return table.text("None.");
}

std::uint64_t sum(const auto& counts) {
  std::uint64_t all = 0;
  for (const auto& [key, count] : counts) all += count;
  return all;
}

std::string totals(const Report& report) {
  html::Table table("Since strayd started", {"What", "How many"});
  const Totals& totals = report.totals;
  const auto row = [&](const std::string& what, std::uint64_t count) {
    table.add([&] { return Cells{what, std::to_string(count)}; });
  };
  row("Scans", totals.scans);
  row("Scans that failed", sum(totals.scan_errors));
  row("Orphans found", sum(totals.detected));
  row("Orphans ended", sum(totals.killed));
  row("Orphans that could not be ended or were spared at the last look",
      sum(totals.failures));
  row("Orphans that came back", sum(totals.returned));
  row("Kills that harmed an app", totals.harmful);
  row("Kills that a restart followed by chance", totals.followed);
  return table.text("");
}

Cells feature_cells(const Report& report,
                    const std::string& feature,
                    bool available) {
  const auto why = report.remarks.find(feature);
  return {escaped(feature),
          available ? badge(Tone::Good, "available")
                    : badge(Tone::Warning, "missing"),
          why == report.remarks.end() ? "" : escaped(why->second)};
}

std::string features(const Report& report) {
  html::Table table("What this host grants", {"Feature", "State", "Remark"});
  for (const auto& entry : report.features) {
    table.add([&] { return feature_cells(report, entry.first, entry.second); });
  }
  return table.text("Nothing was probed yet.");
}

}  // namespace

std::string status_page(const Report& report) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n"
      "<meta http-equiv=\"refresh\" content=\"10\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<title>strayd</title>\n<style>{}</style>\n</head>\n<body>\n{}<main>\n"
      "{}{}{}{}{}{}{}{}{}</main>\n</body>\n</html>\n",
      html::kStyle,
      header(report),
      alarms(report),
      html::aftermath(report),
      candidates(report),
      homes(report),
      apps(report),
      html::senders(report),
      reaped(report),
      totals(report),
      features(report));
}

}  // namespace strayd
