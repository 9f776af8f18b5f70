// What PM2's lists say of each of its launches, from scan to scan: that it
// lives, or since when it is over, and how.
#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "remember.h"

namespace strayd {
namespace {

LaunchKey key_of(const Pm2View& view, const Pm2Instance& instance) {
  return {.instance = {.home = view.home,
                       .unique_id = instance.unique_id,
                       .pm_id = instance.pm_id},
          .pm_uptime_ms = instance.pm_uptime_ms.value_or(0)};
}

// Whether PM2 lists a living process for it.
const Process* living_root(const Scene& scene,
                           const Pm2View& view,
                           const Pm2Instance& instance) {
  if (!instance.pid) return nullptr;
  const Process* process = scene.forest.find(*instance.pid);
  if (process == nullptr) return nullptr;
  const Listed* listed = scene.listed(*process);
  const bool its_own = listed != nullptr && listed->view == &view &&
                       listed->instance == &instance;
  return its_own ? process : nullptr;
}

// One answer, held against the launches of its home.
class Reading {
 public:
  Reading(Memory& after, const Scene& scene, const Pm2View& view)
      : after_(after), scene_(scene), view_(view), answer_(*view.reply) {
    for (const Pm2Instance& instance : answer_.instances) {
      entries_.try_emplace({instance.unique_id, instance.pm_id}, &instance);
    }
  }

  void take() {
    for (const Pm2Instance& instance : answer_.instances) note(instance);
    for (auto& [key, launch] : after_.launches) {
      if (key.instance.home != view_.home) continue;
      conclude(launch, end_of(key, launch));
    }
  }

 private:
  void note(const Pm2Instance& instance) {
    LaunchMemory& launch = after_.launches[key_of(view_, instance)];
    launch.app = app_name(instance);
    launch.slot = slot_of(answer_, instance);
    launch.daemon = answer_.daemon;
    launch.kill_timeout = instance.kill_timeout;
    launch.cluster = instance.exec_mode == "cluster_mode";
    launch.treekill = instance.treekill;
    launch.restarts = instance.restarts;
    launch.wanted = launch.wanted || instance.status == Pm2Status::Stopping;
    if (const Process* root = living_root(scene_, view_, instance)) {
      launch.root = root->id;
    }
  }

  const Pm2Instance* entry_of(const LaunchKey& key) const {
    const auto found =
        entries_.find({key.instance.unique_id, key.instance.pm_id});
    return found == entries_.end() ? nullptr : found->second;
  }

  LaunchEnd end_of(const LaunchKey& key, const LaunchMemory& launch) const {
    if (const Pm2Instance* entry = entry_of(key)) {
      const std::int64_t newest = entry->pm_uptime_ms.value_or(0);
      if (newest < key.pm_uptime_ms) return LaunchEnd::None;
      const bool lives = living_root(scene_, view_, *entry) != nullptr;
      if (newest == key.pm_uptime_ms) {
        return lives ? LaunchEnd::None : LaunchEnd::Down;
      }
      return lives ? LaunchEnd::Replaced : LaunchEnd::Down;
    }
    if (!successors_of(answer_, key, launch).empty()) {
      return LaunchEnd::Replaced;
    }
    // Another daemon never owned it, so its silence on it says nothing.
    return launch.daemon == answer_.daemon ? LaunchEnd::Removed
                                           : LaunchEnd::None;
  }

  void conclude(LaunchMemory& launch, LaunchEnd end) const {
    launch.end = end;
    if (end == LaunchEnd::None) {
      launch.lists = 0;
      launch.ended.reset();
      return;
    }
    if (!launch.ended) launch.ended = scene_.evidence.snapshot.taken;
    ++launch.lists;
  }

  Memory& after_;
  const Scene& scene_;
  const Pm2View& view_;
  const Pm2Answer& answer_;
  std::map<std::pair<std::string_view, std::int64_t>, const Pm2Instance*>
      entries_{};
};

// A home may be told under another of its paths than before.
void rename_homes(std::map<LaunchKey, LaunchMemory>& launches,
                  const Scene& scene) {
  const auto is_renamed = [&](const LaunchKey& key) {
    const Pm2View* view = scene.view(key.instance.home);
    return view != nullptr && view->home != key.instance.home;
  };
  for (auto launch = launches.begin(); launch != launches.end();) {
    const auto next = std::next(launch);
    if (is_renamed(launch->first)) {
      auto node = launches.extract(launch);
      node.key().instance.home = scene.view(node.key().instance.home)->home;
      launches.insert(std::move(node));
    }
    launch = next;
  }
}

// Whether its environment names the launch that it is known to be of. Most do,
// and of those nothing more is to be read.
bool names(const Environment& environment, const LaunchKey& key) {
  const auto is = [&](const char* name, std::string_view value) {
    const auto found = environment.find(name);
    return found != environment.end() && found->second == value;
  };
  return is("pm_uptime", std::to_string(key.pm_uptime_ms)) &&
         is("unique_id", key.instance.unique_id) &&
         is("pm_id", std::to_string(key.instance.pm_id));
}

// Those of which a cookie alone tells.
void add_named(std::map<LaunchKey, LaunchMemory>& launches,
               const Scene& scene,
               const std::map<ProcId, Origin>& origins) {
  for (const Process& process : scene.evidence.snapshot.processes) {
    if (!process.environment || is_dead(process)) continue;
    const auto known = origins.find(process.id);
    if (known != origins.end() &&
        known->second.owner == Origin::Owner::Launch &&
        names(*process.environment, known->second.launch)) {
      continue;
    }
    const CookieReading reading = scene.cookie(process);
    const auto* cookie = std::get_if<Cookie>(&reading);
    if (cookie == nullptr) continue;
    const Pm2Instance called{.name = cookie->name,
                             .name_space = cookie->name_space};
    launches.try_emplace(scene.launch_of(*cookie),
                         LaunchMemory{.app = app_name(called),
                                      .slot = cookie->slot,
                                      .cluster = cookie->cluster});
  }
}

}  // namespace

std::optional<int> slot_of(const Pm2Answer& answer,
                           const Pm2Instance& instance) {
  if (instance.slot) return instance.slot;
  int slot = 0;
  for (const Pm2Instance& other : answer.instances) {
    if (app_name(other) != app_name(instance)) continue;
    if (other.slot) return std::nullopt;  // its place says nothing
    if (other.pm_id < instance.pm_id) ++slot;
  }
  return slot;
}

std::vector<const Pm2Instance*> successors_of(const Pm2Answer& answer,
                                              const LaunchKey& key,
                                              const LaunchMemory& launch) {
  std::vector<const Pm2Instance*> namesakes;
  for (const Pm2Instance& instance : answer.instances) {
    if (instance.unique_id == key.instance.unique_id &&
        instance.pm_id == key.instance.pm_id) {
      return {&instance};
    }
    if (app_name(instance) == launch.app &&
        instance.pm_uptime_ms.value_or(0) > key.pm_uptime_ms) {
      namesakes.push_back(&instance);
    }
  }
  if (!launch.slot) return namesakes;
  std::erase_if(namesakes, [&](const Pm2Instance* instance) {
    const std::optional<int> slot = slot_of(answer, *instance);
    return slot && slot != launch.slot;
  });
  return namesakes;
}

void remember_launches(Memory& after,
                       const Memory& before,
                       const Scene& scene,
                       const Life& life) {
  after.launches = before.launches;
  rename_homes(after.launches, scene);
  add_named(after.launches, scene, before.origins);
  for (const Pm2View& view : scene.evidence.pm2) {
    if (view.reply) {
      Reading(after, scene, view).take();
      continue;
    }
    // What a daemon that is silent or dead said last is not said twice.
    for (auto& [key, launch] : after.launches) {
      if (key.instance.home == view.home) launch.lists = 0;
    }
  }
  for (const LaunchKey& key : life.wanted) {
    const auto launch = after.launches.find(key);
    if (launch != after.launches.end()) launch->second.wanted = true;
  }
}

void forget_launches(Memory& after, const Scene& scene) {
  std::set<LaunchKey> kept;
  for (const auto& [id, origin] : after.origins) {
    if (origin.owner == Origin::Owner::Launch) kept.insert(origin.launch);
  }
  for (const Pm2View& view : scene.evidence.pm2) {
    if (!view.reply) continue;
    for (const Pm2Instance& instance : view.reply->instances) {
      kept.insert(key_of(view, instance));
    }
  }
  std::erase_if(after.launches, [&](const auto& launch) {
    return !kept.contains(launch.first);
  });
}

}  // namespace strayd
