// The commands that look, and their exit codes, on a procfs that a test writes.
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "support/pid_namespace.h"
#include "support/proc_tree.h"

namespace strayd::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kOrphansLeft = 3;
constexpr int kEvidenceMissing = 4;

class Looks : public testing::Test {
 protected:
  Looks() {
    std::ofstream(directory_ / "strayd.json") << R"({
      "mode": "enforce",
      "rules": [{"name": "server", "exe": "node", "pattern": "server\\.ts"}],
      "scan": {"interval": "100ms", "min_age": "1s", "confirmations": 2},
      "state": {"dir": ")" + directory_.path() + R"(/state"},
      "audit": {"file": ")" + directory_.path() + R"(/state/audit.jsonl"}
    })";
  }

  Ended on_the_host(const std::string& command) const {
    return strayd(command + " --config " + directory_ / "strayd.json" +
                  " --path.procfs " + procfs_.root());
  }

  void add_server(pid_t pid, pid_t parent) const {
    procfs_.add({.pid = pid,
                 .parent = parent,
                 .argv = {"node", "src/server.ts", "--token=hush"}});
  }
  void add_python(pid_t pid) const {
    procfs_.add({.pid = pid,
                 .parent = 1,
                 .argv = {"python3", "src/server.ts", "--token=hush"},
                 .exe = "/usr/bin/python3.11"});
  }
  void add_pm2(pid_t pid) const {
    procfs_.add({.pid = pid,
                 .parent = 1,
                 .argv = {"PM2 v7.0.4: God Daemon (" + home() + ")"}});
  }
  std::string home() const { return directory_ / "pm2"; }

  bool nothing_was_written() const {
    return !std::filesystem::exists(directory_ / "state");
  }

 private:
  TempDir directory_{};
  ProcTree procfs_{{.pid = 1, .start_ticks = 1, .comm = "init"}};
};

TEST_F(Looks, json_is_one_line) {
  const Ended ended = on_the_host("scan --quick --json");
  EXPECT_EQ(ended.out.find('\n'), ended.out.size() - 1);
  EXPECT_TRUE(nlohmann::json::parse(ended.out).is_object());
}

TEST_F(Looks, at_nobody_are_done) {
  const Ended ended = on_the_host("scan");
  EXPECT_EQ(ended.code, kDone) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("No orphaned processes found"));
  EXPECT_TRUE(nothing_was_written());
}

TEST_F(Looks, at_a_stray_list_it_and_leave_it) {
  add_server(60, 1);
  const Ended ended = on_the_host("scan");
  EXPECT_EQ(ended.code, kOrphansLeft) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("60"));
  EXPECT_THAT(ended.out, HasSubstr("stray"));
  EXPECT_THAT(ended.out, Not(HasSubstr("No orphaned processes found")));
  EXPECT_TRUE(nothing_was_written());
}

TEST_F(Looks, at_a_stray_once_do_not_call_it_one) {
  add_server(60, 1);
  const Ended ended = on_the_host("scan --quick");
  EXPECT_EQ(ended.code, kOrphansLeft) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("pending"));
}

TEST_F(Looks, where_pm2_is_silent_say_that_evidence_is_missing) {
  add_pm2(50);
  add_server(60, 1);
  const Ended ended = on_the_host("scan");
  EXPECT_EQ(ended.code, kEvidenceMissing) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("held"));
  EXPECT_THAT(ended.out, HasSubstr(home()));
}

TEST_F(Looks, of_a_program_are_one_object_without_arguments) {
  add_pm2(50);
  add_server(51, 50);
  const Ended ended = on_the_host("scan --json");
  EXPECT_EQ(ended.code, kEvidenceMissing) << ended.err;
  const auto object = nlohmann::json::parse(ended.out, nullptr, false);
  ASSERT_TRUE(object.is_object()) << ended.out;
  EXPECT_EQ(object["version"], 1);
  EXPECT_EQ(object["processes"], 3);
  EXPECT_EQ(object["supervisors"][0]["home"], home());
  EXPECT_EQ(object["candidates"][0]["pid"], 51);
  EXPECT_EQ(object["candidates"][0]["verdict"], "managed");
  EXPECT_EQ(object["candidates"][0]["chain"], (nlohmann::json{51, 50, 1}));
  EXPECT_THAT(ended.out, Not(HasSubstr("hush")));
}

TEST_F(Looks, that_would_act_cannot_on_a_procfs_that_is_not_live) {
  in_pid_namespace([this] {
    add_server(60, 1);
    const Ended ended = on_the_host("scan --reap");
    EXPECT_EQ(ended.code, kOrphansLeft) << ended.err;
    EXPECT_THAT(ended.out, HasSubstr("live_procfs"));
  });
}

TEST_F(Looks, at_one_process_explain_it_up_to_pid_1) {
  add_pm2(50);
  add_server(51, 50);
  const Ended ended = on_the_host("explain 51");
  EXPECT_EQ(ended.code, kDone) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("managed"));
  EXPECT_THAT(ended.out, HasSubstr("50"));
  EXPECT_THAT(ended.out, Not(HasSubstr("hush")));
}

TEST_F(Looks, say_of_a_rule_that_means_nothing_which_key_alone_fails) {
  add_python(70);
  const Ended ended = on_the_host("scan");
  EXPECT_EQ(ended.code, kDone) << ended.err;
  EXPECT_THAT(ended.out,
              HasSubstr("Rule 'server' means no process: 70 is nearest: its "
                        "exe does not fit (it is python3.11, not node)."));
}

TEST_F(Looks, say_nothing_of_a_rule_that_means_a_process) {
  add_server(60, 1);
  EXPECT_THAT(on_the_host("scan").out, Not(HasSubstr("means no process")));
}

TEST_F(Looks, at_one_process_say_of_each_rule_which_key_does_not_fit) {
  add_python(70);
  EXPECT_THAT(on_the_host("explain 70").out,
              HasSubstr("Rule 'server': pattern fits, exe does not (it is "
                        "python3.11, not node)\n"));
}

TEST_F(Looks, at_nobody_of_that_pid_fail) {
  const Ended ended = on_the_host("explain 77");
  EXPECT_EQ(ended.code, kFailed);
  EXPECT_THAT(ended.out, IsEmpty());
  EXPECT_EQ(ended.err, "strayd: there is no process 77\n");
}

TEST_F(Looks, of_the_doctor_say_what_lacks) {
  const Ended ended = on_the_host("doctor");
  EXPECT_EQ(ended.code, kEvidenceMissing) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("MISSING live_procfs"));
  EXPECT_THAT(ended.out, HasSubstr("strayd is blind here"));
}

}  // namespace
}  // namespace strayd::test
