#include "pm2/bus_scene.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>

#include <gtest/gtest.h>

#include "support/child.h"

namespace strayd::test {
namespace {

constexpr int kPatienceMs = 10'000;

// Which of the events are there in time.
short wait_for(int fd, short events, int ms) {
  pollfd one{.fd = fd, .events = events, .revents = 0};
  while (::poll(&one, 1, ms) < 0 && errno == EINTR) {
  }
  return one.revents;
}

}  // namespace

bool FakeBus::has_caller() const {
  return wait_for(listener_.get(), POLLIN, 0) != 0;
}

void FakeBus::accept() {
  ASSERT_NE(wait_for(listener_.get(), POLLIN, kPatienceMs), 0);
  subscriber_ =
      UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_TRUE(subscriber_);
}

bool FakeBus::say(std::string_view bytes) {
  while (!bytes.empty()) {
    if (wait_for(subscriber_.get(), POLLOUT, kPatienceMs) != POLLOUT) {
      return false;
    }
    const ssize_t count = ::send(subscriber_.get(),
                                 bytes.data(),
                                 bytes.size(),
                                 MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno != EAGAIN) return false;
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool FakeBus::subscriber_left() const {
  return wait_for(subscriber_.get(), POLLRDHUP, kPatienceMs) != 0;
}

bool FakeBus::subscriber_is_quiet() const {
  return wait_for(subscriber_.get(), POLLIN | POLLRDHUP, 0) == 0;
}

Listener::Listener() {
  Result<Pm2Bus> started = Pm2Bus::start();
  EXPECT_TRUE(started);
  if (started) bus.emplace(*std::move(started));
}

std::vector<Pm2Event> Listener::drain() {
  Pm2Batch batch = bus->drain(std::chrono::milliseconds{kPatienceMs});
  EXPECT_TRUE(batch.whole);
  return std::move(batch.events);
}

std::vector<Pm2Event> Listener::drain_until(std::size_t count) {
  std::vector<Pm2Event> all;
  EXPECT_TRUE(eventually([&] {
    for (Pm2Event& event : drain()) all.push_back(std::move(event));
    return all.size() >= count;
  }));
  return all;
}

Pm2BusState Listener::state() const {
  const std::vector<Pm2BusState> states = bus->states();
  EXPECT_EQ(states.size(), 1U);
  return states.empty() ? Pm2BusState{} : states.front();
}

Pm2BusState Listener::state_once(bool connected) const {
  EXPECT_TRUE(eventually([&] { return state().connected == connected; }));
  return state();
}

}  // namespace strayd::test
