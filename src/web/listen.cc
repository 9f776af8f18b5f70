#include "strayd/web/listen.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "strayd/sys/fd.h"
#include "strayd/sys/os.h"

namespace strayd {
namespace {

std::unexpected<Error> bad_listen(std::string_view text, std::string_view why) {
  return fail(Fault::Malformed, fmt::format("listen \"{}\": {}", text, why));
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* begin = text.data();
  const char* end = begin + text.size();
  const auto [stop, error] = std::from_chars(begin, end, port);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return port;
}

bool is_ipv4(const std::string& text) {
  in_addr ignored{};
  return ::inet_pton(AF_INET, text.c_str(), &ignored) == 1;
}

sockaddr_in to_sockaddr(const ListenAddress& address) {
  sockaddr_in raw{};
  raw.sin_family = AF_INET;
  raw.sin_port = htons(address.port);
  ::inet_pton(AF_INET, address.ip.c_str(), &raw.sin_addr);  // parsed before
  return raw;
}

std::vector<int> open_descriptors() {
  std::vector<int> found;
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc/self/fd", error);
  while (!error && entry != std::filesystem::directory_iterator{}) {
    const std::string name = entry->path().filename();
    int fd = -1;
    std::from_chars(name.data(), name.data() + name.size(), fd);
    if (fd >= 0) found.push_back(fd);
    entry.increment(error);
  }
  return found;
}

bool is_local_end(int fd, const sockaddr_in& address) {
  sockaddr_in local{};
  socklen_t size = sizeof local;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) != 0) {
    return false;
  }
  return local.sin_family == AF_INET && local.sin_port == address.sin_port &&
         (address.sin_addr.s_addr == htonl(INADDR_ANY) ||
          local.sin_addr.s_addr == address.sin_addr.s_addr);
}

}  // namespace

std::string to_string(const ListenAddress& address) {
  return fmt::format("{}:{}", address.ip, address.port);
}

Result<ListenAddress> parse_listen(std::string_view text) {
  if (text.find('/') != std::string_view::npos || text.starts_with("unix:")) {
    return bad_listen(text, "unix sockets are not offered by this build");
  }
  const std::size_t colon = text.rfind(':');
  if (text.starts_with('[') || text.find(':') != colon) {
    return bad_listen(text, "IPv6 is not offered by this build");
  }
  if (colon == std::string_view::npos) {
    return bad_listen(text, "expected ADDRESS:PORT, such as 127.0.0.1:9586");
  }
  const std::optional<std::uint16_t> port = parse_port(text.substr(colon + 1));
  if (!port) return bad_listen(text, "the port is no number from 0 to 65535");

  std::string host(text.substr(0, colon));
  if (host.empty()) host = "0.0.0.0";
  if (host == "localhost") host = "127.0.0.1";
  if (!is_ipv4(host)) {
    return bad_listen(text, "expected a numeric IPv4 address or localhost");
  }
  return ListenAddress{.ip = host, .port = *port};
}

Result<void> check_bind(const ListenAddress& address) {
  const std::string what = "listen " + to_string(address);
  const UniqueFd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!probe) return std::unexpected(errno_error(what, errno));
  // As CivetWeb does: a port in TIME_WAIT is free, one with a listener is not.
  const int on = 1;
  ::setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in raw = to_sockaddr(address);
  const auto* pointer = reinterpret_cast<const sockaddr*>(&raw);
  if (::bind(probe.get(), pointer, sizeof raw) == 0) return {};

  const int error = errno;
  Error failed = errno_error(what, error);
  if (error == EADDRINUSE) failed.what += " (is another strayd running?)";
  return std::unexpected(std::move(failed));
}

void shutdown_sockets_at(const ListenAddress& address) {
  const sockaddr_in raw = to_sockaddr(address);
  for (const int fd : open_descriptors()) {
    // A second descriptor pins the socket: the number may come to mean
    // something else between the look and the shutdown.
    const UniqueFd pinned(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (pinned && is_local_end(pinned.get(), raw)) {
      ::shutdown(pinned.get(), SHUT_RDWR);
    }
  }
}

void close_sockets_at(const ListenAddress& address) {
  const sockaddr_in raw = to_sockaddr(address);
  for (const int fd : open_descriptors()) {
    if (is_local_end(fd, raw)) ::close(fd);
  }
}

}  // namespace strayd
