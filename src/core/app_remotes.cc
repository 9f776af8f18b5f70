// Who has connections to the far ends that the configuration names.
#include <algorithm>
#include <map>
#include <tuple>

#include "app_parts.h"
#include "app_strays.h"
#include "far_ends.h"

namespace strayd {
namespace {

constexpr std::size_t kNoApp = static_cast<std::size_t>(-1);

class Tally {
 public:
  Tally(const AppScene& scene, const Holders& holders)
      : scene_(scene),
        holders_(holders),
        remotes_(scene.evidence.remotes),
        unclaimed_(remotes_.size(), 0) {}

  void count(const std::vector<FarConnection>& connections, AppsMemory& after) {
    for (const FarConnection& connection : connections) attribute(connection);
    learn_talkers(after);
    if (of_orphans_.empty()) return;
    const Attribution attribution(scene_, after);
    for (const auto& [process, connection] : of_orphans_) {
      const auto app = attribution.app_of(*process, connection->remote);
      add(app.value_or(kNoApp), Owner::Orphan, *connection);
    }
  }

  std::vector<RemoteShare> shares(const AppTree& app,
                                  const AppMemory& memory) const {
    std::vector<RemoteShare> all;
    for (std::size_t i = 0; i < remotes_.size(); ++i) {
      if (!memory.remotes.contains(remotes_[i].name) &&
          !counts_.contains(Key(app.index, i, Owner::Orphan))) {
        continue;
      }
      if (unclaimed_[i] > 0 && !holders_.complete(app)) continue;
      if (all.size() == 2 * kMostRemotes) break;
      all.push_back(share(app.index, i, Owner::Managed));
      all.push_back(share(app.index, i, Owner::Orphan));
    }
    std::erase_if(all, [&](const RemoteShare& s) { return is_unknown(s); });
    return all;
  }

  std::vector<RemoteShare> strays() const {
    std::vector<RemoteShare> all;
    for (std::size_t i = 0; i < remotes_.size(); ++i) {
      if (unclaimed_[i] > 0 && !holders_.orphans_complete()) continue;
      all.push_back(share(kNoApp, i, Owner::Orphan));
    }
    std::erase_if(all, [&](const RemoteShare& s) { return is_unknown(s); });
    return all;
  }

 private:
  using Key = std::tuple<std::size_t, std::size_t, Owner>;  // app, remote

  // A name without an address has connections that nobody can recognise.
  bool is_unknown(const RemoteShare& share) const {
    return remote_named(remotes_, share.remote)->addresses.empty();
  }

  // The strongest owner's, once, whoever else holds it.
  void attribute(const FarConnection& connection) {
    const std::vector<const Process*>& held_by =
        holders_.of(connection.connection->inode);
    if (held_by.empty()) ++unclaimed_[connection.remote];
    const Process* orphan = nullptr;
    for (const Process* process : held_by) {
      if (const AppTree* app = scene_.app_of(*process)) {
        add(app->index, Owner::Managed, connection);
        return;
      }
      if (orphan == nullptr && scene_.orphan(*process) != nullptr) {
        orphan = process;
      }
    }
    if (orphan != nullptr) of_orphans_.emplace_back(orphan, &connection);
  }

  void add(std::size_t app, Owner owner, const FarConnection& connection) {
    RemoteShare& share = counts_[Key(app, connection.remote, owner)];
    ++share.connections;
    const auto age = scene_.evidence.snapshot.taken - connection.first;
    share.age = std::max(share.age.value_or(age), age);
    const auto& received = connection.connection->since_receive;
    if (!received) return;
    share.since_receive =
        std::min(share.since_receive.value_or(*received), *received);
  }

  void learn_talkers(AppsMemory& after) const {
    for (const AppTree& app : scene_.apps()) {
      std::erase_if(after.apps[app.key].remotes, [&](const std::string& name) {
        return remote_named(remotes_, name) == nullptr;
      });
    }
    for (const auto& [key, share] : counts_) {  // all of them are managed yet
      const auto& [app, remote, owner] = key;
      std::set<std::string>& talked =
          after.apps[scene_.apps()[app].key].remotes;
      if (talked.size() < kMostRemotes) talked.insert(remotes_[remote].name);
    }
  }

  RemoteShare share(std::size_t app, std::size_t remote, Owner owner) const {
    const auto found = counts_.find(Key(app, remote, owner));
    RemoteShare share = found == counts_.end() ? RemoteShare{} : found->second;
    share.remote = remotes_[remote].name;
    share.owner = owner;
    return share;
  }

  const AppScene& scene_;
  const Holders& holders_;
  std::span<const Remote> remotes_;
  std::vector<std::size_t> unclaimed_;  // connections without a holder
  std::map<Key, RemoteShare> counts_{};
  std::vector<std::pair<const Process*, const FarConnection*>> of_orphans_{};
};

}  // namespace

std::optional<RemotesSeen> count_remotes(const AppScene& scene,
                                         const Holders& holders,
                                         const AppsMemory& before,
                                         AppsMemory& after) {
  const AppsEvidence& evidence = scene.evidence;
  if (!holders.available() || !evidence.sockets->connections) {
    return std::nullopt;
  }
  const std::vector<FarConnection> connections =
      far_connections(evidence, *evidence.sockets->connections, before, after);
  Tally tally(scene, holders);
  tally.count(connections, after);
  RemotesSeen seen;
  for (const AppTree& app : scene.apps()) {
    seen.shares.push_back(tally.shares(app, after.apps[app.key]));
  }
  seen.strays = tally.strays();
  return seen;
}

}  // namespace strayd
