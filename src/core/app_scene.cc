#include "app_scene.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "strayd/core/fit.h"

namespace strayd {
namespace {

// PM2 was asked after the snapshot was taken.
bool launched_since(const Snapshot& snapshot, const Pm2Instance& instance) {
  return instance.pm_uptime_ms &&
         *instance.pm_uptime_ms >=
             unix_ms(snapshot, snapshot.taken) - kSameStartMs;
}

}  // namespace

std::optional<LaunchKey> launch_of(const AppTree& app,
                                   const Pm2Instance& instance) {
  if (!instance.pm_uptime_ms) return std::nullopt;
  return LaunchKey{.instance = {.home = app.key.home,
                                .unique_id = instance.unique_id,
                                .pm_id = instance.pm_id},
                   .pm_uptime_ms = *instance.pm_uptime_ms};
}

bool is_listed_launch(const AppTree& app, const LaunchKey& launch) {
  return std::ranges::any_of(app.instances, [&](const InstanceTree& tree) {
    return launch_of(app, *tree.instance) == launch;
  });
}

bool is_cluster(const Pm2Instance& instance) {
  return instance.exec_mode == "cluster_mode";
}

bool is_cluster(const AppTree& app) {
  return std::ranges::any_of(app.instances, [](const InstanceTree& tree) {
    return is_cluster(*tree.instance);
  });
}

std::int64_t unix_ms(const Snapshot& snapshot, BootTime at) {
  return snapshot.boot_epoch_ms +
         std::chrono::duration_cast<std::chrono::milliseconds>(at).count();
}

std::int64_t unix_ms(const Snapshot& snapshot, const Process& process) {
  return unix_ms(snapshot, process.started);
}

AppScene::AppScene(const AppsEvidence& from)
    : evidence(from),
      judged_{.snapshot = from.snapshot, .pm2 = from.pm2, .memory = nothing_},
      scene_(judged_, from.policy) {
  list_apps();
  for (AppTree& app : apps_) {
    by_key_.emplace(app.key, app.index);
    for (InstanceTree& tree : app.instances) grow(app, tree);
    if (app.daemon != nullptr && is_cluster(app)) {
      clustered_[app.daemon].push_back(&app);
    }
  }
  for (const Verdict& verdict : from.verdicts) {
    if (!verdict.kind && verdict.standing != Standing::Held) continue;
    const Process* process = forest().find(verdict.id);
    if (process != nullptr) astray_.emplace(process, &verdict);
  }
}

void AppScene::list_apps() {
  std::map<AppKey, AppTree> apps;
  for (const Pm2View& view : evidence.pm2) {
    if (!view.reply) continue;
    for (const Pm2Instance& instance : view.reply->instances) {
      const AppKey key{.home = view.home, .app = app_name(instance)};
      AppTree& app = apps[key];
      app.key = key;
      app.view = &view;
      app.daemon = forest().find(view.reply->daemon);
      app.instances.push_back({.instance = &instance});
    }
  }
  for (auto& [key, app] : apps) {
    std::ranges::stable_sort(app.instances, {}, [](const InstanceTree& tree) {
      return tree.instance->pm_id;
    });
    app.index = apps_.size();
    apps_.push_back(std::move(app));
  }
}

const Process* AppScene::root_of(InstanceTree& tree) const {
  const Pm2Instance& instance = *tree.instance;
  if (!instance.pid) return nullptr;
  const Process* process = forest().find(*instance.pid);
  if (process == nullptr) {
    tree.known = !launched_since(evidence.snapshot, instance);
    return nullptr;
  }
  const Listed* listed = scene_.listed(*process);
  if (listed != nullptr && listed->instance == &instance) return process;
  tree.known = is_dead(*process);
  return nullptr;
}

// What another PM2, or another entry of this one, owns in it is theirs.
void AppScene::grow(AppTree& app, InstanceTree& tree) {
  const Process* root = root_of(tree);
  if (root == nullptr || !owners_.emplace(root, app.index).second) return;
  tree.members.push_back({.process = root});
  for (std::size_t next = 0; next < tree.members.size(); ++next) {
    const TreeMember above = tree.members[next];
    for (const Process* child : forest().children(above.process->id.pid)) {
      if (scene_.listed(*child) != nullptr || scene_.daemon_of(*child) ||
          !owners_.emplace(child, app.index).second) {
        continue;
      }
      tree.members.push_back({.process = child, .depth = above.depth + 1});
    }
  }
}

const AppTree* AppScene::app_named(const AppKey& key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? nullptr : &apps_[found->second];
}

const AppTree* AppScene::app_of(const Process& process) const {
  const auto found = owners_.find(&process);
  return found == owners_.end() ? nullptr : &apps_[found->second];
}

const std::vector<const AppTree*>& AppScene::clustered(
    const Process& daemon) const {
  static const std::vector<const AppTree*> kNone;
  const auto found = clustered_.find(&daemon);
  return found == clustered_.end() ? kNone : found->second;
}

const Verdict* AppScene::orphan(const Process& process) const {
  const auto found = astray_.find(&process);
  return found == astray_.end() || !found->second->kind ? nullptr
                                                        : found->second;
}

const AppTree* AppScene::app_before(const Process& process) const {
  const auto found = astray_.find(&process);
  if (found == astray_.end() || app_of(process) != nullptr) return nullptr;
  return app_named({.home = found->second->home, .app = found->second->app});
}

std::optional<LaunchKey> AppScene::launch_before(const Process& process) const {
  const CookieReading reading = scene_.cookie(process);
  const auto* cookie = std::get_if<Cookie>(&reading);
  if (cookie == nullptr) return std::nullopt;
  return scene_.launch_of(*cookie);
}

bool AppScene::rule_matches(const Process& process) const {
  return std::ranges::any_of(evidence.policy.rules, [&](const Rule& rule) {
    return pattern_fit(rule.match, process) == Fit::Yes;
  });
}

}  // namespace strayd
