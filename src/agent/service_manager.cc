#include "strayd/agent/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "strayd/sys/os.h"

namespace strayd {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

std::string variable(const char* name) {
  // Nobody calls setenv in this program.
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? "" : value;
}

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || last != end) return std::nullopt;
  return value;
}

// The watchdog is for the process that it names, and no child of it.
std::optional<nanoseconds> patience_with_us() {
  const std::string pid = variable("WATCHDOG_PID");
  if (!pid.empty() && number(pid) != ::getpid()) return std::nullopt;
  const auto patience = number(variable("WATCHDOG_USEC"));
  if (!patience || *patience <= 0) return std::nullopt;
  return microseconds{*patience};
}

UniqueFd connect_to(std::string name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool known = name.starts_with('/') || name.starts_with('@');
  if (!known || name.size() >= sizeof address.sun_path) return {};
  if (name.front() == '@') name.front() = '\0';
  std::ranges::copy(name, std::begin(address.sun_path));
  // An abstract name ends where the length says, and holds no final zero.
  const std::size_t length = offsetof(sockaddr_un, sun_path) + name.size() +
                             (name.front() == '\0' ? 0 : 1);
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto* there = reinterpret_cast<const sockaddr*>(&address);
  if (fd && ::connect(fd.get(), there, static_cast<socklen_t>(length)) == 0) {
    return fd;
  }
  return {};
}

}  // namespace

ServiceManager ServiceManager::from_environment() {
  return {variable("NOTIFY_SOCKET"), patience_with_us()};
}

ServiceManager::ServiceManager(const std::string& socket,
                               std::optional<nanoseconds> patience)
    : socket_(connect_to(socket)) {
  if (socket_ && patience) pulse_ = *patience / 2;
}

void ServiceManager::ready(std::string_view status) const {
  tell("READY=1\nWATCHDOG=1\nSTATUS=" + std::string(status));
}

void ServiceManager::alive() const {
  tell("WATCHDOG=1");
}

void ServiceManager::reloading() const {
  const auto now = std::chrono::duration_cast<microseconds>(steady_time());
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()));
}

void ServiceManager::stopping() const {
  tell("STOPPING=1");
}

void ServiceManager::tell(const std::string& message) const {
  if (!socket_) return;
  static_cast<void>(
      ::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL));
}

}  // namespace strayd
