#include "strayd/agent/service_manager.h"

#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/notify_socket.h"

namespace strayd::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::StartsWith;

TEST(TheServiceManager, is_told_in_its_own_words) {
  const NotifySocket socket;
  const ServiceManager manager(socket.name(), std::nullopt);
  manager.ready("observes");
  EXPECT_EQ(socket.next(), "READY=1\nWATCHDOG=1\nSTATUS=observes");
  manager.alive();
  EXPECT_EQ(socket.next(), "WATCHDOG=1");
  manager.reloading();
  EXPECT_THAT(socket.next().value_or(""),
              StartsWith("RELOADING=1\nMONOTONIC_USEC="));
  manager.stopping();
  EXPECT_EQ(socket.next(), "STOPPING=1");
}

TEST(TheServiceManager, may_listen_on_an_abstract_name) {
  const NotifySocket socket("@strayd-test-" + std::to_string(::getpid()));
  ServiceManager(socket.name(), std::nullopt).alive();
  EXPECT_EQ(socket.next(), "WATCHDOG=1");
}

TEST(TheServiceManager, hears_of_life_twice_within_its_patience) {
  const NotifySocket socket;
  const ServiceManager manager(socket.name(), seconds{30});
  EXPECT_EQ(manager.pulse(), seconds{15});
}

TEST(TheServiceManager, without_a_watchdog_waits_for_nothing) {
  const NotifySocket socket;
  EXPECT_EQ(ServiceManager(socket.name(), std::nullopt).pulse(), std::nullopt);
}

TEST(TheServiceManager, may_not_be_there) {
  for (const char* name : {"", "relative", "/nowhere/notify", "vsock:2:1"}) {
    const ServiceManager manager(name, seconds{30});
    EXPECT_EQ(manager.pulse(), std::nullopt) << name;
    manager.ready("observes");  // and nothing happens
  }
  const std::string too_long = "/" + std::string(200, 'a');
  EXPECT_EQ(ServiceManager(too_long, seconds{30}).pulse(), std::nullopt);
}

// The test ends: a call that waited would hold it up for ever.
TEST(TheServiceManager, is_not_waited_for_where_it_does_not_listen) {
  const NotifySocket socket;
  const ServiceManager manager(socket.name(), std::nullopt);
  for (int i = 0; i < 10'000; ++i) manager.alive();
  EXPECT_EQ(socket.next(milliseconds{0}), "WATCHDOG=1");
}

}  // namespace
}  // namespace strayd::test
