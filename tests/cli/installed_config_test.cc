// Which configuration an operator gets who names none.
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/cli/options.h"

#include "cli/command.h"
#include "support/pid_namespace.h"
#include "support/proc_tree.h"

namespace strayd::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr int kDone = 0;
constexpr int kUsage = 2;

class InstalledConfig : public testing::Test {
 protected:
  // And keeps what it tells on standard error.
  Result<Config> found(const CommandLine& line = {}) {
    testing::internal::CaptureStderr();
    Result<Config> config = config_of_this_host(line, "rules", installed());
    told_ = testing::internal::GetCapturedStderr();
    return config;
  }
  void install(const std::string& text) const {
    std::ofstream(installed()) << text;
  }
  std::string installed() const { return directory_ / "strayd.json"; }

  TempDir directory_{};
  std::string told_{};
};

TEST_F(InstalledConfig, is_used_and_told_where_it_is_there) {
  install(R"({"mode": "enforce"})");
  const Result<Config> config = found();
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->policy.mode, Mode::Enforce);
  EXPECT_EQ(told_, "strayd: rules of " + installed() + "\n");
}

TEST_F(InstalledConfig, gives_way_to_one_that_is_named) {
  install(R"({"mode": "enforce"})");
  const std::string named = directory_ / "named.json";
  std::ofstream(named) << R"({"mode": "observe"})";
  const Result<Config> config = found({.config_file = named});
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->policy.mode, Mode::Observe);
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(InstalledConfig, gives_way_to_the_default_where_it_is_not_there) {
  const Result<Config> config = found();
  ASSERT_TRUE(config) << config.error().what;
  ASSERT_EQ(config->policy.rules.size(), 1U);
  EXPECT_EQ(config->policy.rules.front().name, "tsx-server");
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(InstalledConfig, is_an_error_where_it_is_bad) {
  install("{\n  \"mode\": \"kill\"\n}\n");
  const Result<Config> config = found();
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().what, StartsWith(installed() + ":2:"));
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(InstalledConfig, is_an_error_where_it_cannot_be_read) {
  std::filesystem::create_symlink(directory_ / "nowhere", installed());
  EXPECT_FALSE(found()) << "a link that leads nowhere";
  std::filesystem::remove(installed());
  std::filesystem::create_directory(installed());
  EXPECT_FALSE(found()) << "a directory";
}

TEST_F(InstalledConfig, is_an_error_where_it_may_not_even_be_looked_for) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  in_pid_namespace([&] {
    ASSERT_EQ(::setresuid(65534, 65534, 65534), 0);
    const Result<Config> config = found();
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().fault, Fault::Denied);
  });
}

// ---- the real path, in an /etc of the test's own ----

constexpr const char* kDirectory = "/etc/strayd";

class AHost : public testing::Test {
 protected:
  // With that file, or with none where it is empty.
  static void with_installed(const std::string& text,
                             const std::function<void()>& body) {
    in_pid_namespace([&] {
      ASSERT_EQ(::mount("none", "/etc", "tmpfs", 0, "size=4m"), 0);
      if (!text.empty()) {
        std::filesystem::create_directory(kDirectory);
        std::ofstream(kInstalledConfig) << text;
      }
      body();
    });
  }
  // Not the default: that asks for tsx.
  std::string text() const {
    return R"({"rules": [{"name": "server", "exe": "node",
                          "pattern": "server\\.ts"}],
               "state": {"dir": ")" +
           directory_.path() + R"(/state"}})";
  }
  std::string look(const std::string& command) const {
    return command + " --path.procfs " + procfs_.root();
  }

  TempDir directory_{};
  ProcTree procfs_{{.pid = 1, .start_ticks = 1, .comm = "init"},
                   {.pid = 60, .parent = 1, .argv = {"node", "src/server.ts"}}};
};

TEST_F(AHost, with_a_package_is_looked_at_by_its_rules) {
  with_installed(text(), [&] {
    for (const char* command : {"scan --quick", "explain 60"}) {
      const Ended ended = strayd(look(command));
      EXPECT_THAT(ended.out, HasSubstr("pending")) << command;
      EXPECT_EQ(ended.err, "strayd: rules of /etc/strayd/strayd.json\n");
    }
    const Ended doctor = strayd(look("doctor"));
    EXPECT_THAT(doctor.out, HasSubstr(directory_ / "state"));
    EXPECT_EQ(doctor.err,
              "strayd: state.dir and audit.file of /etc/strayd/strayd.json\n");
    const Ended breaker = strayd("breaker status");
    EXPECT_THAT(breaker.err,
                StartsWith("strayd: state.dir of /etc/strayd/strayd.json\n"));
    EXPECT_THAT(breaker.out + breaker.err, HasSubstr(directory_ / "state"));
  });
}

TEST_F(AHost, with_a_bad_file_is_not_looked_at) {
  with_installed("{", [&] {
    for (const std::string command : {"scan",
                                      "scan --reap",
                                      "explain 60",
                                      "doctor",
                                      "breaker status",
                                      "breaker close"}) {
      const Ended ended =
          strayd(command.starts_with("breaker") ? command : look(command));
      EXPECT_EQ(ended.code, kUsage) << command;
      EXPECT_THAT(ended.out, IsEmpty()) << command;
      EXPECT_THAT(ended.err, StartsWith("strayd: /etc/strayd/strayd.json:1:"));
    }
  });
}

TEST_F(AHost, without_a_package_is_looked_at_by_the_default) {
  with_installed({}, [&] {
    const Ended ended = strayd(look("explain 60"));
    EXPECT_EQ(ended.code, kDone) << ended.err;
    EXPECT_THAT(ended.out, HasSubstr("No rule matches"));
    EXPECT_THAT(ended.err, IsEmpty());
  });
}

TEST_F(AHost, with_a_package_has_its_default_checked_all_the_same) {
  with_installed("{", [&] {
    const Ended ended = strayd("check-config");
    EXPECT_EQ(ended.code, kDone) << ended.err;
    EXPECT_THAT(ended.out, StartsWith("the embedded default: good"));
  });
}

TEST(HelpOnConfig, says_what_is_used_without_it) {
  for (const char* command :
       {"scan", "explain", "doctor", "breaker status", "breaker close"}) {
    EXPECT_THAT(strayd(std::string(command) + " --help").out,
                HasSubstr(kInstalledConfig))
        << command;
  }
  const std::string run = strayd("run --help").out;
  EXPECT_THAT(run, Not(HasSubstr(kInstalledConfig)));
  EXPECT_THAT(run, HasSubstr("embedded default"));
}

}  // namespace
}  // namespace strayd::test
