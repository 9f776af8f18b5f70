#include "dial.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "strayd/sys/os.h"

namespace strayd {
namespace {

Fault fault_of(int error) {
  if (error == ENOENT) return Fault::NotFound;
  if (error == EACCES || error == EPERM) return Fault::Denied;
  if (error == ECONNREFUSED) return Fault::Unreachable;
  return Fault::Io;
}

// O_PATH, so that neither a link is followed nor a FIFO waited for.
Result<UniqueFd> open_socket_file(const UniqueFd& home,
                                  const std::string& name,
                                  uid_t& owner) {
  UniqueFd file(
      ::openat(home.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!file) return pm2_fault("open " + name, errno);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) {
    return pm2_fault("stat " + name, errno);
  }
  if (!S_ISSOCK(status.st_mode)) {
    return fail(Fault::Malformed, name + " is not a socket");
  }
  owner = status.st_uid;
  return file;
}

// Through /proc/self/fd, so that it is the file just looked at, and a long home
// does not hit the 108 bytes of sun_path.
Result<UniqueFd> connect_to(const UniqueFd& file, const std::string& name) {
  UniqueFd socket(
      ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return pm2_fault("socket", errno);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  std::ranges::copy(path, std::begin(address.sun_path));
  if (::connect(socket.get(),
                reinterpret_cast<const sockaddr*>(&address),
                sizeof(address)) == 0) {
    return socket;
  }
  const int error = errno;
  const std::string what = "connect to " + name;
  if (error == EAGAIN) return fail(Fault::Io, what + ": its queue is full");
  // ENOENT is about /proc here: the socket's file is open.
  if (error == ENOENT) {
    return fail(Fault::Io, what + ": /proc/self/fd is not there");
  }
  return pm2_fault(what, error);
}

}  // namespace

std::unexpected<Error> pm2_fault(const std::string& what, int error) {
  return fail(fault_of(error), errno_error(what, error).what);
}

Result<Pm2Line> dial(const UniqueFd& home, const char* file) {
  Pm2Line line;
  const Result<UniqueFd> found =
      open_socket_file(home, file, line.peer.socket_owner);
  if (!found) return std::unexpected(found.error());
  Result<UniqueFd> socket = connect_to(*found, file);
  if (!socket) return std::unexpected(std::move(socket).error());
  line.socket = *std::move(socket);
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(
          line.socket.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) !=
      0) {
    return pm2_fault(std::string("read the peer of ").append(file), errno);
  }
  line.peer.pid = credentials.pid;
  line.peer.uid = credentials.uid;
  return line;
}

}  // namespace strayd
