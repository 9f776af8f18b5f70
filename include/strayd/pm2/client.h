// One exchange with the daemon behind a home's rpc.sock. Nothing here blocks or
// waits; whoever holds the exchange polls its descriptor and keeps the
// deadline.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "strayd/core/result.h"
#include "strayd/pm2/wire.h"
#include "strayd/sys/fd.h"

namespace strayd {

// A PM2_HOME, opened once, so that every look at it is at the same directory.
// Fault::NotFound: it does not exist. Fault::Denied.
Result<UniqueFd> open_pm2_home(const std::string& path);

// Who listens there, by the kernel's word (SO_PEERCRED, unix(7)).
struct Pm2Peer {
  pid_t pid = 0;           // 0: not visible from this pid namespace
  uid_t uid = 0;           // effective, when it began to listen
  uid_t socket_owner = 0;  // of the file rpc.sock
};

class Pm2Exchange {
 public:
  // Connects to rpc.sock in that directory, if it is a socket there and not a
  // link to one: a privileged strayd must not be led to another one's socket.
  // Nothing is sent yet. `limit` bounds the reply.
  // Fault::NotFound: no such file. Fault::Unreachable: nobody listens.
  // Fault::Denied. Fault::Malformed: no socket. Else Fault::Io.
  static Result<Pm2Exchange> open(const UniqueFd& home,
                                  std::size_t limit = kPm2ReplyLimit);

  const Pm2Peer& peer() const { return peer_; }

  int fd() const { return socket_.get(); }
  short events() const;  // what to poll for: POLLOUT, then POLLIN

  // Does what can be done now. Errors end the exchange.
  Result<Progress> advance();

  std::size_t received() const { return decoder_.size(); }
  std::string_view json() const { return decoder_.json(); }

 private:
  Pm2Exchange(UniqueFd socket, Pm2Peer peer, std::size_t limit);
  Result<Progress> send_more();
  Result<Progress> receive_more();

  UniqueFd socket_;
  Pm2Peer peer_{};
  std::size_t sent_ = 0;
  Pm2ReplyDecoder decoder_;
};

}  // namespace strayd
