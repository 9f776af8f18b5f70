#include "strayd/core/supervisor.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "strayd/core/home_path.h"
#include "strayd/core/text.h"

namespace strayd {
namespace {

constexpr std::string_view kTitleStart = "PM2 v";
constexpr std::string_view kTitleMiddle = ": God Daemon (";

// So that the first slash of a name ends its namespace.
std::string without_slashes(std::string_view name_space) {
  std::string made;
  for (const char c : name_space) {
    if (c == '%') {
      made += "%25";
    } else if (c == '/') {
      made += "%2F";
    } else {
      made += c;
    }
  }
  return made;
}

bool has_argument(const Process& process, std::string_view text) {
  return process.argv &&
         std::ranges::find(*process.argv, text) != process.argv->end();
}

// `node /usr/bin/pm2-runtime start …`: the script is the first or second word.
bool runs_script(const Process& process, std::string_view name) {
  if (!process.argv) return false;
  const auto& argv = *process.argv;
  for (std::size_t i = 0; i < std::min<std::size_t>(argv.size(), 2); ++i) {
    if (base_name(argv[i]) == name) return true;
  }
  return false;
}

bool is_pm2_runtime(const Process& process) {
  return runs_script(process, "pm2-runtime") ||
         runs_script(process, "pm2-docker") ||
         (runs_script(process, "pm2") && has_argument(process, "--no-daemon"));
}

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

// comm is cut to 15 bytes by the kernel (TASK_COMM_LEN).
constexpr auto kContainerRuntimes =
    std::to_array<std::string_view>({"containerd-shim",
                                     "conmon",
                                     "dockerd",
                                     "containerd",
                                     "runc",
                                     "crun",
                                     "lxc-start",
                                     "systemd-nspawn",
                                     "buildkitd"});
constexpr auto kOtherSupervisors =
    std::to_array<std::string_view>({"supervisord",
                                     "runsv",
                                     "runsvdir",
                                     "s6-supervise",
                                     "s6-svscan",
                                     "circusd",
                                     "supervise",
                                     "svscan",
                                     "supervise-daemo",  // OpenRC
                                     "dinit",
                                     "runit",
                                     "monit"});

std::optional<std::string> from_where_it_works(const Process& process,
                                               std::string home) {
  if (home.starts_with('/')) return home;
  return process.cwd ? home_from(*process.cwd, home) : std::nullopt;
}

}  // namespace

std::string app_name(const Pm2Instance& instance) {
  const std::string& name = instance.name;
  if (!instance.name_space.empty() && instance.name_space != "default") {
    return without_slashes(instance.name_space) + "/" + name;
  }
  return name.contains('/') ? "default/" + name : name;
}

std::optional<SupervisorKind> supervisor_kind(const Process& process) {
  if (is_kernel_thread(process)) return std::nullopt;
  if (home_in_title(process) || process.comm.starts_with(kTitleStart)) {
    return SupervisorKind::Pm2Daemon;
  }
  if (is_pm2_runtime(process)) return SupervisorKind::Pm2Runtime;
  if (process.comm == "systemd") return SupervisorKind::Systemd;
  if (is_one_of(process.comm, kContainerRuntimes)) {
    return SupervisorKind::Container;
  }
  if (is_one_of(process.comm, kOtherSupervisors)) return SupervisorKind::Other;
  return std::nullopt;
}

std::optional<std::string> home_in_title(const Process& process) {
  if (!process.argv || process.argv->empty()) return std::nullopt;
  const std::string_view title = process.argv->front();
  if (!title.starts_with(kTitleStart)) return std::nullopt;
  const std::size_t middle = title.find(kTitleMiddle);
  const std::size_t close = title.rfind(')');
  if (middle == std::string_view::npos || close == std::string_view::npos) {
    return std::nullopt;
  }
  const std::size_t begin = middle + kTitleMiddle.size();
  if (close <= begin) return std::nullopt;
  std::string home(title.substr(begin, close - begin));
  while (home.size() > 1 && home.back() == '/') home.pop_back();
  return home;
}

std::optional<std::string> god_daemon_home(const Process& process) {
  std::optional<std::string> home = home_in_title(process);
  return home ? from_where_it_works(process, *std::move(home)) : home;
}

bool is_fork_of_daemon(const Process& process, const Process* parent) {
  const std::optional<std::string> title = home_in_title(process);
  return title && parent != nullptr && !is_dead(*parent) &&
         parent->started <= process.started && home_in_title(*parent) == title;
}

std::optional<std::string> pm2_home_of(const Process& process) {
  if (!process.environment) return std::nullopt;
  const Environment& environment = *process.environment;
  if (const auto home = environment.find("PM2_HOME");
      home != environment.end() && !home->second.empty()) {
    return from_where_it_works(process, home->second);
  }
  if (const auto home = environment.find("HOME");
      home != environment.end() && home->second.starts_with('/')) {
    return home->second + "/.pm2";
  }
  return std::nullopt;
}

}  // namespace strayd
