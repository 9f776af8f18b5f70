// What the log of the agent says of a reload.
#include <signal.h>

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command.h"
#include "support/child.h"
#include "support/net_namespace.h"
#include "support/notify_socket.h"
#include "support/puppets.h"

namespace strayd::test {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Logging {
  void configure(const std::string& text) const {
    std::ofstream(directory / "strayd.json") << text;
  }
  // The agent, whose log goes to a file.
  std::vector<std::string> command() const {
    return {"sh",
            "-c",
            R"(exec "$0" run --config "$1" 2>"$2")",
            STRAYD_BIN,
            directory / "strayd.json",
            directory / "log"};
  }
  std::vector<std::string> environment() const {
    return {kNoLeakCheck, "NOTIFY_SOCKET=" + manager.name()};
  }
  // What the manager is told at the end of it.
  std::string reload(const Child& agent) const {
    ::kill(agent.pid(), SIGHUP);
    if (!manager.next_with("RELOADING=1")) return "";
    return manager.next_with("READY").value_or("");
  }
  std::string log() const { return text_of(directory / "log"); }

  TempDir directory{};
  NotifySocket manager{};
};

std::size_t count_of(std::string_view word, std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + word.size())) {
    ++count;
  }
  return count;
}

TEST(AReload, names_the_keys_that_wait_for_the_next_start) {
  in_net_namespace([] {
    const Logging logging;
    const std::string state =
        R"("state": {"dir": ")" + logging.directory.path() + R"(/state"})";
    logging.configure("{" + state + "}");
    const Child agent("/bin/sh", logging.command(), logging.environment());
    ASSERT_TRUE(logging.manager.next_with("READY")) << logging.log();

    logging.configure("{" + state + R"(, "mode": "observe"})");
    EXPECT_THAT(logging.reload(agent), HasSubstr("STATUS=observes"));
    EXPECT_THAT(logging.log(), Not(HasSubstr("next start")));

    logging.configure("{" + state + R"(, "mode": "enforce",
        "scan": {"events": false}, "audit": {"keep": 7}})");
    EXPECT_THAT(logging.reload(agent), HasSubstr("STATUS=enforces"))
        << "the rest takes effect";
    EXPECT_THAT(
        logging.log(),
        HasSubstr("warning scan.events, audit.keep: not before the next "
                  "start, ignoring\n"));
  });
}

// The interval is the time that the test has for a reload before the next scan.
TEST(AReload, that_fails_logs_no_end_a_second_time) {
  in_net_namespace([] {
    const Logging logging;
    Puppets puppets;
    static_cast<void>(puppets.fork_from_init());
    const std::size_t stray = puppets.fork_from_init();
    puppets.execute(stray, "server.ts");
    logging.configure(R"({
      "mode": "enforce",
      "rules": [{"name": "server", "exe": "sleep", "pattern": "server\\.ts"}],
      "scan": {"interval": "3s", "min_age": "1s", "confirmations": 2,
               "events": false},
      "carriers": [{"name": "this-test", "exe": "cli_test"}],
      "state": {"dir": ")" +
                      logging.directory.path() + R"(/state"}})");
    const Child agent("/bin/sh", logging.command(), logging.environment());
    const auto ready = logging.manager.next_with("READY");
    ASSERT_TRUE(ready) << logging.log();
    // Not every machine lets a test be armed.
    if (ready->find("STATUS=enforces") == std::string::npos) return;

    const std::string ledger = logging.directory / "state/audit.jsonl";
    for (int i = 0; i < 6; ++i) {
      const bool ended = eventually([&] {
        return count_of(R"("event":"outcome")", text_of(ledger)) > 0;
      });
      if (ended) break;
    }
    logging.configure("{");
    EXPECT_THAT(logging.reload(agent), HasSubstr("the last reload failed"));
    ::kill(agent.pid(), SIGTERM);
    agent.become_zombie();
    EXPECT_EQ(count_of("reap of the stray", logging.log()), 1U)
        << logging.log();
  });
}

}  // namespace
}  // namespace strayd::test
