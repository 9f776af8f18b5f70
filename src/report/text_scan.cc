// `strayd scan` for a person at three in the morning: what was looked at, what
// is wrong, what was or would be done about it, and by which command.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "strayd/report/render.h"

#include "table.h"
#include "words.h"

namespace strayd {
namespace {

std::string_view how_quiet(Pm2Quiet kind) {
  switch (kind) {
    case Pm2Quiet::Silent:
      return "is silent";
    case Pm2Quiet::Dead:
      return "is dead";
    case Pm2Quiet::NeverSeen:
      return "was never seen";
  }
  return "is silent";
}

std::string home_line(const Pm2View& view) {
  if (view.reply) {
    return fmt::format("PM2 in {} answers (daemon {}): {}.\n",
                       one_line(view.home),
                       view.reply->daemon.pid,
                       words::plural(view.reply->instances.size(), "instance"));
  }
  return fmt::format("PM2 in {} {}: {}\n",
                     one_line(view.home),
                     how_quiet(view.reply.error().kind),
                     one_line(view.reply.error().why));
}

std::string looked_at(const Report& report) {
  std::string text = fmt::format("Looked at {} in {}. Mode: {}.\n",
                                 words::plural(report.processes, "process"),
                                 words::age(report.duration),
                                 words::mode(report.mode));
  if (report.unreadable > 0) {
    text += fmt::format("{} could not be read whole.\n",
                        words::plural(report.unreadable, "process"));
  }
  if (report.pm2.empty()) text += "No PM2 was found.\n";
  for (const Pm2View& view : report.pm2) text += home_line(view);
  for (const auto& [feature, why] : report.blind) {
    text += fmt::format("Blind ({}): {}\n", one_line(feature), one_line(why));
  }
  for (const Unseen& lack : report.unseen) {
    text += fmt::format("Not seen: {}\n", words::not_seen(lack));
  }
  if (report.records_unix_ms) {
    text += fmt::format(
        "Restarts, causes and ports: from the agent's records of {}, and what "
        "was seen since.\n",
        words::moment(*report.records_unix_ms));
  }
  if (!report.alone.empty()) {
    std::vector<pid_t> pids;
    for (const auto& [id, own] : report.alone) pids.push_back(id.pid);
    text += fmt::format(
        "The agent has looked for longer: the verdict on {} is its.\n",
        fmt::join(pids, ", "));
  }
  if (report.breaker.open) {
    text += fmt::format("The breaker is open since {}: {}\n",
                        words::moment(report.breaker.since_unix_ms),
                        one_line(report.breaker.why));
  }
  return text;
}

bool in_question(const Verdict& verdict) {
  return is_orphan(verdict.standing) || verdict.standing == Standing::Pending ||
         verdict.standing == Standing::Held;
}

std::string table(const Report& report, Detail detail) {
  words::Table table(
      {"PID", "AGE", "USER", "PROGRAM", "SCRIPT", "VERDICT", "APP", "REASON"});
  for (const Verdict* verdict : words::by_urgency(report)) {
    if (detail == Detail::Brief && !in_question(*verdict)) continue;
    const Shown shown = words::shown(report, verdict->id);
    const bool known = !shown.program.empty();
    table.add({std::to_string(verdict->id.pid),
               known ? words::age(shown.age) : "?",
               words::user(shown.uid),
               known ? shown.program : "?",
               shown.script.empty() ? "-" : shown.script,
               std::string(to_string(verdict->standing)),
               verdict->app.empty() ? "-" : verdict->app,
               verdict->reason.text});
  }
  return table.empty() ? "" : "\n" + table.text();
}

std::string left_alone(const Report& report) {
  std::map<std::string, std::size_t> managed;
  std::size_t all_managed = 0;
  std::size_t guarded = 0;
  for (const Verdict& verdict : report.verdicts) {
    if (verdict.standing == Standing::Protected) ++guarded;
    if (verdict.standing != Standing::Managed) continue;
    ++all_managed;
    ++managed[verdict.app.empty() ? "other supervisors" : verdict.app];
  }
  if (all_managed + guarded == 0) return "";
  std::vector<std::string> apps;
  apps.reserve(managed.size());
  for (const auto& [app, count] : managed) {
    apps.push_back(fmt::format("{} of {}", count, words::fitted(app, 40)));
  }
  return fmt::format("\nLeft alone: {} managed{}{}{}, {} protected.\n",
                     all_managed,
                     apps.empty() ? "" : " (",
                     fmt::join(apps, ", "),
                     apps.empty() ? "" : ")",
                     guarded);
}

std::string deeds(const Report& report) {
  std::string text;
  for (const Reaped& reaped : report.reaped) {
    const std::string of =
        reaped.app.empty() ? "" : " of " + one_line(reaped.app);
    text += fmt::format("{} {} ({}{}): {}.\n",
                        reaped.id.pid,
                        words::title(words::shown(report, reaped.id)),
                        to_string(reaped.kind),
                        of,
                        words::deed(reaped));
  }
  if (report.reaping > 0) {
    text += fmt::format("{} signalled; the exit was not seen yet.\n",
                        words::plural(report.reaping, "process"));
  }
  return text.empty() ? "" : "\n" + text;
}

std::string conflicts(const Report& report) {
  std::string text;
  for (const PortConflict& conflict : report.conflicts) {
    text += fmt::format("\nIn the way: {}; the app can't listen there.\n",
                        conflict_text(report, conflict));
  }
  return text;
}

// What came of the kills before.
std::string aftermath(const Report& report) {
  std::string text;
  for (const Harm& harm : report.harms) {
    text += fmt::format("\nHarm: {}\n", one_line(harm.text));
  }
  for (const auto& [root, returned] : report.returned) {
    text += fmt::format(
        "\n{} came back {} after strayd had ended it. To end it for good, stop "
        "what starts it; its parent is {}.\n",
        root.pid,
        words::times(returned.times),
        words::parent(report, returned.parent));
  }
  return text;
}

// Held ones are spoken of under their own reasons.
std::string withheld(const Report& report) {
  std::map<Withheld, std::vector<pid_t>> trees;
  for (const WithheldTree& tree : report.withheld) {
    if (tree.why == Withheld::EvidenceMissing) continue;
    trees[tree.why].push_back(tree.root.pid);
  }
  std::string text;
  for (const auto& [why, roots] : trees) {
    text += fmt::format("\nNot ended ({}): {}\n",
                        fmt::join(roots, ", "),
                        words::explained(why));
  }
  return text;
}

// What is missing for those that are held or not ripe yet.
std::string missing(const Report& report) {
  std::map<std::pair<Standing, Why>, std::vector<pid_t>> waiting;
  for (const Verdict& verdict : report.verdicts) {
    if (verdict.standing != Standing::Held &&
        verdict.standing != Standing::Pending) {
      continue;
    }
    waiting[{verdict.standing, verdict.reason.why}].push_back(verdict.id.pid);
  }
  std::string text;
  for (const auto& [key, pids] : waiting) {
    text += fmt::format("\n{} ({}; {}): {}\n",
                        key.first == Standing::Held ? "Held" : "Pending",
                        fmt::join(pids, ", "),
                        to_string(key.second),
                        remedy(key.second));
  }
  return text;
}

}  // namespace

std::string conflict_text(const Report& report, const PortConflict& conflict) {
  const std::string app = one_line(conflict.app.app);
  const std::string port =
      conflict.asked
          ? fmt::format("port {}, which {} asks for by its own error,",
                        conflict.port,
                        app)
          : fmt::format("port {} of {}", conflict.port, app);
  if (!conflict.holder) {
    return port + " is held by a process that could not be found";
  }
  const Shown known = words::shown(report, *conflict.holder);
  const std::string pid = fmt::format("pid {}", conflict.holder->pid);
  const Verdict* verdict = words::verdict_of(report, *conflict.holder);
  const std::string standing =
      verdict == nullptr
          ? "which no rule matches"
          : fmt::format("which is {}", to_string(verdict->standing));
  return fmt::format("{} is held by {}, {}",
                     port,
                     known.program.empty()
                         ? pid
                         : fmt::format("{} ({})", words::title(known), pid),
                     standing);
}

std::string breaker_text(const Breaker& breaker) {
  if (!breaker.open) return "the breaker is closed";
  return fmt::format("the breaker is open since {}: {}",
                     words::moment(breaker.since_unix_ms),
                     one_line(breaker.why));
}

std::string scan_text(const Report& report, Detail detail) {
  if (report.failure) {
    return fmt::format(
        "The scan failed, so nothing was judged and nothing was signalled: "
        "{}\n",
        one_line(report.failure->what));
  }
  if (report.scan == 0) return "No scan has finished yet.\n";
  std::string text = looked_at(report);
  text += words::apps(report);
  text += table(report, detail);
  if (std::ranges::none_of(report.verdicts, in_question)) {
    text += report.unseen.empty()
                ? "\nNo orphaned processes found\n"
                : "\nNo all-clear: what was not seen may be an orphan.\n";
  }
  text += conflicts(report);
  text += deeds(report);
  text += aftermath(report);
  text += withheld(report);
  text += missing(report);
  if (detail == Detail::Brief) text += left_alone(report);
  if (!report.idle_rules.empty()) text += "\n";
  for (const IdleRule& idle : report.idle_rules) {
    text += idle_rule_text(idle) + "\n";
  }
  return text;
}

}  // namespace strayd
