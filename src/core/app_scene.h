// One scan's evidence on apps with its indexes: who belongs to which app.
// Everything here is looked up, nothing is searched.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <unordered_map>
#include <vector>

#include "strayd/core/apps.h"
#include "strayd/core/forest.h"

#include "scene.h"

namespace strayd {

struct TreeMember {
  const Process* process = nullptr;
  int depth = 0;  // 0: the process that PM2 lists
};

struct InstanceTree {
  const Pm2Instance* instance = nullptr;
  // false: PM2 lists a pid that this snapshot does not confirm.
  bool known = true;
  std::vector<TreeMember> members{};  // parents before children; the dead too
};

struct AppTree {
  std::size_t index = 0;  // among all
  AppKey key{};
  const Pm2View* view = nullptr;
  const Process* daemon = nullptr;        // its God Daemon; nullptr: not seen
  std::vector<InstanceTree> instances{};  // by slot
};

// What PM2 lists now; nullopt: it did not say when it launched that.
std::optional<LaunchKey> launch_of(const AppTree& app,
                                   const Pm2Instance& instance);
// It is one of those.
bool is_listed_launch(const AppTree& app, const LaunchKey& launch);

bool is_cluster(const Pm2Instance& instance);
bool is_cluster(const AppTree& app);  // one of its instances is

std::int64_t unix_ms(const Snapshot& snapshot, BootTime at);
std::int64_t unix_ms(const Snapshot& snapshot, const Process& process);

class AppScene {
 public:
  // Borrows the evidence.
  explicit AppScene(const AppsEvidence& from);
  AppScene(const AppScene&) = delete;
  AppScene& operator=(const AppScene&) = delete;
  ~AppScene() = default;

  const AppsEvidence& evidence;

  const Forest& forest() const { return scene_.forest; }
  const std::vector<AppTree>& apps() const { return apps_; }
  // nullptr: it is listed by no PM2 that answers.
  const AppTree* app_named(const AppKey& key) const;
  // Whose tree this process is in; nullptr: nobody's.
  const AppTree* app_of(const Process& process) const;
  // The apps that this God Daemon runs in cluster mode.
  const std::vector<const AppTree*>& clustered(const Process& daemon) const;
  // Its verdict, if it is a member of an orphan tree.
  const Verdict* orphan(const Process& process) const;
  // The listed app that its cookie names though it is in none of its trees: an
  // orphan, or held.
  const AppTree* app_before(const Process& process) const;

  // The launch that its cookie names.
  std::optional<LaunchKey> launch_before(const Process& process) const;

  bool rule_matches(const Process& process) const;

 private:
  void list_apps();
  void grow(AppTree& app, InstanceTree& tree);
  const Process* root_of(InstanceTree& tree) const;

  Memory nothing_{};
  Evidence judged_;
  Scene scene_;
  std::vector<AppTree> apps_{};
  std::map<AppKey, std::size_t> by_key_{};
  std::unordered_map<const Process*, std::size_t> owners_{};
  std::unordered_map<const Process*, std::vector<const AppTree*>> clustered_{};
  std::unordered_map<const Process*, const Verdict*> astray_{};
};

}  // namespace strayd
