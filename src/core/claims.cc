// Protected and managed: the claims that need no PM2 to have an opinion.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "strayd/core/text.h"

#include "scene.h"

namespace strayd {
namespace {

// Programs that strayd never ends, whatever a rule says: log-in and session
// carriers, databases (their titles hold text of their users), and PM2's own
// command line.
constexpr auto kNeverEligible =
    std::to_array<std::string_view>({"sshd",          "login",
                                     "sudo",          "su",
                                     "tmux",          "tmux: server",
                                     "screen",        "dbus-daemon",
                                     "cron",          "crond",
                                     "atd",           "postgres",
                                     "mysqld",        "mariadbd",
                                     "mongod",        "redis-server",
                                     "memcached",     "systemd-journald",
                                     "systemd-udevd", "systemd-logind",
                                     "polkitd",       "NetworkManager",
                                     "containerd",    "dockerd"});

bool never_eligible(std::string_view program) {
  return std::ranges::find(kNeverEligible, program) != kNeverEligible.end();
}

bool is_pm2_command(const Process& process) {
  if (!process.argv) return false;
  const auto& argv = *process.argv;
  return (!argv.empty() && base_name(argv[0]) == "pm2") ||
         (argv.size() >= 2 && base_name(argv[0]) == "node" &&
          base_name(argv[1]) == "pm2");
}

Claim claim(Standing standing, Why why, std::string text) {
  return {.standing = standing,
          .reason = {.why = why, .text = std::move(text)}};
}

std::optional<Claim> kernel_claim(const Scene& scene, const Process& process) {
  if (process.id.pid == 1) {
    return claim(Standing::Protected, Why::Init, "it is pid 1");
  }
  if (is_kernel_thread(process)) {
    return claim(
        Standing::Protected, Why::KernelThread, "it is a kernel thread");
  }
  if (scene.is_own(process)) {
    return claim(Standing::Protected,
                 Why::Strayd,
                 "it is strayd, or an ancestor of strayd");
  }
  if (is_dead(process)) {
    return claim(Standing::Protected, Why::Zombie, "it has already exited");
  }
  return std::nullopt;
}

// What protects a process together with everything below it.
std::optional<Claim> shielding_claim(const Scene& scene,
                                     const Process& process) {
  if (process.pid_namespace_depth && *process.pid_namespace_depth > 1) {
    return claim(Standing::Protected,
                 Why::OtherPidNamespace,
                 named(process) + " lives in another pid namespace");
  }
  if (scene.in_container(process)) {
    return claim(
        Standing::Protected,
        Why::Container,
        named(process) + " belongs to a container: " + *process.cgroup);
  }
  for (const ProtectRule& rule : scene.policy.protect) {
    if (!scene.matches(rule.match, process)) continue;
    return claim(
        Standing::Protected,
        Why::ProtectRule,
        "the protect rule '" + rule.name + "' matches " + named(process));
  }
  if (process.environment) {
    const auto marker = process.environment->find("STRAYD_PROTECT");
    if (marker != process.environment->end() && marker->second == "1") {
      return claim(Standing::Protected,
                   Why::ProtectMarker,
                   named(process) + " has STRAYD_PROTECT=1");
    }
  }
  return std::nullopt;
}

// The process in its line that is a child of this ancestor's.
const Process& topmost_below(const Scene& scene,
                             const Process& process,
                             const Process& ancestor) {
  const Process* top = &process;
  for (const Process* above : scene.forest.chain(process).ancestors) {
    if (above == &ancestor) break;
    top = above;
  }
  return *top;
}

// As pid 1 (dinit, runit, s6-svscan, pm2-runtime in a container) a supervisor
// also adopts what has lost its parent. What has parted from a launch of PM2's
// came to it in that way; of anything else nobody can tell, and it may be a
// service.
bool has_adopted(const Scene& scene,
                 const Process& process,
                 const Process& supervisor,
                 bool is_pm2) {
  if (supervisor.id.pid != 1 || &process == &supervisor) return false;
  const Process& top = topmost_below(scene, process, supervisor);
  const auto origin = scene.origin_of(top);
  if (!origin || origin->owner != Origin::Owner::Launch) return false;
  if (!is_pm2) return true;
  // What PM2 started itself is its own, with all below that.
  return origin->parting != Parting::None && !scene.may_be_own_child(top);
}

std::optional<Claim> supervisor_claim(const Scene& scene,
                                      const Process& process,
                                      const Process& ancestor) {
  const bool itself = &process == &ancestor;
  const auto home = scene.daemon_of(ancestor);
  const auto kind = supervisor_kind(ancestor);
  if (!home && (!kind || kind == SupervisorKind::Systemd)) return std::nullopt;
  if (has_adopted(scene,
                  process,
                  ancestor,
                  home || kind == SupervisorKind::Pm2Runtime)) {
    return std::nullopt;
  }
  const std::string_view what =
      home ? to_string(SupervisorKind::Pm2Daemon) : to_string(*kind);
  Claim found = claim(
      Standing::Managed,
      itself ? Why::SupervisorProcess : Why::BelowSupervisor,
      (itself ? std::string("it is a ") : named(ancestor) + " above it is a ") +
          std::string(what) + (home ? " of " + *home : ""));
  found.home = home.value_or("");
  return found;
}

std::optional<Claim> configured_claim(const Scene& scene,
                                      const Process& process,
                                      const Process& ancestor) {
  const auto rule = std::ranges::find_if(
      scene.policy.supervisors, [&](const ProgramRule& supervisor) {
        return scene.matches(supervisor.match, ancestor);
      });
  if (rule == scene.policy.supervisors.end() ||
      has_adopted(scene, process, ancestor, false)) {
    return std::nullopt;
  }
  const bool itself = &process == &ancestor;
  return claim(Standing::Managed,
               itself ? Why::SupervisorProcess : Why::BelowSupervisor,
               (itself ? std::string("it") : named(ancestor) + " above it") +
                   " is the supervisor '" + rule->name +
                   "' of the configuration");
}

std::optional<Claim> listed_claim(const Scene& scene,
                                  const Process& process,
                                  const Process& ancestor) {
  const Listed* listed = scene.listed(ancestor);
  if (listed == nullptr) return std::nullopt;
  const std::string app = app_name(*listed->instance);
  Claim found = claim(Standing::Managed,
                      Why::ListedByPm2,
                      (&process == &ancestor ? std::string("it")
                                             : named(ancestor) + " above it") +
                          " is the app '" + app + "' of the PM2 in " +
                          listed->view->home);
  found.app = app;
  found.home = listed->view->home;
  return found;
}

}  // namespace

std::optional<Claim> protected_claim(const Scene& scene,
                                     const Process& process) {
  if (auto found = kernel_claim(scene, process)) return found;
  if (auto found = shielding_claim(scene, process)) return found;
  if (process.tracer && *process.tracer != 0) {
    return claim(Standing::Protected,
                 Why::Traced,
                 "pid " + std::to_string(*process.tracer) + " traces it");
  }
  const bool by_exe = process.exe && never_eligible(base_name(*process.exe));
  if (by_exe || never_eligible(process.comm) || is_pm2_command(process)) {
    return claim(Standing::Protected,
                 Why::NeverEligible,
                 "strayd never ends a " +
                     (is_pm2_command(process) ? "pm2 command" : process.comm));
  }
  for (const Process* ancestor : scene.forest.chain(process).ancestors) {
    if (ancestor->id.pid == 1) break;
    if (auto found = shielding_claim(scene, *ancestor)) return found;
  }
  return std::nullopt;
}

std::optional<Claim> managed_claim(const Scene& scene, const Process& process) {
  std::vector<const Process*> line{&process};
  const Forest::Chain chain = scene.forest.chain(process);
  line.insert(line.end(), chain.ancestors.begin(), chain.ancestors.end());

  // The app says more than the daemon above it.
  for (const Process* ancestor : line) {
    if (auto found = listed_claim(scene, process, *ancestor)) return found;
  }
  const bool has_cookie =
      !std::holds_alternative<NoCookie>(scene.cookie(process)) ||
      scene.origin_of(process);
  for (const Process* ancestor : line) {
    if (auto found = supervisor_claim(scene, process, *ancestor)) return found;
    if (auto found = configured_claim(scene, process, *ancestor)) return found;
    if (has_cookie) continue;
    if (auto found = systemd_claim(scene, process, *ancestor)) return found;
  }
  return std::nullopt;
}

}  // namespace strayd
