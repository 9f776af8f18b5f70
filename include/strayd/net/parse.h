// What the kernel says about sockets (sock_diag(7)), turned into values. Pure:
// bytes in, values out; linear time.
//
// Formats: linux/netlink.h, linux/inet_diag.h, linux/unix_diag.h, and
// net/ipv4/inet_diag.c and net/unix/diag.c of Linux 6.18.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "strayd/core/result.h"
#include "strayd/core/sockets.h"

namespace strayd {

// One datagram of a dump.
struct DiagPart {
  bool last = false;
  // NLM_F_DUMP_INTR: what the kernel walked over has changed meanwhile.
  bool interrupted = false;
};

// Adds to the table what a datagram says of the dump with that sequence number:
// listening sockets, established ones where table.connections is there, and
// what serves by other means where table.other_servers is, and unix sockets
// with another end where table.unix_pairs is. A socket without an inode is left
// out: no process holds it, as it was not accepted yet or was closed.
// Fault::Malformed where anything is cut off; else what the kernel refused, and
// why.
Result<DiagPart> parse_diag(std::span<const std::byte> datagram,
                            std::uint32_t sequence,
                            SocketTable& table);

}  // namespace strayd
