#include "strayd/pm2/client.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "dial.h"

namespace strayd {
namespace {

constexpr std::size_t kChunk = std::size_t{64} * 1024;

}  // namespace

Result<UniqueFd> open_pm2_home(const std::string& path) {
  UniqueFd home(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!home) return pm2_fault("open the home", errno);
  return home;
}

Pm2Exchange::Pm2Exchange(UniqueFd socket, Pm2Peer peer, std::size_t limit)
    : socket_(std::move(socket)), peer_(peer), decoder_(limit) {}

Result<Pm2Exchange> Pm2Exchange::open(const UniqueFd& home, std::size_t limit) {
  Result<Pm2Line> line = dial(home, "rpc.sock");
  if (!line) return std::unexpected(std::move(line).error());
  return Pm2Exchange(std::move(line->socket), line->peer, limit);
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
    return pm2_fault("send to rpc.sock", errno);
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
    return pm2_fault("read from rpc.sock", errno);
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
