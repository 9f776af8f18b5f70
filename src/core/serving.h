// Who serves, for the judgement: who holds a socket that somebody can reach, by
// the sockets and descriptors of one moment. What is not known is not so.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "strayd/core/judge.h"

namespace strayd {

// What one process holds.
struct Service {
  std::set<std::uint16_t> ports{};  // TCP, that it listens on
  bool other = false;               // a unix socket, or one of UDP
  bool connected = false;           // an established TCP connection

  bool none() const { return ports.empty() && !other && !connected; }
  bool listens() const { return !ports.empty() || other; }
};

class Services {
 public:
  // Borrows the evidence.
  explicit Services(const Evidence& evidence);

  // nullopt: its sockets are not known.
  std::optional<Service> of(const Process& process) const;

 private:
  const Evidence& evidence_;
  std::map<SocketInode, std::uint16_t> listeners_{};
  std::set<SocketInode> connections_{};
  bool whole_ = false;  // all kinds of sockets are known
};

}  // namespace strayd
