// What belongs to a unit of systemd, and what may.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "strayd/core/fit.h"
#include "strayd/core/supervisor.h"
#include "strayd/core/text.h"

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

std::optional<std::string_view> unit_path(const Process& process) {
  return process.cgroup ? unit_path(*process.cgroup) : std::nullopt;
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
  if (const auto unit = unit_path(main)) return unit_path(process) != unit;
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

}  // namespace

bool opens_sessions(const Process& process) {
  const std::string_view program =
      process.exe ? base_name(*process.exe) : std::string_view(process.comm);
  return std::ranges::find(kSessionOpeners, program) != kSessionOpeners.end();
}

bool is_service_main(const Forest& forest, const Process& process) {
  const Process* parent = forest.find(process.parent);
  return parent != nullptr && parent->comm == "systemd" &&
         process.session == process.id.pid;
}

std::optional<Claim> systemd_claim(const Scene& scene,
                                   const Process& process,
                                   const Process& ancestor) {
  const auto unit = unit_path(process);
  if (!unit || unit_path(ancestor) != unit) return std::nullopt;
  if (!is_service_main(scene.forest, ancestor)) return std::nullopt;
  return unit_claim(Standing::Managed,
                    "it belongs to the systemd unit " +
                        std::string(base_name(*unit)) + ", whose main " +
                        named(ancestor) + " runs");
}

std::optional<Claim> possible_unit_claim(const Scene& scene,
                                         const Process& process) {
  if (auto found = parted_claim(scene, process)) return found;
  const auto unit = unit_path(process);
  if (!unit || scene.has_other_main(*unit)) return std::nullopt;
  return unit_claim(Standing::Held,
                    "no other process is known to be the main of the systemd "
                    "unit " +
                        std::string(base_name(*unit)) +
                        ", so this one may be what it runs");
}

void Scene::index_units() {
  for (const Process& process : evidence.snapshot.processes) {
    if (is_dead(process) || !is_service_main(forest, process)) continue;
    const auto unit = unit_path(process);
    if (unit && is_other_main(*this, process) &&
        !any_rule_may_match(*this, process)) {
      units_.insert(*unit);
    }
  }
}

bool Scene::has_other_main(std::string_view unit) const {
  return units_.contains(unit);
}

}  // namespace strayd
