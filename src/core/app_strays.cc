#include "app_strays.h"

#include <algorithm>
#include <iterator>

namespace strayd {

Attribution::Attribution(const AppScene& scene, const AppsMemory& memory)
    : scene_(scene), talkers_(scene.evidence.remotes.size()) {
  index_talkers(memory);
  index_directories();
}

void Attribution::index_talkers(const AppsMemory& memory) {
  for (const AppTree& app : scene_.apps()) {
    const auto known = memory.apps.find(app.key);
    if (known == memory.apps.end()) continue;
    for (std::size_t i = 0; i < talkers_.size(); ++i) {
      if (known->second.remotes.contains(scene_.evidence.remotes[i].name)) {
        talkers_[i].insert(app.index);
      }
    }
  }
}

void Attribution::index_directories() {
  for (const AppTree& app : scene_.apps()) {
    for (const InstanceTree& tree : app.instances) {
      for (const TreeMember& member : tree.members) {
        const Observed<std::string>& cwd = member.process->cwd;
        // Whoever is nowhere in particular is in the root directory.
        if (cwd && *cwd != "/") by_directory_[*cwd].insert(app.index);
      }
    }
  }
}

const Attribution::Apps& Attribution::working_in(
    std::string_view directory) const {
  static const Apps kNone;
  const auto found = by_directory_.find(directory);
  return found == by_directory_.end() ? kNone : found->second;
}

std::optional<std::size_t> Attribution::app_of(const Process& orphan,
                                               std::size_t remote) const {
  const Verdict* verdict = scene_.orphan(orphan);
  if (verdict != nullptr && !verdict->home.empty()) {
    const AppTree* app =
        scene_.app_named({.home = verdict->home, .app = verdict->app});
    return app == nullptr ? std::nullopt : std::optional(app->index);
  }
  const Apps& talkers = talkers_[remote];
  if (talkers.size() == 1) return *talkers.begin();
  if (!orphan.cwd) return std::nullopt;
  Apps likely = working_in(*orphan.cwd);
  if (!talkers.empty()) {
    std::erase_if(likely,
                  [&](std::size_t app) { return !talkers.contains(app); });
  }
  return likely.size() == 1 ? std::optional(*likely.begin()) : std::nullopt;
}

}  // namespace strayd
