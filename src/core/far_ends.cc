#include "far_ends.h"

#include <algorithm>
#include <utility>

namespace strayd {
namespace {

// By address: which remotes have it.
using Addresses = std::map<IpAddress, std::vector<std::size_t>>;

Addresses by_address(std::span<const Remote> remotes) {
  Addresses found;
  for (std::size_t i = 0; i < remotes.size(); ++i) {
    for (const IpAddress& address : remotes[i].addresses) {
      found[address].push_back(i);
    }
  }
  return found;
}

bool has_port(const Remote& remote, std::uint16_t port) {
  return remote.ports.empty() ||
         std::ranges::find(remote.ports, port) != remote.ports.end();
}

std::set<std::size_t> remotes_of(const Connection& connection,
                                 const ConnectionMemory& memory,
                                 std::span<const Remote> remotes,
                                 const Addresses& addresses) {
  std::set<std::size_t> found;
  const auto add = [&](std::size_t remote) {
    if (has_port(remotes[remote], connection.remote.port)) {
      found.insert(remote);
    }
  };
  if (const auto at = addresses.find(connection.remote.ip);
      at != addresses.end()) {
    for (const std::size_t remote : at->second) add(remote);
  }
  for (const std::string& name : memory.remotes) {
    const Remote* still = remote_named(remotes, name);
    if (still != nullptr) add(static_cast<std::size_t>(still - remotes.data()));
  }
  return found;
}

}  // namespace

const Remote* remote_named(std::span<const Remote> remotes,
                           const std::string& name) {
  const auto found = std::ranges::find(remotes, name, &Remote::name);
  return found == remotes.end() ? nullptr : &*found;
}

void add_far_inodes(const std::vector<Connection>& connections,
                    std::span<const Remote> remotes,
                    std::vector<SocketInode>& inodes) {
  const Addresses addresses = by_address(remotes);
  for (const Connection& connection : connections) {
    if (!remotes_of(connection, {}, remotes, addresses).empty()) {
      inodes.push_back(connection.inode);
    }
  }
}

std::vector<FarConnection> far_connections(
    const AppsEvidence& evidence,
    const std::vector<Connection>& connections,
    const AppsMemory& before,
    AppsMemory& after) {
  const Addresses addresses = by_address(evidence.remotes);
  std::vector<FarConnection> found;
  after.connections.clear();
  for (const Connection& connection : connections) {
    const ConnectionKey key{.inode = connection.inode,
                            .local = connection.local,
                            .remote = connection.remote};
    const auto known = before.connections.find(key);
    const bool fresh = known == before.connections.end();
    ConnectionMemory memory =
        fresh ? ConnectionMemory{.first = evidence.snapshot.taken}
              : known->second;
    const std::set<std::size_t> to =
        remotes_of(connection, memory, evidence.remotes, addresses);
    if (to.empty()) continue;
    memory.remotes.clear();
    for (const std::size_t remote : to) {
      memory.remotes.insert(evidence.remotes[remote].name);
      found.push_back(
          {.connection = &connection, .remote = remote, .first = memory.first});
    }
    if (fresh && after.connections.size() >= kMostConnections) continue;
    after.connections.emplace(key, std::move(memory));
  }
  return found;
}

}  // namespace strayd
