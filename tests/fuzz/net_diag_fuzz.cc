// Whatever comes out of a netlink socket.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "strayd/net/parse.h"

namespace {

constexpr std::size_t kLeast = 16 + 16;  // nlmsghdr, unix_diag_msg

// nullopt: it was refused, and nobody believes a part of it.
std::optional<std::size_t> sockets_in(std::span<const std::byte> datagram,
                                      std::uint32_t sequence,
                                      bool with_all) {
  strayd::SocketTable table;
  if (with_all) {
    table.connections.emplace();
    table.other_servers.emplace();
  }
  if (!strayd::parse_diag(datagram, sequence, table)) return std::nullopt;
  for (const strayd::Listener& one : table.listeners) {
    if (one.inode == 0) std::abort();
  }
  if (table.connections.has_value() != with_all) std::abort();
  for (const strayd::SocketInode inode :
       table.other_servers.value_or(std::vector<strayd::SocketInode>{})) {
    if (inode == 0) std::abort();
  }
  return table.listeners.size() +
         (table.connections ? table.connections->size() : 0) +
         (table.other_servers ? table.other_servers->size() : 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const auto bytes = std::as_bytes(std::span{data, size});
  // That of its first message: of others nothing is taken.
  std::uint32_t sequence = 0;
  if (size >= 12) std::memcpy(&sequence, data + 8, sizeof sequence);
  const auto all = sockets_in(bytes, sequence, true);
  if (!all) return 0;
  if (*all > size / kLeast) std::abort();
  // Of a connection that is not wanted, less is looked at.
  const auto listeners = sockets_in(bytes, sequence, false);
  if (!listeners || *listeners > *all) std::abort();
  return 0;
}
