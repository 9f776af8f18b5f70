// Where a service manager would listen: the messages, in their order.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "strayd/sys/fd.h"

#include "support/temp_dir.h"

namespace strayd::test {

class NotifySocket {
 public:
  NotifySocket() { listen(directory_ / "notify"); }
  // '@' stands for the zero that an abstract name begins with.
  explicit NotifySocket(const std::string& name) { listen(name); }

  const std::string& name() const { return name_; }

  // The next message; nullopt: none came in that time.
  std::optional<std::string> next(
      std::chrono::milliseconds within = std::chrono::seconds{30}) const {
    pollfd awaited{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&awaited, 1, static_cast<int>(within.count())) != 1) return {};
    std::array<char, 4096> buffer{};
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    return std::string(buffer.data(), got < 0 ? 0U : std::size_t(got));
  }

  // The first of the next messages that holds the word, or nullopt.
  std::optional<std::string> next_with(const std::string& word) const {
    std::optional<std::string> message = next();
    while (message && message->find(word) == std::string::npos) {
      message = next();
    }
    return message;
  }

 private:
  void listen(const std::string& name) {
    name_ = name;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    std::size_t length = sizeof address;
    if (name.starts_with('@')) {
      address.sun_path[0] = '\0';
      length = offsetof(sockaddr_un, sun_path) + name.size();
    }
    fd_ = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto* here = reinterpret_cast<const sockaddr*>(&address);
    if (::bind(fd_.get(), here, static_cast<socklen_t>(length)) != 0) {
      std::abort();
    }
  }

  TempDir directory_{};
  std::string name_{};
  UniqueFd fd_{};
};

}  // namespace strayd::test
