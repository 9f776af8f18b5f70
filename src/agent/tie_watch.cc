#include "tie_watch.h"

#include <set>

#include <spdlog/spdlog.h>

#include "strayd/report/render.h"

namespace strayd {
namespace {

std::vector<ProcId> both_ends(std::span<const Pm2View> pm2,
                              std::span<const AppFacts> apps,
                              std::span<const TreeOrder> orders) {
  std::set<ProcId> all;
  for (const Pm2View& view : pm2) {
    if (view.reply) all.insert(view.reply->daemon);
  }
  for (const AppFacts& app : apps) {
    all.insert(app.processes.begin(), app.processes.end());
  }
  for (const TreeOrder& order : orders) {
    all.insert(order.members.begin(), order.members.end());
  }
  return {all.begin(), all.end()};
}

template <typename T>
const T* known(const Result<T>& read) {
  if (read) return &*read;
  spdlog::warn("what ties apps to what is ended is not known: {}, ignoring",
               one_line(read.error().what));
  return nullptr;
}

}  // namespace

// The sockets before those who hold them: of one that is closed meanwhile the
// holder lacks, and none is taken for another's.
std::vector<KillTies> TieWatch::look(const Snapshot& snapshot,
                                     std::span<const Pm2View> pm2,
                                     std::span<const AppFacts> apps,
                                     std::span<const TreeOrder> orders) {
  std::vector<KillTies> all;
  all.reserve(orders.size());
  // Sockets of this network namespace say nothing of a fixture's processes.
  if (orders.empty() || !procfs_.is_live()) {
    all.resize(orders.size());
    return all;
  }
  const std::vector<ProcId> ends = both_ends(pm2, apps, orders);
  const Result<SocketTable> sockets =
      sockets_.read({.connections = true, .unix_pairs = true});
  const Result<Holdings> holdings = procfs_.holdings(ends);
  const Result<Holdings> pipes = procfs_.pipes(ends);
  const TieEvidence evidence{.snapshot = snapshot,
                             .pm2 = pm2,
                             .sockets = known(sockets),
                             .holdings = known(holdings),
                             .pipes = known(pipes)};
  for (const TreeOrder& order : orders) {
    all.push_back(ties_of(order.members, apps, evidence));
  }
  return all;
}

}  // namespace strayd
