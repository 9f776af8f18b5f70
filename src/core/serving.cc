#include "serving.h"

#include <algorithm>

namespace strayd {

Services::Services(const Evidence& evidence) : evidence_(evidence) {
  if (evidence.sockets == nullptr || evidence.holdings == nullptr) return;
  const SocketTable& table = *evidence.sockets;
  whole_ = table.connections && table.other_servers;
  for (const Listener& listener : table.listeners) {
    listeners_.emplace(listener.inode, listener.local.port);
  }
  if (!table.connections) return;
  for (const Connection& connection : *table.connections) {
    connections_.insert(connection.inode);
  }
}

std::optional<Service> Services::of(const Process& process) const {
  if (!whole_) return std::nullopt;
  const auto held = evidence_.holdings->find(process.id);
  if (held == evidence_.holdings->end() || !held->second) return std::nullopt;
  Service service;
  for (const SocketInode inode : *held->second) {
    const auto listener = listeners_.find(inode);
    if (listener != listeners_.end()) service.ports.insert(listener->second);
    service.connected = service.connected || connections_.contains(inode);
    service.other =
        service.other ||
        std::ranges::binary_search(*evidence_.sockets->other_servers, inode);
  }
  return service;
}

}  // namespace strayd
