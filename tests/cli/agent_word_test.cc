// What a running agent adds to a look of an operator's own.
#include "agent_word.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "strayd/agent/control.h"

#include "cli/command.h"
#include "support/child.h"
#include "support/net_namespace.h"
#include "support/proc_tree.h"

namespace strayd::test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

// An agent that replies to everything with that; in a process of its own.
Child::Body replying(const std::string& directory, const std::string& reply) {
  return [=](int ready) {
    Result<Control> control = Control::open(directory);
    if (!control) ::_exit(1);
    ::close(ready);
    for (;;) {
      std::vector<pollfd> fds;
      for (const int fd : control->wait_fds()) {
        fds.push_back({.fd = fd, .events = POLLIN, .revents = 0});
      }
      ::poll(fds.data(), fds.size(), -1);
      control->serve(
          [&](const std::string&, const ControlPeer&) { return reply; });
    }
  };
}

TEST(AgentWord, is_its_reply) {
  const TempDir directory;
  const Child agent(replying(directory.path(), "ok stray: nobody's"));
  const auto word = ask_for_word(directory.path(), "verdict 60 100");
  ASSERT_TRUE(word);
  EXPECT_TRUE(word->heard);
  EXPECT_EQ(word->text, "stray: nobody's");
}

TEST(AgentWord, sends_nothing_to_a_terminal) {
  const TempDir directory;
  const Child agent(replying(directory.path(), "ok \x1B[2J\xFF"));
  const auto word = ask_for_word(directory.path(), "lacks");
  ASSERT_TRUE(word);
  EXPECT_THAT(word->text, Not(HasSubstr("\x1B")));
}

TEST(AgentWord, is_none_where_no_agent_runs) {
  const TempDir directory;
  EXPECT_FALSE(ask_for_word(directory / "nowhere", "lacks"));
  EXPECT_FALSE(ask_for_word(directory.path(), "lacks"));
  {
    const Child crashed([&](int ready) {
      const Result<Control> control = Control::open(directory.path());
      Child::stay(ready);
    });
  }
  EXPECT_FALSE(ask_for_word(directory.path(), "lacks"));
}

TEST(AgentWord, of_one_that_does_not_know_the_question_says_so) {
  const TempDir directory;
  const Child agent(replying(directory.path(), "error never heard of it"));
  const auto word = ask_for_word(directory.path(), "lacks");
  ASSERT_TRUE(word);
  EXPECT_FALSE(word->heard);
  EXPECT_EQ(word->text, "does not say: never heard of it");
}

TEST(AgentWord, is_not_waited_for_without_end) {
  const TempDir directory;
  const Child agent([&](int ready) {
    const Result<Control> control = Control::open(directory.path());
    Child::stay(ready);
  });
  const auto word = ask_for_word(directory.path(), "lacks");
  ASSERT_TRUE(word);
  EXPECT_FALSE(word->heard);
  EXPECT_EQ(word->text, "did not reply within 2 s");
}

TEST(AgentWord, is_for_root) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const TempDir directory;
  const Child agent(replying(directory.path(), "ok nothing"));
  in_pid_namespace([&] {
    ASSERT_EQ(::setresuid(65534, 65534, 65534), 0);
    const auto word = ask_for_word(directory.path(), "lacks");
    ASSERT_TRUE(word);
    EXPECT_FALSE(word->heard);
    EXPECT_EQ(word->text, "can't be asked by this user; root may");
  });
}

// ---- the commands, beside the real agent ----

// On a procfs that a test writes: nothing is ever signalled.
struct Beside {
  Beside() {
    procfs.add({.pid = 60, .parent = 1, .argv = {"node", "src/server.ts"}});
    procfs.add({.pid = 61, .parent = 1, .argv = {"node", "other.js"}});
    std::ofstream(directory / "strayd.json") << R"({
      "rules": [{"name": "server", "exe": "node", "pattern": "server\\.ts"}],
      "scan": {"interval": "100ms", "min_age": "1s", "confirmations": 3},
      "state": {"dir": ")" + directory.path() + R"(/state"}})";
  }
  std::string with_options(const std::string& command) const {
    return command + " --config " + directory / "strayd.json" +
           " --path.procfs " + procfs.root();
  }
  std::string says(const std::string& command) const {
    return strayd(with_options(command)).out;
  }
  std::vector<std::string> agent() const {
    return {"strayd",
            "run",
            "--config",
            directory / "strayd.json",
            "--path.procfs",
            procfs.root()};
  }

  TempDir directory{};
  ProcTree procfs{{.pid = 1, .start_ticks = 1, .comm = "init"}};
};

TEST(BesideAnAgent, explain_ends_with_the_verdict_that_is_confirmed) {
  in_net_namespace([] {
    const Beside beside;
    EXPECT_THAT(beside.says("explain 60"), Not(HasSubstr("Agent:")));

    const Child agent(STRAYD_BIN, beside.agent(), {kNoLeakCheck});
    std::string said;
    int now = 4000;
    ASSERT_TRUE(eventually([&] {
      beside.procfs.write("uptime", std::to_string(++now) + ".00 0.00\n");
      said = beside.says("explain 60");
      return said.find("\nAgent:        stray: ") != std::string::npos;
    })) << said;
    EXPECT_THAT(said, HasSubstr("\nVerdict:      stray\n"));
    EXPECT_THAT(said, HasSubstr("this look alone says pending: "));
    EXPECT_THAT(said, Not(HasSubstr("Wait")));
    EXPECT_THAT(said, EndsWith(" (no_owner)\n"));
    EXPECT_THAT(beside.says("explain 61"),
                EndsWith("\nAgent:        no rule matches it\n"));
  });
}

TEST(BesideAnAgent, scan_says_what_the_agent_says_and_that_it_does) {
  in_net_namespace([] {
    const Beside beside;
    EXPECT_THAT(beside.says("scan --quick"), HasSubstr("\nPending (60; "));

    const Child agent(STRAYD_BIN, beside.agent(), {kNoLeakCheck});
    std::string said;
    int now = 4000;
    ASSERT_TRUE(eventually([&] {
      beside.procfs.write("uptime", std::to_string(++now) + ".00 0.00\n");
      said = beside.says("scan --quick");
      return said.find("the verdict on 60 is its.\n") != std::string::npos;
    })) << said;
    EXPECT_THAT(said, HasSubstr(" stray "));
    EXPECT_THAT(said, HasSubstr("from the agent's records of "));
    const auto json = nlohmann::json::parse(beside.says("scan --quick --json"));
    EXPECT_EQ(json["candidates"][0]["verdict"], "stray");
    EXPECT_EQ(json["beside_agent"]["this_look"][0]["verdict"], "pending");
    EXPECT_TRUE(json["beside_agent"]["records_unix_ms"].is_number());
  });
}

TEST(BesideAnAgent, that_does_not_reply_scan_goes_on_alone_and_says_so) {
  in_net_namespace([] {
    const Beside beside;
    std::filesystem::create_directory(beside.directory / "state");
    ::chmod((beside.directory / "state").c_str(), 0700);
    const Child agent([&](int ready) {
      const Result<Control> control = Control::open(beside.directory / "state");
      Child::stay(ready);
    });
    const Ended ended = strayd(beside.with_options("scan --quick"));
    EXPECT_THAT(ended.out, HasSubstr("\nPending (60; "));
    EXPECT_EQ(ended.err,
              "The agent did not reply within 2 s; what follows is this look "
              "alone.\n");
  });
}

TEST(ClaimOfAgent, is_what_it_spares) {
  const TempDir directory;
  const Child agent(
      replying(directory.path(), "ok held: it is kept (comes_back)"));
  const auto claim = claims_of_agent(directory.path())({.pid = 60});
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->standing, Standing::Held);
  EXPECT_EQ(claim->reason.why, Why::ComesBack);
  EXPECT_EQ(claim->reason.text, "the agent: it is kept");
}

TEST(ClaimOfAgent, is_none_on_what_it_does_not_spare_or_know) {
  for (const char* reply :
       {"ok stray: nobody's (no_owner)", "ok no rule matches it", "error no"}) {
    const TempDir directory;
    const Child agent(replying(directory.path(), reply));
    EXPECT_FALSE(claims_of_agent(directory.path())({.pid = 60})) << reply;
  }
  EXPECT_FALSE(claims_of_agent("/nowhere")({.pid = 60}));
}

TEST(BesideAnAgent, doctor_ends_with_what_the_agent_lacks) {
  in_net_namespace([] {
    const Beside beside;
    const Ended alone = strayd(beside.with_options("doctor"));
    EXPECT_THAT(alone.out, Not(HasSubstr("The agent")));

    const Child agent(STRAYD_BIN, beside.agent(), {kNoLeakCheck});
    Ended ended;
    ASSERT_TRUE(eventually([&] {
      ended = strayd(beside.with_options("doctor"));
      return ended.out.find("\nThe agent that runs here lacks: ") !=
             std::string::npos;
    })) << ended.out;
    EXPECT_THAT(ended.out, HasSubstr("live_procfs (--path.procfs is not"));
    EXPECT_EQ(ended.code, alone.code) << "it is about what was seen here";
  });
}

}  // namespace
}  // namespace strayd::test
