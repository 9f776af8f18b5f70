#include "scene.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

namespace strayd {
namespace {

std::int64_t started_unix_ms(const Snapshot& snapshot, const Process& process) {
  return snapshot.boot_epoch_ms +
         std::chrono::duration_cast<std::chrono::milliseconds>(process.started)
             .count();
}

bool fits(const Snapshot& snapshot,
          const Process& process,
          const Pm2Instance& instance) {
  if (is_dead(process)) return false;
  if (!instance.pm_uptime_ms) return false;
  return std::abs(started_unix_ms(snapshot, process) - *instance.pm_uptime_ms) <
         kSameStartMs;
}

}  // namespace

Scene::Scene(const Evidence& from, const Policy& wishes)
    : evidence(from), policy(wishes), forest(from.snapshot) {
  for (const Pm2View& view : evidence.pm2) {
    views_.emplace(view.home, &view);
    for (const std::string& path : view.aliases) views_.emplace(path, &view);
  }
  index_daemons();
  index_lists();
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

void Scene::index_lists() {
  for (const Pm2View& view : evidence.pm2) {
    if (!view.reply) continue;
    daemons_.emplace(view.reply->daemon.pid, view.home);
    for (const Pm2Instance& instance : view.reply->instances) {
      if (!instance.pid) continue;
      const Process* process = forest.find(*instance.pid);
      if (process == nullptr) continue;
      auto& index =
          fits(evidence.snapshot, *process, instance) ? listed_ : in_vain_;
      index.emplace(*instance.pid,
                    Listed{.instance = &instance, .view = &view});
    }
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

CookieReading Scene::cookie(const Process& process) {
  if (!process.environment) return NoCookie{};
  return read_cookie(*process.environment);
}

LaunchKey launch_of(const Cookie& cookie) {
  return {.instance = {.home = cookie.home,
                       .unique_id = cookie.unique_id,
                       .pm_id = cookie.pm_id},
          .pm_uptime_ms = cookie.pm_uptime_ms};
}

std::chrono::nanoseconds age(const Snapshot& snapshot, const Process& process) {
  return snapshot.taken - process.started;
}

std::string named(const Process& process) {
  return "pid " + std::to_string(process.id.pid) + " (" + process.comm + ")";
}

Claim held(Why why, std::string text) {
  return {.standing = Standing::Held,
          .reason = {.why = why, .text = std::move(text)}};
}

}  // namespace strayd
