// The TCP sockets of our own network namespace, and whatever else serves in it,
// asked of the kernel by NETLINK_SOCK_DIAG (sock_diag(7)). No privilege is
// needed.
//
// Where that is refused there is no other way: /proc/net/tcp costs more and
// does not say when the last byte came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "strayd/core/result.h"
#include "strayd/core/sockets.h"
#include "strayd/sys/fd.h"

namespace strayd {

// Used by one thread.
class SocketReader {
 public:
  // Opens the socket to ask by.
  using Open = std::function<Result<UniqueFd>()>;
  explicit SocketReader(Open open = open_sock_diag);

  // Ascending by inode, each once. The kernel gives a long table in parts and
  // lets it change between them: that a socket is missing from one table does
  // not yet prove that it is gone. Fault::Exhausted where there are more
  // sockets than we care to hold. A kernel without the module for one kind of
  // other servers has none of them, and one without that for unix sockets no
  // pairs.
  Result<SocketTable> read(const SocketsWanted& wanted);

  // Its reads end after two seconds; Fault::Io where this kernel has none.
  static Result<UniqueFd> open_sock_diag();

 private:
  // nullopt: it changed while it was read, and the kernel says so.
  Result<std::optional<SocketTable>> read_once(const SocketsWanted& wanted);
  // false: it was interrupted.
  Result<bool> dump_others(SocketTable& table);
  Result<bool> dump_pairs(SocketTable& table);
  Result<bool> dump(const std::string& request, SocketTable& table);
  Result<void> ask(const std::string& request);
  Result<std::size_t> receive();

  Open open_;
  UniqueFd socket_;  // kept; none after a failure
  std::uint32_t sequence_ = 0;
  std::vector<std::byte> buffer_;
};

}  // namespace strayd
