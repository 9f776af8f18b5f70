#include "strayd/pm2/client.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "strayd/sys/os.h"

namespace strayd {
namespace {

constexpr std::size_t kChunk = std::size_t{64} * 1024;

// What the caller tells apart is decided by these; all else is Fault::Io.
Fault fault_of(int error) {
  if (error == ENOENT) return Fault::NotFound;
  if (error == EACCES || error == EPERM) return Fault::Denied;
  if (error == ECONNREFUSED) return Fault::Unreachable;
  return Fault::Io;
}

std::unexpected<Error> failed(const char* what, int error) {
  return fail(fault_of(error), errno_error(what, error).what);
}

// O_PATH, so that neither a link is followed nor a FIFO waited for.
Result<UniqueFd> open_socket_file(const UniqueFd& home, uid_t& owner) {
  UniqueFd file(
      ::openat(home.get(), "rpc.sock", O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!file) return failed("open rpc.sock", errno);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return failed("stat rpc.sock", errno);
  if (!S_ISSOCK(status.st_mode)) {
    return fail(Fault::Malformed, "rpc.sock is not a socket");
  }
  owner = status.st_uid;
  return file;
}

// Through /proc/self/fd, so that it is the file just looked at, and a long home
// does not hit the 108 bytes of sun_path.
Result<UniqueFd> connect_to(const UniqueFd& file) {
  UniqueFd socket(
      ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return failed("socket", errno);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  std::ranges::copy(path, std::begin(address.sun_path));
  if (::connect(socket.get(),
                reinterpret_cast<const sockaddr*>(&address),
                sizeof(address)) == 0) {
    return socket;
  }
  const int error = errno;
  if (error == EAGAIN) {
    return fail(Fault::Io, "connect to rpc.sock: its queue is full");
  }
  // ENOENT is about /proc here: the socket's file is open.
  if (error == ENOENT) {
    return fail(Fault::Io, "connect to rpc.sock: /proc/self/fd is not there");
  }
  return failed("connect to rpc.sock", error);
}

}  // namespace

Result<UniqueFd> open_pm2_home(const std::string& path) {
  UniqueFd home(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!home) return failed("open the home", errno);
  return home;
}

Pm2Exchange::Pm2Exchange(UniqueFd socket, Pm2Peer peer, std::size_t limit)
    : socket_(std::move(socket)), peer_(peer), decoder_(limit) {}

Result<Pm2Exchange> Pm2Exchange::open(const UniqueFd& home, std::size_t limit) {
  Pm2Peer peer;
  const Result<UniqueFd> file = open_socket_file(home, peer.socket_owner);
  if (!file) return std::unexpected(file.error());
  Result<UniqueFd> socket = connect_to(*file);
  if (!socket) return std::unexpected(std::move(socket).error());
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(
          socket->get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return failed("read the peer of rpc.sock", errno);
  }
  peer.pid = credentials.pid;
  peer.uid = credentials.uid;
  return Pm2Exchange(*std::move(socket), peer, limit);
}

short Pm2Exchange::events() const {
  return sent_ < kPm2Request.size() ? POLLOUT : POLLIN;
}

Result<Progress> Pm2Exchange::advance() {
  return sent_ < kPm2Request.size() ? send_more() : receive_more();
}

Result<Progress> Pm2Exchange::send_more() {
  const std::string_view rest = kPm2Request.substr(sent_);
  const ssize_t count = ::send(
      socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count < 0) {
    if (errno == EAGAIN || errno == EINTR) return Progress::Partial;
    return failed("send to rpc.sock", errno);
  }
  sent_ += static_cast<std::size_t>(count);
  return Progress::Partial;
}

Result<Progress> Pm2Exchange::receive_more() {
  std::array<char, kChunk> chunk{};
  const ssize_t count =
      ::recv(socket_.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
  if (count < 0) {
    if (errno == EAGAIN || errno == EINTR) return Progress::Partial;
    return failed("read from rpc.sock", errno);
  }
  if (count == 0) {
    return fail(Fault::Malformed,
                "the connection ended after " +
                    std::to_string(decoder_.size()) +
                    " bytes of an unfinished reply");
  }
  return decoder_.feed({chunk.data(), static_cast<std::size_t>(count)});
}

}  // namespace strayd
