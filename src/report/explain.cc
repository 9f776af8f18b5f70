// `strayd explain PID`: the chain to pid 1, each step's evidence, the verdict.
#include <algorithm>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "strayd/core/cookie.h"
#include "strayd/core/cookie_reader.h"
#include "strayd/core/forest.h"
#include "strayd/core/supervisor.h"
#include "strayd/report/render.h"

#include "origin_text.h"
#include "words.h"

namespace strayd {
namespace {

struct Known {
  const Snapshot* snapshot = nullptr;
  const Memory* memory = nullptr;
  const Report* report = nullptr;
  Forest forest;
  CookieReader cookies;
};

std::string_view word(Unread why) {
  switch (why) {
    case Unread::NotAsked:
      return "not asked for";
    case Unread::Denied:
      return "refused";
    case Unread::Blocked:
      return "blocked";
    case Unread::TooLong:
      return "too long";
    case Unread::Failed:
      return "unreadable";
  }
  return "unreadable";
}

// "PM2 daemon of /root/.pm2" and the like.
void add_supervisor(std::vector<std::string>& facts,
                    const Known& known,
                    const Process& process) {
  for (const Pm2View& view : known.report->pm2) {
    if (!view.reply || view.reply->daemon != process.id) continue;
    facts.push_back("answers as the PM2 of " + one_line(view.home));
    return;
  }
  if (const auto kind = supervisor_kind(process)) {
    facts.push_back(fmt::format("a {}", to_string(*kind)));
  }
}

void add_listing(std::vector<std::string>& facts,
                 const Known& known,
                 const Process& process) {
  for (const Pm2View& view : known.report->pm2) {
    if (!view.reply) continue;
    for (const Pm2Instance& instance : view.reply->instances) {
      if (instance.pid != process.id.pid) continue;
      facts.push_back(fmt::format("listed by the PM2 of {} as {} ({})",
                                  one_line(view.home),
                                  one_line(app_name(instance)),
                                  to_string(instance.status)));
    }
  }
}

void add_cookie(std::vector<std::string>& facts,
                const Known& known,
                const Process& process) {
  if (!process.environment) {
    if (process.environment.error() == Unread::NotAsked) return;
    facts.push_back(
        fmt::format("environment {}", word(process.environment.error())));
    return;
  }
  const CookieReading reading = known.cookies.read(process);
  if (const auto* broken = std::get_if<BrokenCookie>(&reading)) {
    facts.push_back("broken PM2 cookie: " + one_line(broken->why));
  }
  if (const auto* cookie = std::get_if<Cookie>(&reading)) {
    const Pm2Instance named{.name = cookie->name,
                            .name_space = cookie->name_space};
    facts.push_back(fmt::format("PM2 cookie of {} (pm_id {}, launched {}, {})",
                                one_line(app_name(named)),
                                cookie->pm_id,
                                words::moment(cookie->pm_uptime_ms),
                                one_line(cookie->home)));
  }
}

void add_session(std::vector<std::string>& facts,
                 const Known& known,
                 const Process& process) {
  if (process.session == process.id.pid) {
    facts.emplace_back("leads its session");
    return;
  }
  if (process.session <= 0) return;
  const bool lives = known.forest.find(process.session) != nullptr;
  facts.push_back(fmt::format(
      "session {}{}", process.session, lives ? "" : " (its leader is gone)"));
}

void add_cgroup(std::vector<std::string>& facts, const Process& process) {
  if (process.cgroup) {
    facts.push_back("cgroup " + one_line(*process.cgroup));
  } else if (process.cgroup.error() != Unread::NotAsked) {
    facts.push_back(fmt::format("cgroup {}", word(process.cgroup.error())));
  }
}

std::string evidence(const Known& known, const Process& process) {
  std::vector<std::string> facts;
  const Verdict* verdict = words::verdict_of(*known.report, process.id);
  if (verdict != nullptr) {
    facts.push_back(fmt::format(
        "{} ({})", to_string(verdict->standing), to_string(verdict->role)));
  }
  if (is_dead(process)) facts.emplace_back("has exited (zombie)");
  add_supervisor(facts, known, process);
  add_listing(facts, known, process);
  add_cookie(facts, known, process);
  add_session(facts, known, process);
  add_cgroup(facts, process);
  return fmt::format("{}", fmt::join(facts, "; "));
}

std::string step(const Known& known, const Process& process) {
  const Shown shown = show(process, known.snapshot->taken);
  const std::string comm =
      shown.program == process.comm ? "" : " [" + one_line(process.comm) + "]";
  return fmt::format("{:>8}  {}{}, user {}, age {}: {}\n",
                     process.id.pid,
                     words::title(shown),
                     comm,
                     words::user(shown.uid),
                     words::age(shown.age),
                     evidence(known, process));
}

std::string chain(const Known& known, const Process& process) {
  const Forest::Chain up = known.forest.chain(process);
  std::string text = step(known, process);
  for (const Process* ancestor : up.ancestors) text += step(known, *ancestor);
  if (up.broken) {
    text += fmt::format("          the chain breaks here: {}\n",
                        one_line(*up.broken));
  }
  return text;
}

std::string_view role_sentence(Role role) {
  switch (role) {
    case Role::Candidate:
      return "matches the rule";
    case Role::Wrapper:
      return "only carries a process that matches the rule";
    case Role::Descendant:
      return "lives below a process that matches the rule";
  }
  return "";
}

std::string why_not_ended(const Report& report, const Verdict& verdict) {
  std::string text;
  for (const WithheldTree& tree : report.withheld) {
    if (tree.root != verdict.tree || tree.why == Withheld::EvidenceMissing) {
      continue;
    }
    text += fmt::format("Not ended:    {}\n", words::explained(tree.why));
  }
  return text;
}

std::string conclusion(const Known& known, const Process& process) {
  const Report& report = *known.report;
  if (report.failure) {
    return fmt::format("No verdict: the scan failed: {}\n",
                       one_line(report.failure->what));
  }
  const Verdict* verdict = words::verdict_of(report, process.id);
  if (verdict == nullptr) {
    return fmt::format(
        "No rule matches process {}, so strayd never touches it.\n",
        process.id.pid);
  }
  std::string text = fmt::format("Verdict:      {}\nReason:       {} ({})\n",
                                 to_string(verdict->standing),
                                 one_line(verdict->reason.text),
                                 to_string(verdict->reason.why));
  const auto alone = report.alone.find(process.id);
  if (alone != report.alone.end()) {
    text += fmt::format(
        "Said by:      the agent, which has looked for longer; this look alone "
        "says {}: {} ({})\n",
        to_string(alone->second.standing),
        one_line(alone->second.reason.text),
        to_string(alone->second.reason.why));
  }
  text += fmt::format("Origin:       {}\n",
                      origin_text(*known.snapshot, *known.memory, process));
  text += fmt::format("Rule:         it {} {}\n",
                      role_sentence(verdict->role),
                      one_line(verdict->rule));
  if (!verdict->app.empty()) {
    text += fmt::format("App:          {} of the PM2 in {}\n",
                        one_line(verdict->app),
                        one_line(verdict->home));
  }
  if (const PortConflict* conflict = words::conflict_of(report, *verdict)) {
    text += fmt::format("In the way:   {}; the app can't listen there\n",
                        conflict_text(report, *conflict));
  }
  text += why_not_ended(report, *verdict);
  text += fmt::format("To change it: {}\n", remedy(verdict->reason.why));
  return text;
}

}  // namespace

std::string explain_text(const Snapshot& snapshot,
                         const Report& report,
                         const Memory& memory,
                         pid_t pid) {
  const Known known{.snapshot = &snapshot,
                    .memory = &memory,
                    .report = &report,
                    .forest = Forest(snapshot),
                    .cookies = CookieReader(snapshot, report.pm2)};
  const Process* process = known.forest.find(pid);
  if (process == nullptr) {
    return fmt::format("There is no process {} among the {} that were seen.\n",
                       pid,
                       snapshot.processes.size());
  }
  return fmt::format("Process {} and its parents, up to pid 1:\n", pid) +
         chain(known, *process) + "\n" + conclusion(known, *process);
}

}  // namespace strayd
