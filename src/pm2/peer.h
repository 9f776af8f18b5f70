// Is the listener on a home's rpc.sock the one that may speak for the home?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "strayd/core/forest.h"
#include "strayd/pm2/client.h"
#include "strayd/pm2/observe.h"

namespace strayd {

// The home's daemons that carry a God Daemon's title. pm2-runtimes do not, and
// neither does a CLI that merely follows a daemon with --no-daemon.
std::vector<ProcId> titled_daemons(const Pm2Home& home, const Forest& forest);

// Those, and the others that answered in an earlier scan.
std::vector<ProcId> known_daemons(const Pm2Home& home, const Forest& forest);

// Why it is not believed; nullopt: it is. The snapshot is older than the peer's
// answer, so a peer that is not in it came after it.
std::optional<std::string> doubt_of(const Pm2Peer& peer,
                                    const Pm2Home& home,
                                    const Forest& forest);

}  // namespace strayd
