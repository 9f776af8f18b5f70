#include "scene.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>
#include <vector>

#include "strayd/core/fit.h"
#include "strayd/core/text.h"

#include "serving.h"

namespace strayd {
namespace {

std::int64_t started_unix_ms(const Snapshot& snapshot, const Process& process) {
  return snapshot.boot_epoch_ms +
         std::chrono::duration_cast<std::chrono::milliseconds>(process.started)
             .count();
}

bool started_with(const Snapshot& snapshot,
                  const Process& process,
                  const Pm2Instance& instance) {
  return instance.pm_uptime_ms &&
         std::abs(started_unix_ms(snapshot, process) - *instance.pm_uptime_ms) <
             kSameStartMs;
}

// What PM2 lists it has started itself: its own child is meant, however the
// clock was set since.
bool is_child_of(const Forest& forest,
                 const Process& process,
                 const ProcId& daemon) {
  return !is_dead(process) && process.parent == daemon.pid &&
         forest.find(daemon) != nullptr &&
         daemon.start_ticks <= process.id.start_ticks;
}

}  // namespace

Scene::Scene(const Evidence& from, const Policy& wishes)
    : evidence(from),
      policy(wishes),
      forest(from.snapshot),
      cookies_(from.snapshot, from.pm2) {
  for (const Pm2View& view : evidence.pm2) {
    views_.emplace(view.home, &view);
    for (const std::string& path : view.aliases) views_.emplace(path, &view);
  }
  index_daemons();
  index_lists();
  index_outputs();
  index_units();
}

void Scene::index_daemons() {
  for (const Process& process : evidence.snapshot.processes) {
    auto home = god_daemon_home(process);
    if (!home) continue;
    add_if_unheard(process, *home);
    daemons_.emplace(process.id.pid, *std::move(home));
  }
  for (const auto& [home, memory] : evidence.memory.homes) {
    for (const ProcId& daemon : memory.answered) {
      if (forest.find(daemon) != nullptr) daemons_.emplace(daemon.pid, home);
    }
  }
}

// Of those of one user, the one with the lowest id.
void Scene::add_if_unheard(const Process& daemon, const std::string& home) {
  if (!daemon.uid || !is_unheard(daemon, home)) return;
  const Process*& first = unheard_[*daemon.uid];
  if (first == nullptr || daemon.id < first->id) first = &daemon;
}

bool Scene::is_unheard(const Process& daemon, const std::string& home) const {
  if (is_dead(daemon) || daemon.pid_namespace_depth.value_or(1) != 1 ||
      in_container(daemon)) {
    return false;
  }
  const Pm2View* named = view(home);
  if (named == nullptr || !named->reply) return named != nullptr;
  // A child between fork and exec still has the daemon's title.
  const Process* parent = forest.find(daemon.parent);
  const ProcId& heard = named->reply->daemon;
  return heard != daemon.id && (parent == nullptr || heard != parent->id);
}

const Process* Scene::unheard_daemon(uid_t uid) const {
  const auto found = unheard_.find(uid);
  return found == unheard_.end() ? nullptr : found->second;
}

// Where a pid was used again, the entry with that process's start is meant, and
// not the one that it once was.
void Scene::index_lists() {
  const Snapshot& snapshot = evidence.snapshot;
  std::vector<std::pair<const Process*, Listed>> without_start;
  for (const Pm2View& view : evidence.pm2) {
    if (!view.reply) continue;
    daemons_.emplace(view.reply->daemon.pid, view.home);
    for (const Pm2Instance& instance : view.reply->instances) {
      if (!instance.pid) continue;
      const Process* process = forest.find(*instance.pid);
      if (process == nullptr) continue;
      const Listed entry{.instance = &instance, .view = &view};
      if (!is_dead(*process) && started_with(snapshot, *process, instance)) {
        listed_.emplace(*instance.pid, entry);
      } else {
        without_start.emplace_back(process, entry);
      }
    }
  }
  for (const auto& [process, entry] : without_start) {
    auto& index = is_child_of(forest, *process, entry.view->reply->daemon)
                      ? listed_
                      : in_vain_;
    index.emplace(process->id.pid, entry);
  }
}

void Scene::index_outputs() {
  for (const auto& [pid, home] : daemons_) {
    const Process* daemon = forest.find(pid);
    if (daemon == nullptr) continue;
    outputs_.insert(daemon->output_files.begin(), daemon->output_files.end());
  }
}

Fit Scene::fit(const Match& match, const Process& process) const {
  return strayd::fit(match, process, evidence.memory);
}

bool Scene::matches(const Match& match, const Process& process) const {
  return fit(match, process) == Fit::Yes;
}

const Pm2View* Scene::view(const std::string& home) const {
  const auto found = views_.find(home);
  return found == views_.end() ? nullptr : found->second;
}

std::optional<std::string> Scene::daemon_of(const Process& process) const {
  const auto found = daemons_.find(process.id.pid);
  if (found == daemons_.end()) return std::nullopt;
  return found->second;
}

const Listed* Scene::listed(const Process& process) const {
  const auto found = listed_.find(process.id.pid);
  return found == listed_.end() ? nullptr : &found->second;
}

const Listed* Scene::listed_in_vain(const Process& process) const {
  const auto found = in_vain_.find(process.id.pid);
  return found == in_vain_.end() ? nullptr : &found->second;
}

bool Scene::is_own(const Process& process) const {
  const Process* self = forest.find(evidence.snapshot.self);
  if (self == nullptr) return false;
  if (self == &process) return true;
  const Forest::Chain chain = forest.chain(*self);
  return std::ranges::find(chain.ancestors, &process) != chain.ancestors.end();
}

bool Scene::in_container(const Process& process) const {
  return in_other_container(process, forest.find(evidence.snapshot.self));
}

CookieReading Scene::cookie(const Process& process) const {
  return cookies_.read(process);
}

// What is not known does not speak against it. A cluster's workers, and what
// they start, have the output of their daemon.
bool Scene::is_daemonized(const Process& process) const {
  const std::vector<FileId>& files = process.output_files;
  const bool has_daemons_output =
      !files.empty() && std::ranges::all_of(files, [&](const FileId& file) {
        return outputs_.contains(file);
      });
  return process.session == process.id.pid ||
         process.ignores_hangup.value_or(true) ||
         (process.has_own_output.value_or(true) && !has_daemons_output);
}

Scene::~Scene() = default;

const Services& Scene::services() const {
  if (!services_) services_ = std::make_unique<const Services>(evidence);
  return *services_;
}

std::optional<std::string> Scene::supervisor_name(
    const Process& process) const {
  const auto kind = supervisor_kind(process);
  const bool owns =
      kind == SupervisorKind::Other || kind == SupervisorKind::Pm2Runtime ||
      std::ranges::any_of(policy.supervisors, [&](const ProgramRule& rule) {
        return matches(rule.match, process);
      });
  return owns ? std::optional(named(process)) : std::nullopt;
}

std::optional<Origin> Scene::origin_of(const Process& process) const {
  const auto& origins = evidence.memory.origins;
  const auto own = origins.find(process.id);
  if (own != origins.end()) return own->second;
  // What was there is remembered as it was; what is new inherits.
  if (process.started > evidence.memory.taken) {
    for (const Process* above : forest.chain(process).ancestors) {
      const auto known = origins.find(above->id);
      if (known != origins.end()) return known->second;
    }
  }
  std::optional<Origin> named = origin_by_cookie(process);
  if (named) {
    named->parting = is_daemonized(process) && !looks_like_own_child(process)
                         ? Parting::Unseen
                         : Parting::Left;
  }
  return named;
}

std::optional<Origin> Scene::origin_by_cookie(const Process& process) const {
  const CookieReading reading = cookie(process);
  const auto* found = std::get_if<Cookie>(&reading);
  if (found == nullptr) return std::nullopt;
  const Pm2Instance called{.name = found->name,
                           .name_space = found->name_space};
  return Origin{.owner = Origin::Owner::Launch,
                .launch = launch_of(*found),
                .name = app_name(called)};
}

bool Scene::looks_like_own_child(const Process& process) const {
  const CookieReading reading = cookie(process);
  const auto* found = std::get_if<Cookie>(&reading);
  if (found == nullptr || process.session != process.id.pid ||
      found->pm_exec_path.empty() || !process.argv) {
    return false;
  }
  // npm and others write a title over their arguments.
  const std::string line = ' ' + joined(*process.argv) + ' ';
  const std::string script(base_name(found->pm_exec_path));
  const bool runs = line.contains(' ' + found->pm_exec_path + ' ') ||
                    line.starts_with(' ' + script + ' ') ||
                    process.exe.value_or("") == found->pm_exec_path;
  return runs && std::abs(started_unix_ms(evidence.snapshot, process) -
                          found->pm_uptime_ms) < kSameStartMs;
}

bool Scene::may_be_own_child(const Process& process) const {
  const auto origin = origin_of(process);
  if (!origin) return false;
  const auto& launches = evidence.memory.launches;
  const auto launch = launches.find(origin->launch);
  if (launch != launches.end() && launch->second.root) {
    return *launch->second.root == process.id;
  }
  const CookieReading reading = cookie(process);
  const auto* named = std::get_if<Cookie>(&reading);
  return named != nullptr && (named->cluster || looks_like_own_child(process));
}

LaunchKey Scene::launch_of(const Cookie& cookie) const {
  const Pm2View* known = view(cookie.home);
  return {.instance = {.home = known == nullptr ? cookie.home : known->home,
                       .unique_id = cookie.unique_id,
                       .pm_id = cookie.pm_id},
          .pm_uptime_ms = cookie.pm_uptime_ms};
}

std::chrono::nanoseconds age(const Snapshot& snapshot, const Process& process) {
  return snapshot.taken - process.started;
}

bool is_same_program(const Process& a, const Process& b) {
  if (!a.exe || !b.exe || *a.exe != *b.exe || !a.argv || !b.argv) return false;
  // The arguments of node and its like; the script is the first that is none.
  const auto script = [](const std::vector<std::string>& argv) {
    for (std::size_t i = 1; i < argv.size(); ++i) {
      if (!argv[i].starts_with('-')) return std::string(base_name(argv[i]));
    }
    return argv.empty() ? std::string() : argv.front();
  };
  return script(*a.argv) == script(*b.argv);
}

std::string named(const Process& process) {
  return "pid " + std::to_string(process.id.pid) + " (" + process.comm + ")";
}

Claim held(Why why, std::string text) {
  return {.standing = Standing::Held,
          .reason = {.why = why, .text = std::move(text)}};
}

}  // namespace strayd
