// Which connections go to the far ends that the configuration names.
#pragma once

#include <cstddef>
#include <vector>

#include "strayd/core/apps.h"

namespace strayd {

struct FarConnection {
  const Connection* connection = nullptr;
  std::size_t remote = 0;  // of the evidence's; one of several may be meant
  BootTime first{};        // when strayd first saw it
};

// In the order of the sockets. Folds `connections`.
std::vector<FarConnection> far_connections(
    const AppsEvidence& evidence,
    const std::vector<Connection>& connections,
    const AppsMemory& before,
    AppsMemory& after);

// The inodes of those whose far end has such an address now, too.
void add_far_inodes(const std::vector<Connection>& connections,
                    std::span<const Remote> remotes,
                    std::vector<SocketInode>& inodes);

// nullptr: there is none of that name.
const Remote* remote_named(std::span<const Remote> remotes,
                           const std::string& name);

}  // namespace strayd
