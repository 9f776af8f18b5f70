// Who holds which sockets, from scan to scan. To read the descriptors of all
// processes of all apps is most of a scan on a host with many of them, and they
// hardly ever change without a new socket.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "strayd/core/apps.h"
#include "strayd/core/process.h"
#include "strayd/core/result.h"
#include "strayd/core/sockets.h"

namespace strayd {

class HoldingsWatch {
 public:
  // Procfs::holdings.
  using Read = std::function<Result<Holdings>(std::span<const ProcId>)>;
  explicit HoldingsWatch(Read read) : read_(std::move(read)) {}

  // Each of the settled is read in one of so many looks; 0 and 1: in each.
  void turn_every(int looks);

  // One scan: `noted` are the sockets of note, ascending, dumped before. Reads
  // all that is wanted where one of them was not there in the look before; else
  // what is wanted always, what is not known, could not be read, or has its
  // turn. Fails as Procfs::holdings() does, and then knows nothing.
  Result<void> look(const HoldersWanted& wanted,
                    std::vector<SocketInode> noted);

  // Of all that was wanted in the last look.
  const Holdings& known() const { return known_; }

  void forget();

 private:
  std::vector<ProcId> due(const HoldersWanted& wanted,
                          std::span<const SocketInode> noted);
  bool has_turn(const ProcId& id) const;

  Read read_;
  std::size_t turns_ = 1;
  Holdings known_{};
  std::vector<SocketInode> noted_{};  // of the look before
  std::size_t looks_ = 0;
};

}  // namespace strayd
