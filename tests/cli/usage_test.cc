// What a command line may be, and what is said of one that is none.
#include <fstream>
#include <ostream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command.h"

namespace strayd::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;

struct Bad {
  std::string line{};
  std::string told{};  // in what is said of it
};

void PrintTo(const Bad& bad, std::ostream* out) {
  *out << "strayd " << bad.line;
}

class WrongUsage : public testing::TestWithParam<Bad> {};

TEST_P(WrongUsage, is_told_on_standard_error_with_exit_code_2) {
  const Ended ended = strayd(GetParam().line);
  EXPECT_EQ(ended.code, kUsage) << ended.out << ended.err;
  EXPECT_THAT(ended.out, IsEmpty());
  EXPECT_THAT(ended.err, HasSubstr(GetParam().told));
}

INSTANTIATE_TEST_SUITE_P(
    Usage,
    WrongUsage,
    testing::Values(Bad{"", "a command is required"},
                    Bad{"slay", "slay"},
                    Bad{"scan slay", "slay"},
                    Bad{"run scan", "scan"},
                    Bad{"--reap", "--reap"},
                    Bad{"scan --kill-everything", "--kill-everything"},
                    Bad{"scan --enforce", "--enforce"},
                    Bad{"scan --reap --quick", "--quick"},
                    Bad{"run --reap", "--reap"},
                    Bad{"run --observe --enforce", "--enforce"},
                    Bad{"run --config", "--config"},
                    Bad{"run --web.listen-address", "--web.listen-address"},
                    Bad{"run --log.level loud",
                        "debug, info, warn or error, got 'loud'"},
                    Bad{"run --log.format xml", "text or json, got 'xml'"},
                    Bad{"explain", "PID"},
                    Bad{"explain 0", "PID"},
                    Bad{"explain -1", "-1"},
                    Bad{"explain 4194305", "PID"},
                    Bad{"explain node", "PID"},
                    Bad{"explain 1 2", "2"},
                    Bad{"doctor now", "now"},
                    Bad{"check-config one two", "two"}));

TEST(Help, is_printed_with_the_exit_codes) {
  const Ended ended = strayd("--help");
  EXPECT_EQ(ended.code, kDone);
  EXPECT_THAT(ended.err, IsEmpty());
  for (const char* word : {"run",
                           "scan",
                           "explain",
                           "doctor",
                           "check-config",
                           "Exit codes: 0",
                           "--version"}) {
    EXPECT_THAT(ended.out, HasSubstr(word));
  }
}

TEST(Help, of_each_command_names_its_options) {
  for (const auto& [command, option] :
       {std::pair{"run", "--web.config.file"},
        std::pair{"run", "--enforce"},
        std::pair{"scan", "--reap"},
        std::pair{"scan", "--path.procfs"},
        std::pair{"explain", "PID"},
        std::pair{"doctor", "--log.level"},
        std::pair{"check-config", "--print-schema"}}) {
    const Ended ended = strayd(std::string(command) + " --help");
    EXPECT_EQ(ended.code, kDone) << command;
    EXPECT_THAT(ended.out, HasSubstr(option));
  }
}

TEST(Version, is_the_first_line_and_the_terms_follow) {
  const Ended ended = strayd("--version");
  EXPECT_EQ(ended.code, kDone);
  EXPECT_THAT(ended.out.substr(0, ended.out.find('\n')),
              MatchesRegex("strayd [0-9]+\\.[0-9]+\\.[0-9]+ \\([^\n]*\\)"));
  EXPECT_THAT(ended.out, HasSubstr("\nMIT licence"));
  EXPECT_THAT(ended.out, HasSubstr("THIRD_PARTY.md"));
  EXPECT_THAT(ended.err, IsEmpty());
}

// Two facts: it was understood, and it stopped before it did anything. Without
// a file the installed one would be used, and told.
TEST(Usage, that_is_right_is_not_told_that_it_is_wrong) {
  const TempDir directory;
  const std::string nowhere = directory / "nowhere";
  const std::string file = directory / "strayd.json";
  std::ofstream(file) << "{}";
  for (const std::string command : {"run --observe",
                                    "run --enforce",
                                    "scan",
                                    "scan --json",
                                    "scan --quick",
                                    "explain 1"}) {
    const Ended ended =
        strayd(command + " --config " + file + " --path.procfs " + nowhere);
    EXPECT_EQ(ended.code, kFailed) << command;
    EXPECT_THAT(ended.out, IsEmpty());
    EXPECT_EQ(ended.err,
              "strayd: open " + nowhere + ": No such file or directory\n");
  }
}

}  // namespace
}  // namespace strayd::test
