#include "owners.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <string>

#include "strayd/core/text.h"

#include "program.h"
#include "serving.h"

namespace strayd {
namespace {

using std::chrono::minutes;
using std::chrono::nanoseconds;

// They run a command in another guise and own nothing of it. Most of them
// execute it in their own place.
constexpr auto kCarriers = std::to_array<std::string_view>(
    {"sudo",    "su",      "doas",    "runuser", "setpriv", "sg",
     "timeout", "flock",   "script",  "nohup",   "setsid",  "env",
     "nice",    "ionice",  "chrt",    "taskset", "stdbuf",  "time",
     "chroot",  "nsenter", "unshare", "gosu",    "su-exec"});
// The same as scripts of npm's, which stay above what they run.
constexpr auto kScriptCarriers =
    std::to_array<std::string_view>({"cross-env",
                                     "cross-env.js",
                                     "cross-env-shell",
                                     "cross-env-shell.js",
                                     "dotenv",
                                     "dotenvx",
                                     "env-cmd",
                                     "env-cmd.js"});
// As pid 1 they adopt what has lost its parent.
constexpr auto kInits = std::to_array<std::string_view>({"systemd",
                                                         "init",
                                                         "tini",
                                                         "tini-static",
                                                         "dumb-init",
                                                         "catatonit",
                                                         "docker-init",
                                                         "podman-init",
                                                         "s6-svscan",
                                                         "runit",
                                                         "runit-init",
                                                         "openrc-init",
                                                         "dinit",
                                                         "pause"});

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words,
              std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

bool is_init(const Process& process) {
  return contains(kInits, process.comm) ||
         contains(kInits, program_name(process)) || is_shell(process) ||
         (program_name(process) == "busybox" && script_name(process) == "init");
}

bool is_configured_carrier(const Scene& scene, const Process& process) {
  return std::ranges::any_of(scene.policy.carriers,
                             [&](const ProgramRule& rule) {
                               return scene.matches(rule.match, process);
                             });
}

// node(1) runs the script in a process below itself, as nodemon does.
bool is_node_watching(const Process& process) {
  return program_name(process) == "node" && process.argv &&
         std::ranges::any_of(*process.argv, [](const std::string& argument) {
           return argument == "--watch" || argument.starts_with("--watch-path");
         });
}

// A small init that is not pid 1 carries what it has started, and adopts what
// that leaves behind: whose it all is, is for what is above to say.
bool carries(const Scene& scene, const Process& process) {
  return is_shell(process) || is_carrier(process) ||
         contains(kCarriers, program_name(process)) ||
         contains(kScriptCarriers, script_name(process)) ||
         is_node_watching(process) || is_init(process) ||
         is_configured_carrier(scene, process);
}

bool is_child_of_session_opener(const Scene& scene, const Process& process) {
  const Process* parent = scene.forest.find(process.parent);
  return parent != nullptr && opens_sessions(*parent);
}

// Where whoever looks up has found out how a process was started: below pid 1,
// or systemd, it has lost its parents; below cron, sshd or a terminal somebody
// started it by hand, or a clock did.
bool ends_search(const Scene& scene, const Process& above) {
  if (above.id.pid == 1 || is_kernel_thread(above) || above.comm == "systemd" ||
      opens_sessions(above)) {
    return true;
  }
  const bool at_a_terminal = above.session == above.id.pid && above.tty != 0;
  return is_shell(above) &&
         (at_a_terminal || is_child_of_session_opener(scene, above));
}

// A process of the same tree is no supervisor of what is below it, unless it
// was told to run that: then the rule means what stands in its arguments.
bool keeps_any(const Scene& scene,
               const Process& above,
               const std::vector<const Process*>& below) {
  return !carries(scene, above) &&
         std::ranges::any_of(below, [&](const Process* process) {
           return is_told_to_run(above, *process);
         });
}

// In a container a server may itself be pid 1. What it has started is in its
// session and its group, unless that went into one of its own; what it has
// adopted was started by something else.
bool may_have_started(const Process& pid_one, const Process& child) {
  return !is_init(pid_one) && child.session == pid_one.session &&
         child.group == pid_one.group;
}

Claim keeper_claim(const Process& keeper) {
  return held(Why::PossibleSupervisor,
              named(keeper) +
                  " above it may be its supervisor; `carriers` or "
                  "`supervisors` in the configuration say what it is");
}

// What keeps another process is no server, although a rule means it by what it
// was told to run.
std::optional<Claim> keeps_another(const Scene& scene, const Process& process) {
  if (carries(scene, process) || !is_meant(scene, process)) {
    return std::nullopt;
  }
  for (const Process* below : scene.forest.subtree(process)) {
    if (below == &process || is_dead(*below) ||
        !is_told_to_run(process, *below)) {
      continue;
    }
    return held(Why::PossibleSupervisor,
                "it runs " + named(*below) +
                    ", which its arguments name, and may be its supervisor; "
                    "`carriers` or `supervisors` in the configuration say what "
                    "it is");
  }
  return std::nullopt;
}

// Without the arguments that say what it is to run.
bool is_meant_by_itself(const Scene& scene, const Process& process) {
  Process alone = process;
  alone.argv->resize(program_words(process));
  return is_meant(scene, alone);
}

// Between two of those that it keeps a supervisor has none: forever(1) pauses
// when one has ended too soon. What tells it from a loader, which runs what its
// arguments name in its own process, is that it has awaited the end of others.
std::optional<Claim> has_kept_others(const Scene& scene,
                                     const Process& process) {
  if (!process.has_awaited_children || carries(scene, process) ||
      !is_meant(scene, process) || is_meant_by_itself(scene, process)) {
    return std::nullopt;
  }
  const std::optional<Service> service = scene.services().of(process);
  if (service && !service->ports.empty()) return std::nullopt;
  return held(
      Why::PossibleSupervisor,
      "it has run others before, and a rule means it by what it is told "
      "to run: it may be a supervisor between two of them; `carriers` "
      "or `supervisors` in the configuration say what it is");
}

// A pidfile is written by the wall clock, of which the file system takes the
// last tick (10 ms at most), and a process starts by the clock since boot. The
// wall clock may have been set between the two, by NTP or by hand. An older
// file names another process, which had the pid before; that a pid comes again
// within a minute is rare, and then holds until the file is gone.
constexpr nanoseconds kClocksApart = minutes{1};

bool names(const PidFile& file,
           const Process& process,
           const Snapshot& snapshot) {
  if (file.pid != process.id.pid) return false;
  if (file.owner != 0 && process.uid && file.owner != *process.uid) {
    return false;
  }
  const nanoseconds started =
      std::chrono::milliseconds(snapshot.boot_epoch_ms) + process.started;
  return file.written + kClocksApart >= started;
}

std::optional<Claim> pidfile_claim(const Scene& scene, const Line& line) {
  const auto& files = scene.evidence.facts->pidfiles;
  if (!files) {
    return held(Why::Unreadable,
                "whether a pidfile names it can't be read: one of the "
                "directories that may hold one could not be read");
  }
  for (const Process* member : line.members) {
    for (const PidFile& file : *files) {
      if (!names(file, *member, scene.evidence.snapshot)) continue;
      return held(
          Why::Pidfile,
          "the pidfile " + file.path + " names " +
              (member == line.members.front() ? std::string("it")
                                              : named(*member) + " above it"));
    }
  }
  return std::nullopt;
}

}  // namespace

Reason facts_missing() {
  return {.why = Why::Unreadable,
          .text = "the pidfiles and units of this host were not read"};
}

bool is_meant(const Scene& scene, const Process& process) {
  return process.argv &&
         std::ranges::any_of(scene.policy.rules,
                             [&](const Rule& rule) {
                               return scene.matches(rule.match, process);
                             }) &&
         !protected_claim(scene, process);
}

Line line_of(const Scene& scene, const Process& process) {
  const Forest::Chain chain = scene.forest.chain(process);
  const auto end = std::ranges::find_if(
      chain.ancestors,
      [&](const Process* above) { return ends_search(scene, *above); });
  const std::span<const Process* const> above(chain.ancestors.begin(), end);
  std::size_t own = above.size();  // so many of them are of its tree
  while (own > 0 && !is_meant(scene, *above[own - 1])) --own;

  Line line{.members = {&process}};
  for (std::size_t i = 0; i < above.size(); ++i) {
    const bool passed = i < own ? !is_meant(scene, *above[i]) ||
                                      !keeps_any(scene, *above[i], line.members)
                                : carries(scene, *above[i]);
    if (!passed) {
      line.keeper = above[i];
      return line;
    }
    line.members.push_back(above[i]);
  }
  if (end != chain.ancestors.end() && (*end)->id.pid == 1 &&
      may_have_started(**end, *line.members.back()) &&
      !is_configured_carrier(scene, **end)) {
    line.keeper = *end;
  }
  return line;
}

std::optional<Claim> possible_owner_claim(const Scene& scene,
                                          const Process& process) {
  const Line line = line_of(scene, process);
  if (line.keeper != nullptr) return keeper_claim(*line.keeper);
  if (auto claim = keeps_another(scene, process)) return claim;
  if (scene.evidence.facts == nullptr) {
    return Claim{.standing = Standing::Held, .reason = facts_missing()};
  }
  if (auto claim = has_kept_others(scene, process)) return claim;
  return pidfile_claim(scene, line);
}

}  // namespace strayd
