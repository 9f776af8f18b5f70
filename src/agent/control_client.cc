#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "strayd/agent/control.h"
#include "strayd/sys/fd.h"
#include "strayd/sys/os.h"

#include "control_address.h"

namespace strayd {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

std::unexpected<Error> no_reply() {
  return fail(Fault::TimedOut, "the agent did not reply in time");
}

// A full backlog makes connect() wait: the send timeout is for that, too.
Result<UniqueFd> connect_to(const std::string& directory,
                            milliseconds patience) {
  const std::string path = directory + "/" + kControlSocket;
  const Result<UniqueFd> folder = open_directory(directory);
  if (!folder) return std::unexpected(folder.error());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return std::unexpected(errno_error("socket", errno));
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(patience);
  const timeval timeout{
      .tv_sec = whole.count(),
      .tv_usec = std::chrono::microseconds{patience - whole}.count()};
  const sockaddr_un address = control_address(*folder);
  if (::setsockopt(
          fd.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) != 0 ||
      ::connect(fd.get(),
                reinterpret_cast<const sockaddr*>(&address),
                sizeof address) != 0) {
    if (errno == EAGAIN) return no_reply();
    return std::unexpected(errno_error("connect to " + path, errno));
  }
  return fd;
}

Result<std::string> read_line(const UniqueFd& fd, nanoseconds until) {
  std::string line;
  while (line.size() < kLongestReply) {
    const auto left = std::chrono::ceil<milliseconds>(
        std::max(until - steady_time(), nanoseconds{0}));
    pollfd awaited{.fd = fd.get(), .events = POLLIN, .revents = 0};
    if (::poll(&awaited, 1, static_cast<int>(left.count())) == 0) {
      return no_reply();
    }
    std::array<char, kLongestReply> chunk{};
    const ssize_t got =
        ::recv(fd.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got <= 0) break;
    line.append(chunk.data(), static_cast<std::size_t>(got));
    const std::size_t end = line.find('\n');
    if (end != std::string::npos) return line.substr(0, end);
  }
  return fail(Fault::Malformed,
              "the agent closed the connection without a reply");
}

}  // namespace

Result<std::string> ask_agent(const std::string& directory,
                              const std::string& request,
                              milliseconds patience) {
  const nanoseconds until = steady_time() + patience;
  const Result<UniqueFd> fd = connect_to(directory, patience);
  if (!fd) return std::unexpected(fd.error());
  const std::string line = request + "\n";
  // It is shorter than any socket's buffer.
  if (::send(fd->get(), line.data(), line.size(), MSG_NOSIGNAL) < 0) {
    return std::unexpected(errno_error("send to the agent", errno));
  }
  return read_line(*fd, until);
}

}  // namespace strayd
