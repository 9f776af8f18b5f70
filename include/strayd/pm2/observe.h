// PM2 as strayd sees it: which homes there are, and what each daemon says.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "strayd/core/judge.h"
#include "strayd/core/process.h"
#include "strayd/core/supervisor.h"

namespace strayd {

// One home to ask. Where it was learnt from decides what may be expected there.
struct Pm2Home {
  std::string path{};                  // absolute PM2_HOME
  std::vector<std::string> aliases{};  // other paths to the same directory
  std::vector<ProcId> daemons{};  // living God Daemons or runtimes that name it
  std::vector<ProcId> answered{};  // that live, by Memory
  // Whose it was in an earlier scan, else the holder's of a cookie that names
  // it.
  std::optional<uid_t> uid{};
  bool configured = false;
  bool seen = false;  // a daemon was here, by Memory
  // Not 0: this is no home, but stands for so many that are not asked.
  std::size_t left_out = 0;

  bool operator==(const Pm2Home&) const = default;
};

// Homes of the running God Daemons (title) and pm2-runtimes (environment), of
// the candidates' cookies, of the environment of what is above another process
// (a daemon with a title of its own), of the configuration, and those that were
// seen before. `automatic` false: the configured ones only. Pure. By path, each
// once; at most 64, so that no crowd of fake homes makes strayd slow: the
// configured first, then those of the longest-living daemons, those seen, those
// of cookies, those long dead. If any but the last are left out, one that is no
// home stands for them at the end. Processes of another pid namespace or
// container have homes of another file system and are left out, and so is a
// path that is not absolute.
std::vector<Pm2Home> pm2_homes(const Snapshot& snapshot,
                               std::span<const std::string> configured,
                               bool automatic,
                               const Memory& memory);

// Asks all homes side by side, each within `timeout` for the whole exchange.
// Never starts anything, never writes into a home, sends one fixed request, and
// only to a listener that can be this home's daemon by the snapshot, which is
// to be taken before the call. In the order of `homes`, of which those that are
// the same directory are one; the others' paths are its aliases. What is left
// out is silent, and could own anybody's process.
std::vector<Pm2View> ask_pm2(std::span<const Pm2Home> homes,
                             const Snapshot& snapshot,
                             std::chrono::milliseconds timeout);

}  // namespace strayd
