#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "strayd/config/config.h"

#include "cli/command.h"
#include "support/pid_namespace.h"
#include "support/proc_tree.h"

namespace strayd::test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int kDone = 0;
constexpr int kUsage = 2;

class CheckConfig : public testing::Test {
 protected:
  std::string file(const std::string& text) const {
    const std::string path = directory_ / "strayd.json";
    std::ofstream(path) << text;
    return path;
  }
  // One that names a web configuration, which says that.
  std::string file_with_web(const std::string& text) const {
    std::ofstream(web()) << text;
    return file(R"({"web": {"config_file": ")" + web() + R"("}})");
  }
  std::string web() const { return directory_ / "web.yml"; }
  const std::string& directory() const { return directory_.path(); }

 private:
  TempDir directory_{};
};

TEST_F(CheckConfig, says_that_a_good_one_is_good) {
  const std::string path = file(R"({"mode": "enforce"})");
  for (const std::string how : {"check-config ", "check-config --config "}) {
    const Ended ended = strayd(how + path);
    EXPECT_EQ(ended.code, kDone);
    EXPECT_EQ(ended.out, path + ": good, 1 rules, mode enforce\n");
    EXPECT_THAT(ended.err, IsEmpty());
  }
}

TEST_F(CheckConfig, warns_of_a_directory_that_does_not_exist) {
  const std::string nowhere = directory() + "/nowhere";
  const std::string path =
      file(R"({"protect": [{"name": "p", "cwd": ")" + nowhere + R"("}]})");
  const Ended ended = strayd("check-config " + path);
  EXPECT_EQ(ended.code, kDone);
  EXPECT_EQ(ended.out, path + ": good, 1 rules, mode observe\n");
  EXPECT_EQ(ended.err,
            path + ":1:35: protect[0].cwd: warning: the directory \"" +
                nowhere + "\" does not exist; nothing is there to match\n");
}

TEST_F(CheckConfig, says_which_rules_mean_no_process_that_runs) {
  const ProcTree procfs{{.pid = 1, .start_ticks = 1, .comm = "init"}};
  procfs.add({.pid = 60, .parent = 1, .argv = {"node", "src/server.ts"}});
  const std::string path = file(R"({"rules": [
      {"name": "fits", "exe": "node", "pattern": "server"},
      {"name": "misspelt", "exe": "nodejs", "pattern": "server"}]})");
  const std::string live =
      "check-config --live --path.procfs " + procfs.root() + " ";
  const Ended ended = strayd(live + path);
  EXPECT_EQ(ended.code, kDone) << "it may run later";
  EXPECT_EQ(ended.out,
            path +
                ": good, 2 rules, mode observe\n"
                "Rule 'misspelt' means no process: 60 is nearest: its exe "
                "does not fit (it is node, not nodejs).\n");

  const std::string good = file(R"({"rules": [
      {"name": "fits", "exe": "node", "pattern": "server"}]})");
  EXPECT_THAT(strayd(live + good).out,
              EndsWith("\nEvery rule means a process.\n"));
  EXPECT_THAT(strayd("check-config " + good).out, Not(HasSubstr("means")));
}

TEST_F(CheckConfig, says_where_a_bad_one_is_bad) {
  const std::string path = file("{\n  \"mode\": \"kill\"\n}\n");
  const Ended ended = strayd("check-config " + path);
  EXPECT_EQ(ended.code, kUsage);
  EXPECT_THAT(ended.out, IsEmpty());
  EXPECT_THAT(ended.err, HasSubstr(path + ":2:"));
  EXPECT_THAT(ended.err, HasSubstr("mode"));
}

TEST_F(CheckConfig, says_that_there_is_none) {
  const Ended ended = strayd("check-config /nowhere/strayd.json");
  EXPECT_EQ(ended.code, kUsage);
  EXPECT_THAT(ended.err, HasSubstr("/nowhere/strayd.json"));
}

TEST_F(CheckConfig, says_that_a_good_web_configuration_is_good) {
  const std::string path = file_with_web(
      "basic_auth_users:\n  prom: "
      "$2b$04$zwH9hcUrjDkCNZTJiQChceh1L4665lNC9qQZV2iSOItKCLlP/49sG\n");
  const Ended ended = strayd("check-config " + path);
  EXPECT_EQ(ended.code, kDone) << ended.err;
  EXPECT_THAT(ended.err, IsEmpty());
}

TEST_F(CheckConfig, says_where_a_web_configuration_is_bad) {
  const Ended ended =
      strayd("check-config " + file_with_web("\nbasic_auth_users: [prom]\n"));
  EXPECT_EQ(ended.code, kUsage);
  EXPECT_THAT(ended.out, IsEmpty());
  EXPECT_THAT(ended.err, HasSubstr(web() + ":2: basic_auth_users: expected"));
}

TEST_F(CheckConfig, says_that_a_web_configuration_is_not_there) {
  const std::string path = file_with_web("");
  ::unlink(web().c_str());
  const Ended ended = strayd("check-config " + path);
  EXPECT_EQ(ended.code, kUsage);
  EXPECT_EQ(ended.err,
            "strayd: open " + web() + ": No such file or directory\n");
}

TEST_F(CheckConfig, says_that_this_user_may_not_read_a_web_configuration) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const std::string path = file_with_web("");
  ASSERT_EQ(::chmod(web().c_str(), 0600), 0);
  ASSERT_EQ(::chmod(directory().c_str(), 0711), 0);
  in_pid_namespace([&] {
    ASSERT_EQ(::setresuid(65534, 65534, 65534), 0);
    // Where the test was built, not everybody may go.
    if (::access(STRAYD_BIN, X_OK) != 0) return;
    const Ended ended = strayd("check-config " + path);
    EXPECT_EQ(ended.code, kUsage);
    EXPECT_EQ(ended.err, "strayd: open " + web() + ": Permission denied\n");
  });
}

TEST_F(CheckConfig, without_a_file_checks_the_embedded_default) {
  const Ended ended = strayd("check-config");
  EXPECT_EQ(ended.code, kDone);
  EXPECT_EQ(ended.out, "the embedded default: good, 1 rules, mode observe\n");
}

TEST_F(CheckConfig, prints_a_default_that_is_good) {
  const Ended printed = strayd("check-config --print-default");
  EXPECT_EQ(printed.code, kDone);
  EXPECT_EQ(printed.out, default_config_text());
  EXPECT_EQ(strayd("check-config " + file(printed.out)).code, kDone);
}

TEST_F(CheckConfig, prints_the_schema) {
  const Ended printed = strayd("check-config --print-schema");
  EXPECT_EQ(printed.code, kDone);
  EXPECT_TRUE(nlohmann::json::parse(printed.out, nullptr, false).is_object());
}

}  // namespace
}  // namespace strayd::test
