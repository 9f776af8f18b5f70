// Who holds each socket, as far as the descriptors of processes were read.
#pragma once

#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "app_scene.h"

namespace strayd {

class Holders {
 public:
  // Empty where sockets or holdings are not available. Borrows the scene.
  explicit Holders(const AppScene& scene);

  bool available() const { return available_; }

  // Ascending by pid; one that has it under several numbers comes as often.
  const std::vector<const Process*>& of(SocketInode inode) const;
  // It holds a socket that listens.
  bool listens(const Process& process) const;

  // A socket without a holder can't be the app's, nor an orphan's: the
  // descriptors of all of them were read.
  bool complete(const AppTree& app) const;
  // The same of one that was there at that time: what has begun since did not
  // open it. An app in a crash loop is never seen whole.
  bool complete(const AppTree& app, BootTime since) const;
  // Nothing in its trees may hold what was not seen, but what has begun since
  // that time. One that ended while they were read holds nothing any more.
  bool knows(const AppTree& app, BootTime since) const;
  bool orphans_complete() const { return orphans_complete_; }

 private:
  bool read(const Process& process) const;
  template <typename Seen>
  bool sees(const AppTree& app, Seen seen) const;
  template <typename Excused>
  bool are_seen(const InstanceTree& tree, Excused excused) const;
  bool is_newer_than_all(const InstanceTree& tree) const;
  bool is_launched_after(const InstanceTree& tree, BootTime since) const;
  void check_orphans();

  const AppScene& scene_;
  bool available_ = false;
  bool orphans_complete_ = true;
  std::unordered_map<SocketInode, std::vector<const Process*>> holders_{};
  std::unordered_set<const Process*> listening_{};
};

}  // namespace strayd
