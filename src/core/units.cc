// What belongs to a unit of systemd, and what may.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "strayd/core/fit.h"
#include "strayd/core/supervisor.h"
#include "strayd/core/text.h"

#include "program.h"
#include "scene.h"

namespace strayd {
namespace {

// Through PAM these move what they carry into a session of its own, out of the
// unit that started them.
constexpr auto kSessionCarriers =
    std::to_array<std::string_view>({"su", "runuser", "sudo", "doas"});

// The mains of the units that open sessions, for people or for cron: what they
// start there is not theirs. By their executables; "systemd" is a user's
// manager, which adopts what its user has left behind.
constexpr auto kSessionOpeners = std::to_array<std::string_view>(
    {"systemd",      "sshd",    "sshd-session", "dropbear",
     "login",        "agetty",  "getty",        "cron",
     "crond",        "fcron",   "atd",          "gdm",
     "gdm3",         "lightdm", "sddm",         "lxdm",
     "xdm",          "greetd",  "xrdp-sesman",  "tmux",
     "tmux: server", "screen",  "mosh-server",  "gnome-terminal-server"});

// The cgroup of the unit that a cgroup lies in; nullopt outside of services. A
// user manager's own (user@1000.service) is not the service of what runs in it.
std::optional<std::string_view> unit_path(std::string_view cgroup) {
  std::optional<std::string_view> path;
  std::size_t begin = 0;
  while (begin < cgroup.size()) {
    const std::size_t end = std::min(cgroup.find('/', begin), cgroup.size());
    const std::string_view part = cgroup.substr(begin, end - begin);
    if (part.ends_with(".service") && !part.starts_with("user@")) {
      path = cgroup.substr(0, end);
    }
    begin = end + 1;
  }
  return path;
}

bool any_rule_may_match(const Scene& scene, const Process& process) {
  return std::ranges::any_of(scene.policy.rules, [&](const Rule& rule) {
    return scene.fit(rule.match, process) != Fit::No;
  });
}

Claim unit_claim(Standing standing, std::string text) {
  return {.standing = standing,
          .reason = {.why = Why::SystemdService, .text = std::move(text)}};
}

// systemd (248 and later) tells each process that it starts its own pid, which
// that hands on to what it starts itself. nullptr: it was not told.
const std::string* told_pid(const Process& process) {
  if (!process.environment) return nullptr;
  const auto told = process.environment->find("SYSTEMD_EXEC_PID");
  return told == process.environment->end() ? nullptr : &told->second;
}

bool was_started_by_systemd(const Process& process) {
  const std::string* told = told_pid(process);
  return told != nullptr && *told == std::to_string(process.id.pid);
}

// A main from whose unit the process was moved: by su, sudo or PAMName= into a
// session, by systemd-run, cgexec or the main's own hand elsewhere. A main that
// was moved itself is known by its name, or by what systemd told it.
bool is_parted(const Process& process, const Process& main) {
  if (const auto unit = unit_of(main)) return unit_of(process) != unit;
  return !main.cgroup || was_started_by_systemd(main) ||
         std::ranges::find(kSessionCarriers, main.comm) !=
             kSessionCarriers.end();
}

std::optional<Claim> parted_claim(const Scene& scene, const Process& process) {
  std::vector<const Process*> line{&process};
  const Forest::Chain chain = scene.forest.chain(process);
  line.insert(line.end(), chain.ancestors.begin(), chain.ancestors.end());
  for (const Process* main : line) {
    if (!is_service_main(scene.forest, *main) || opens_sessions(*main) ||
        !is_parted(process, *main)) {
      continue;
    }
    return unit_claim(
        Standing::Held,
        (main == &process ? std::string("it") : named(*main) + " above it") +
            " may be the main of a systemd unit");
  }
  return std::nullopt;
}

// Any daemon that a main leaves behind looks like a main itself, and so would
// hide that what was left beside it is the service. A supervisor is no such
// helper. One whose environment can't be read may be: redis and others write
// their title over it.
bool is_other_main(const Scene& scene, const Process& process) {
  if (scene.daemon_of(process) || supervisor_kind(process)) return true;
  if (!process.environment) return opens_sessions(process);
  return told_pid(process) == nullptr || was_started_by_systemd(process);
}

// A unit that opens sessions does so by its main. One that a main has left
// behind (a terminal's server) opens them for the unit.
bool opens_sessions_as_main(const Scene& scene, const Process& process) {
  return is_service_main(scene.forest, process) && opens_sessions(process) &&
         (told_pid(process) == nullptr || was_started_by_systemd(process));
}

bool is_of_pm2(const Scene& scene, const Process& process) {
  const auto kind = supervisor_kind(process);
  return scene.daemon_of(process) || kind == SupervisorKind::Pm2Daemon ||
         kind == SupervisorKind::Pm2Runtime;
}

// What the process itself was told.
const std::string* told_invocation(const Process& process) {
  if (!process.environment) return nullptr;
  const auto told = process.environment->find("INVOCATION_ID");
  return told == process.environment->end() ? nullptr : &told->second;
}

// The process and what is above it in its unit, parent after child.
std::vector<const Process*> line_in_unit(const Scene& scene,
                                         const Process& process) {
  std::vector<const Process*> line{&process};
  for (const Process* above : scene.forest.chain(process).ancestors) {
    if (unit_of(*above) != unit_of(process)) break;
    line.push_back(above);
  }
  return line;
}

// The invocation that runs now. An error: it is not known; nullopt: none does.
Observed<std::optional<std::string>> present_invocation(const Scene& scene,
                                                        std::string_view unit) {
  const HostFacts* facts = scene.evidence.facts;
  if (facts == nullptr) return std::unexpected(Unread::NotAsked);
  const auto found = facts->invocations.find(std::string(unit));
  return found == facts->invocations.end() ? std::unexpected(Unread::NotAsked)
                                           : found->second;
}

// Of what the unit runs now, a process that runs the same as this one of an
// earlier invocation; beside a wrapper, which runs what it is told, any. A
// start script may as well have found the old server and left it in its place.
bool runs_anew(const Scene& scene,
               const Process& process,
               std::string_view unit,
               const std::string& present) {
  const std::vector<const Process*> line = line_in_unit(scene, process);
  const auto meant = std::ranges::find_if(
      line.rbegin(), line.rend(), [&](const Process* member) {
        return any_rule_may_match(scene, *member);
      });
  const Process& old = meant == line.rend() ? *line.back() : **meant;
  return std::ranges::any_of(
      scene.unit(unit).members, [&](const Process* member) {
        const std::string* told = told_invocation(*member);
        return told != nullptr && *told == present &&
               member->started >= old.started &&
               (meant == line.rend() || run_the_same(*member, old));
      });
}

std::string unit_name(std::string_view unit) {
  return "the systemd unit " + std::string(base_name(unit));
}

Claim may_be_main_claim(std::string_view unit) {
  return unit_claim(Standing::Held,
                    "no other process is known to be the main of " +
                        unit_name(unit) + ", so this one may be what it runs");
}

// Of a process that was not told its invocation: by a systemd before 232, or
// because its environment was wiped. What is younger than a process of the unit
// that was told began beside it.
std::optional<Claim> untold_claim(const Scene& scene,
                                  const Process& process,
                                  std::string_view unit) {
  const Scene::Unit& known = scene.unit(unit);
  for (const Process* member : known.members) {
    if (member == &process || told_invocation(*member) == nullptr ||
        member->started > process.started) {
      continue;
    }
    return unit_claim(Standing::Held,
                      "it began in " + unit_name(unit) + " beside " +
                          named(*member) + ", which lives");
  }
  if (known.has_other_main) return std::nullopt;
  return may_be_main_claim(unit);
}

// Of a process that is of the invocation which runs now: another one of it,
// which is neither above nor below.
const Process* other_of_invocation(const Scene& scene,
                                   const Process& process,
                                   std::string_view unit,
                                   const std::string& invocation) {
  const auto is_above = [&](const Process& above, const Process& below) {
    const auto chain = scene.forest.chain(below);
    return std::ranges::find(chain.ancestors, &above) != chain.ancestors.end();
  };
  for (const Process* member : scene.unit(unit).members) {
    const std::string* told = told_invocation(*member);
    if (member != &process && told != nullptr && *told == invocation &&
        !is_above(*member, process) && !is_above(process, *member)) {
      return member;
    }
  }
  return nullptr;
}

std::optional<Claim> invocation_claim(const Scene& scene,
                                      const Process& process,
                                      std::string_view unit,
                                      const std::string& invocation) {
  const auto present = present_invocation(scene, unit);
  if (!present) {
    return unit_claim(Standing::Held,
                      "which invocation of " + unit_name(unit) +
                          " runs now is not known, and it may be its own");
  }
  if (!*present) {
    return unit_claim(
        Standing::Held,
        "it began in " + unit_name(unit) + ", which does not run now");
  }
  if (**present != invocation) {
    if (runs_anew(scene, process, unit, **present)) return std::nullopt;
    return held(Why::OnlyCopy,
                "it is of an earlier invocation of " + unit_name(unit) +
                    ", of whose present one nothing is seen to run the same: "
                    "it may be the only copy");
  }
  const Process* other = other_of_invocation(scene, process, unit, invocation);
  if (other == nullptr) return may_be_main_claim(unit);
  return unit_claim(Standing::Held,
                    "it is of the present invocation of " + unit_name(unit) +
                        ", as is " + named(*other));
}

// "/user.slice/user-1000.slice/session-3.scope", as PAM and logind name them.
bool in_login_session(const Process& process) {
  if (!process.cgroup) return false;
  const std::string_view scope = base_name(*process.cgroup);
  return scope.starts_with("session-") && scope.ends_with(".scope");
}

// What `su -c 'server &'` of a start script leaves behind: su is gone with all
// that was above, and the session is no unit's. Only the invocation that it was
// told still says that a unit has started it. What somebody starts in a session
// was told none, or that of the unit which opened the session.
std::optional<Claim> carried_off_claim(const Scene& scene,
                                       const Process& process) {
  const std::string* invocation = told_invocation(process);
  if (invocation == nullptr || !in_login_session(process) ||
      opens_sessions(process) || scene.opened_sessions(*invocation)) {
    return std::nullopt;
  }
  return unit_claim(Standing::Held,
                    "a systemd unit has started it, as its INVOCATION_ID "
                    "says, and it was moved into a session");
}

}  // namespace

bool opens_sessions(const Process& process) {
  return std::ranges::find(kSessionOpeners, program_name(process)) !=
         kSessionOpeners.end();
}

bool is_child_of_systemd(const Forest& forest, const Process& process) {
  const Process* parent = forest.find(process.parent);
  return parent != nullptr && parent->comm == "systemd";
}

bool is_service_main(const Forest& forest, const Process& process) {
  return is_child_of_systemd(forest, process) &&
         process.session == process.id.pid;
}

std::optional<std::string_view> unit_of(const Process& process) {
  return process.cgroup ? unit_path(*process.cgroup) : std::nullopt;
}

const std::string* invocation_of(const Scene& scene, const Process& process) {
  if (!unit_of(process)) return nullptr;
  for (const Process* member : line_in_unit(scene, process)) {
    if (!member->environment) return nullptr;
    if (const std::string* told = told_invocation(*member)) return told;
  }
  return nullptr;
}

bool is_of_earlier_invocation(const Scene& scene, const Process& process) {
  const auto unit = unit_of(process);
  if (!unit || scene.unit(*unit).owns_nothing) return false;
  const std::string* invocation = invocation_of(scene, process);
  const auto present = present_invocation(scene, *unit);
  return invocation != nullptr && present && *present &&
         **present != *invocation;
}

std::optional<Claim> systemd_claim(const Scene& scene,
                                   const Process& process,
                                   const Process& ancestor) {
  const auto unit = unit_of(process);
  if (!unit || unit_of(ancestor) != unit) return std::nullopt;
  if (!is_service_main(scene.forest, ancestor)) return std::nullopt;
  // systemd, or a user's manager, has adopted what a main before has left.
  if (is_of_earlier_invocation(scene, process)) return std::nullopt;
  return unit_claim(Standing::Managed,
                    "it belongs to " + unit_name(*unit) + ", whose main " +
                        named(ancestor) + " runs");
}

std::optional<Claim> possible_unit_claim(const Scene& scene,
                                         const Process& process) {
  if (auto found = parted_claim(scene, process)) return found;
  const auto unit = unit_of(process);
  if (!unit) return carried_off_claim(scene, process);
  if (scene.unit(*unit).owns_nothing) return std::nullopt;
  const std::string* invocation = invocation_of(scene, process);
  if (invocation == nullptr) return untold_claim(scene, process, *unit);
  // What hangs on facts that nobody has looked for is held for their lack, and
  // judged again with them.
  if (scene.evidence.facts == nullptr) return std::nullopt;
  return invocation_claim(scene, process, *unit, *invocation);
}

std::optional<OrphanKind> left_by_a_unit(const Scene& scene,
                                         const Process& process) {
  if (!is_of_earlier_invocation(scene, process)) return std::nullopt;
  return OrphanKind{
      .standing = Standing::Leftover,
      .reason = {.why = Why::EarlierInvocation,
                 .text = "it is of an earlier invocation of " +
                         unit_name(*unit_of(process)) +
                         ", which has been started anew and runs the same"}};
}

void Scene::index_units() {
  for (const Process& process : evidence.snapshot.processes) {
    if (is_dead(process)) continue;
    const auto cgroup = unit_of(process);
    if (!cgroup) continue;
    Unit& unit = units_[*cgroup];
    unit.members.push_back(&process);
    unit.owns_nothing = unit.owns_nothing || is_of_pm2(*this, process) ||
                        opens_sessions_as_main(*this, process);
    unit.has_other_main =
        unit.has_other_main ||
        (is_service_main(forest, process) && is_other_main(*this, process) &&
         !any_rule_may_match(*this, process));
  }
}

bool Scene::opened_sessions(std::string_view invocation) const {
  return std::ranges::any_of(units_, [&](const auto& entry) {
    return entry.second.owns_nothing &&
           std::ranges::any_of(
               entry.second.members, [&](const Process* member) {
                 const std::string* told = told_invocation(*member);
                 return told != nullptr && *told == invocation;
               });
  });
}

const Scene::Unit& Scene::unit(std::string_view cgroup) const {
  static const Unit kNone;
  const auto found = units_.find(cgroup);
  return found == units_.end() ? kNone : found->second;
}

}  // namespace strayd
