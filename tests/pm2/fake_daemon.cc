#include "pm2/fake_daemon.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include <gtest/gtest.h>

#include "strayd/pm2/wire.h"

namespace strayd::test {

TempHome::TempHome() : path_(testing::TempDir() + "pm2-home-XXXXXX") {
  EXPECT_NE(::mkdtemp(path_.data()), nullptr) << path_;
}

TempHome::~TempHome() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempHome::operator/(std::string_view name) const {
  return (path_ + '/').append(name);
}

UniqueFd listen_in(const std::string& home,
                   int backlog,
                   std::string_view file) {
  const UniqueFd directory(
      ::open(home.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  EXPECT_TRUE(directory) << home;
  UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string path =
      ("/proc/self/fd/" + std::to_string(directory.get()) + '/').append(file);
  std::ranges::copy(path, std::begin(address.sun_path));
  EXPECT_EQ(::bind(listener.get(),
                   reinterpret_cast<const sockaddr*>(&address),
                   sizeof(address)),
            0)
      << path;
  EXPECT_EQ(::listen(listener.get(), backlog), 0);
  return listener;
}

bool Client::wait_for(short events) {
  std::array<pollfd, 2> set{{{.fd = fd_, .events = events, .revents = 0},
                             {.fd = stop_, .events = POLLIN, .revents = 0}}};
  while (::poll(set.data(), set.size(), -1) < 0 && errno == EINTR) {
  }
  return set[1].revents == 0;
}

std::string Client::read_request() {
  std::string request;
  std::array<char, 256> chunk{};
  while (request.size() < kPm2Request.size() && wait_for(POLLIN)) {
    const ssize_t count = ::recv(fd_, chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (count <= 0) break;
    request.append(chunk.data(), static_cast<std::size_t>(count));
  }
  return request;
}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!wait_for(POLLOUT)) return false;
    const ssize_t count =
        ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno != EAGAIN) return false;
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void Client::wait_until_gone() {
  wait_for(POLLRDHUP);
}

bool Client::stays_quiet(int ms) {
  pollfd one{.fd = fd_, .events = POLLIN | POLLRDHUP, .revents = 0};
  return ::poll(&one, 1, ms) == 0;
}

bool Client::still_there_after(int ms) {
  std::array<pollfd, 2> set{{{.fd = fd_, .events = POLLRDHUP, .revents = 0},
                             {.fd = stop_, .events = POLLIN, .revents = 0}}};
  return ::poll(set.data(), set.size(), ms) == 0;
}

FakeDaemon::FakeDaemon(const std::string& home, Behaviour behaviour)
    : listener_(listen_in(home)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      behaviour_(std::move(behaviour)),
      thread_([this] { serve(); }) {}

FakeDaemon::~FakeDaemon() {
  const std::uint64_t one = 1;
  EXPECT_EQ(::write(stop_.get(), &one, sizeof(one)), ssize_t{sizeof(one)});
}

void FakeDaemon::serve() {
  std::array<pollfd, 2> set{
      {{.fd = listener_.get(), .events = POLLIN, .revents = 0},
       {.fd = stop_.get(), .events = POLLIN, .revents = 0}}};
  while (::poll(set.data(), set.size(), -1) > 0 && set[1].revents == 0) {
    const UniqueFd fd(
        ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) continue;
    ++accepted_;
    Client client(fd.get(), stop_.get());
    behaviour_(client);
  }
}

FakeDaemon::Behaviour answers(std::string frame) {
  return [frame = std::move(frame)](Client& client) {
    EXPECT_EQ(client.read_request(), kPm2Request);
    client.send(frame);
    client.wait_until_gone();
  };
}

FakeDaemon::Behaviour reads_and_hangs() {
  return [](Client& client) {
    client.read_request();
    client.wait_until_gone();
  };
}

}  // namespace strayd::test
