#include "web/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <stdexcept>

#include <gtest/gtest.h>

#include "strayd/web/listen.h"

namespace strayd {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return out;
}

sockaddr_in to_sockaddr(const std::string& address) {
  const ListenAddress parsed = parse_listen(address).value();
  sockaddr_in raw{};
  raw.sin_family = AF_INET;
  raw.sin_port = htons(parsed.port);
  ::inet_pton(AF_INET, parsed.ip.c_str(), &raw.sin_addr);
  return raw;
}

}  // namespace

Server start_server(Server::Handler handler,
                    WebOptions options,
                    std::vector<std::string> open_paths) {
  options.listen = "127.0.0.1:0";
  auto server =
      Server::start(options, std::move(handler), std::move(open_paths));
  if (!server) throw std::runtime_error(server.error().what);
  return std::move(*server);
}

UniqueFd dial(const std::string& address) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = 5, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const sockaddr_in raw = to_sockaddr(address);
  const auto* pointer = reinterpret_cast<const sockaddr*>(&raw);
  if (::connect(fd.get(), pointer, sizeof raw) != 0) return {};
  return fd;
}

bool send_bytes(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string receive_all(int fd) {
  std::string text;
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

Answer parse_answer(std::string_view text) {
  Answer answer;
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos || !text.starts_with("HTTP/1.1 ")) {
    return answer;
  }
  answer.status = std::stoi(std::string(text.substr(9, 3)));
  answer.body = text.substr(end + 4);
  std::string_view head = text.substr(0, end);
  while (true) {
    const std::size_t line = head.find("\r\n");
    if (line == std::string_view::npos) return answer;
    head.remove_prefix(line + 2);
    const std::string_view header = head.substr(0, head.find("\r\n"));
    const std::size_t colon = header.find(": ");
    if (colon == std::string_view::npos) continue;
    answer.headers.emplace(lower(header.substr(0, colon)),
                           header.substr(colon + 2));
  }
}

Answer ask(const std::string& address, std::string_view request) {
  const UniqueFd fd = dial(address);
  if (!send_bytes(fd.get(), request)) return {};
  return parse_answer(receive_all(fd.get()));
}

Answer get(const std::string& address,
           std::string_view path,
           std::string_view headers) {
  std::string request = "GET ";
  request.append(path).append(" HTTP/1.1\r\nHost: x\r\n");
  request.append(headers).append("\r\n");
  return ask(address, request);
}

std::size_t sockets_at(const std::string& address) {
  const sockaddr_in wanted = to_sockaddr(address);
  std::size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/self/fd")) {
    const int fd = std::stoi(entry.path().filename());
    sockaddr_in local{};
    socklen_t size = sizeof local;
    auto* pointer = reinterpret_cast<sockaddr*>(&local);
    if (::getsockname(fd, pointer, &size) != 0) continue;
    if (local.sin_family != AF_INET) continue;
    if (local.sin_port == wanted.sin_port) ++count;
  }
  return count;
}

}  // namespace strayd
