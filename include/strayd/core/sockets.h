// What the kernel said of the TCP sockets of one moment, in strayd's own
// network namespace (sock_diag(7)). A value, as a snapshot is.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "strayd/core/process.h"

namespace strayd {

// IPv6, or IPv4 as ::ffff:a.b.c.d; network byte order.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const IpAddress&) const = default;
};

struct Endpoint {
  IpAddress ip{};
  std::uint16_t port = 0;  // host byte order
  auto operator<=>(const Endpoint&) const = default;
};

// A socket's inode names it: what a process holds is known by it.
using SocketInode = std::uint64_t;

struct Listener {
  SocketInode inode = 0;
  Endpoint local{};
  bool operator==(const Listener&) const = default;
};

struct Connection {
  SocketInode inode = 0;
  Endpoint local{};
  Endpoint remote{};
  // Since the last byte came in (tcpi_last_data_recv); nullopt: not said.
  std::optional<std::chrono::milliseconds> since_receive{};
  bool operator==(const Connection&) const = default;
};

// A unix socket that is connected, and the one at its other end.
struct UnixPair {
  SocketInode inode = 0;
  SocketInode peer = 0;
  auto operator<=>(const UnixPair&) const = default;
};

struct SocketTable {
  std::vector<Listener> listeners{};
  // Sockets that serve without a TCP port: unix sockets that accept, and UDP
  // sockets that are bound and not connected. Ascending; nullopt: they were not
  // asked for.
  std::optional<std::vector<SocketInode>> other_servers{};
  // Established ones; nullopt: they were not asked for.
  std::optional<std::vector<Connection>> connections{};
  // nullopt: they were not asked for, or this kernel can't tell.
  std::optional<std::vector<UnixPair>> unix_pairs{};
};

// What a scan needs to know of the sockets besides who listens, which is nearly
// free: listeners have a table of their own.
struct SocketsWanted {
  // Established connections: about a microsecond for each.
  bool connections = false;
  bool other_servers = false;
  bool unix_pairs = false;
  // Only those to one of these ports of a far end, which spares all that came
  // in; empty: to any.
  std::vector<std::uint16_t> far_ports{};

  bool operator==(const SocketsWanted&) const = default;
};

// The sockets that each process holds, of any kind, ascending. A process whose
// descriptors were not asked for, or that is gone, is not in it; one whose
// descriptors could not be read says why. So does one of another network
// namespace (Unread::Failed): a SocketTable of ours would not show its sockets,
// and it would look as if it had none.
using Holdings = std::map<ProcId, Observed<std::vector<SocketInode>>>;

// A far end that the configuration names, with the addresses that its hosts
// have, or had when a connection may have begun. Empty ports: any.
struct Remote {
  std::string name{};
  std::vector<IpAddress> addresses{};  // ascending, each once
  std::vector<std::uint16_t> ports{};
  // Each of its hosts has been found, now or earlier. Until then what is
  // counted for it may be too little.
  bool complete = false;
};

}  // namespace strayd
