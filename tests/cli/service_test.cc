// The agent as a service: what it tells the manager that started it.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/sys/fd.h"

#include "cli/command.h"
#include "support/child.h"
#include "support/net_namespace.h"
#include "support/notify_socket.h"
#include "support/proc_tree.h"

namespace strayd::test {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

// A procfs that a test writes: on it nothing is ever signalled.
struct Service {
  explicit Service(const std::string& interval = "100ms") {
    configure(R"({"scan": {"interval": ")" + interval +
              R"("}, "state": {"dir": ")" + directory.path() + R"(/state"}})");
  }
  void configure(const std::string& text) const {
    std::ofstream(directory / "strayd.json") << text;
  }
  std::vector<std::string> command() const {
    return {"strayd",
            "run",
            "--config",
            directory / "strayd.json",
            "--path.procfs",
            procfs.root()};
  }
  std::vector<std::string> environment() const {
    return {kNoLeakCheck,
            "NOTIFY_SOCKET=" + manager.name(),
            "WATCHDOG_USEC=" + std::to_string(kPatience.count() * 1000)};
  }

  static constexpr milliseconds kPatience{200};
  TempDir directory{};
  ProcTree procfs{{.pid = 1, .start_ticks = 1, .comm = "init"}};
  NotifySocket manager{};
};

TEST(AService, is_ready_after_its_first_scan_and_says_when_it_stops) {
  in_net_namespace([] {
    const Service service;
    const Child agent(STRAYD_BIN, service.command(), service.environment());
    EXPECT_EQ(service.manager.next(),
              "READY=1\nWATCHDOG=1\nSTATUS=observes: 1 processes, 0 orphans");
    ::kill(agent.pid(), SIGTERM);
    EXPECT_EQ(service.manager.next_with("STOPPING"), "STOPPING=1");
  });
}

TEST(AService, says_that_it_reloads_and_that_it_has) {
  in_net_namespace([] {
    const Service service("1h");
    const Child agent(STRAYD_BIN, service.command(), service.environment());
    ASSERT_TRUE(service.manager.next_with("READY"));
    ::kill(agent.pid(), SIGHUP);
    ASSERT_TRUE(service.manager.next_with("RELOADING=1"));
    EXPECT_THAT(service.manager.next_with("READY").value_or(""),
                HasSubstr("STATUS=observes"));
  });
}

TEST(AService, is_back_after_a_reload_that_failed) {
  in_net_namespace([] {
    const Service service("1h");
    const Child agent(STRAYD_BIN, service.command(), service.environment());
    ASSERT_TRUE(service.manager.next_with("READY"));
    service.configure("{");
    ::kill(agent.pid(), SIGHUP);
    ASSERT_TRUE(service.manager.next_with("RELOADING=1"));
    EXPECT_THAT(service.manager.next_with("READY").value_or(""),
                HasSubstr("the last reload failed"));
  });
}

TEST(AService, shows_life_between_scans_that_are_far_apart) {
  in_net_namespace([] {
    const Service service("1h");
    const Child agent(STRAYD_BIN, service.command(), service.environment());
    ASSERT_THAT(service.manager.next().value_or(""), StartsWith("READY=1"));
    EXPECT_EQ(service.manager.next(), "WATCHDOG=1");
    EXPECT_EQ(service.manager.next(), "WATCHDOG=1");
  });
}

// Whoever reads a FIFO waits for its writer; this is what a scan looks like
// that hangs in the kernel.
TEST(AService, shows_no_life_while_a_scan_hangs) {
  in_net_namespace([] {
    const Service service;
    const std::string stat = service.procfs.path(1, "stat");
    const Child agent(STRAYD_BIN, service.command(), service.environment());
    ASSERT_TRUE(service.manager.next_with("READY"));
    service.procfs.remove(1, "stat");
    ASSERT_EQ(::mkfifo(stat.c_str(), 0600), 0);
    UniqueFd writer;
    ASSERT_TRUE(eventually([&] {
      writer = UniqueFd(::open(stat.c_str(), O_WRONLY | O_NONBLOCK));
      return bool(writer);
    })) << "a reader hangs there";

    while (service.manager.next(milliseconds{0})) {
    }
    EXPECT_EQ(service.manager.next(4 * Service::kPatience), std::nullopt);

    service.procfs.remove(1, "stat");
    writer = UniqueFd();
    EXPECT_TRUE(service.manager.next()) << "it goes on";
  });
}

}  // namespace
}  // namespace strayd::test
