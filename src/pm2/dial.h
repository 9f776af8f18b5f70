// A connection with one of the sockets in a PM2_HOME.
#pragma once

#include "strayd/core/result.h"
#include "strayd/pm2/client.h"
#include "strayd/sys/fd.h"

namespace strayd {

struct Pm2Line {
  UniqueFd socket{};  // non-blocking
  Pm2Peer peer{};
};

// Connects to `file` in that directory, if it is a socket there and not a link
// to one: a privileged strayd must not be led to another one's socket. Nothing
// is sent. The faults are those of Pm2Exchange::open().
Result<Pm2Line> dial(const UniqueFd& home, const char* file);

// What the caller tells apart is decided by these; all else is Fault::Io.
std::unexpected<Error> pm2_fault(const std::string& what, int error);

}  // namespace strayd
