// What a request of the control socket does to a scanner.
#include "strayd/agent/commands.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "strayd/agent/start.h"
#include "strayd/config/config.h"
#include "strayd/report/state.h"

#include "support/temp_dir.h"

namespace strayd::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr ControlPeer kOperator{.uid = 0, .pid = 4711};

class Commands : public testing::Test {
 protected:
  // With a breaker that an earlier run left open.
  Scanner scanner(const std::string& why = "too much of it") const {
    const State state{.breaker = {.open = true,
                                  .why = why,
                                  .since_unix_ms = 1'738'317'600'000}};
    EXPECT_TRUE(save_state(config_.state_dir, state));
    Result<Scanner::Parts> parts = prepare(config_, "/proc", Wish::Observe);
    if (!parts) ADD_FAILURE() << parts.error().what;
    return Scanner(*std::move(parts));
  }
  static Config config_in(const std::string& directory) {
    Result<Config> config = default_config();
    config->state_dir = directory + "/state";
    config->audit.file = directory + "/audit.jsonl";
    return *std::move(config);
  }
  std::vector<nlohmann::json> notes() const {
    std::vector<nlohmann::json> found;
    std::ifstream file(config_.audit.file);
    for (std::string line; std::getline(file, line);) {
      nlohmann::json object = nlohmann::json::parse(line, nullptr, false);
      if (object.is_object() && object["event"] == "note") {
        found.push_back(std::move(object));
      }
    }
    return found;
  }

  TempDir dir_{};
  Config config_ = config_in(dir_.path());
};

TEST_F(Commands, status_says_since_when_and_why) {
  Scanner open = scanner();
  EXPECT_EQ(obey(open, "breaker status", kOperator),
            "ok the breaker is open since 2025-01-31 10:00:00 UTC: too much of "
            "it");
  EXPECT_TRUE(open.breaker().open);
}

TEST_F(Commands, close_closes_it_for_this_run_and_the_next) {
  Scanner open = scanner();
  EXPECT_THAT(obey(open, "breaker close", kOperator),
              StartsWith("ok the breaker is closed"));
  EXPECT_FALSE(open.breaker().open);
  EXPECT_FALSE(open.latest()->breaker.open);
  EXPECT_EQ(obey(open, "breaker status", kOperator),
            "ok the breaker is closed");
  const Result<State> state = peek_state(config_.state_dir);
  ASSERT_TRUE(state);
  EXPECT_FALSE(state->breaker.open);
}

TEST_F(Commands, close_is_in_the_audit_with_who_did_it) {
  Scanner open = scanner();
  obey(open, "breaker close", kOperator);
  ASSERT_THAT(notes(), SizeIs(1));
  const nlohmann::json note = notes().front();
  EXPECT_EQ(note["what"], "breaker_close");
  const std::string text = note["text"];
  EXPECT_THAT(text, HasSubstr("pid 4711 of user 0"));
  EXPECT_THAT(text, HasSubstr("too much of it"));
}

TEST_F(Commands, closing_it_twice_is_no_news) {
  Scanner open = scanner();
  obey(open, "breaker close", kOperator);
  EXPECT_EQ(obey(open, "breaker close", kOperator), "ok the breaker is closed");
  EXPECT_THAT(notes(), SizeIs(1));
}

TEST_F(Commands, what_cannot_be_saved_stays_open) {
  Scanner open = scanner();
  std::filesystem::remove_all(config_.state_dir);
  std::ofstream(config_.state_dir) << "no directory";
  EXPECT_THAT(obey(open, "breaker close", kOperator),
              StartsWith("error it stays open: "));
  EXPECT_TRUE(open.breaker().open);
  EXPECT_TRUE(open.latest()->breaker.open);
  EXPECT_THAT(notes(), SizeIs(0));
}

TEST_F(Commands, a_name_in_the_reason_sends_nothing_to_a_terminal) {
  Scanner open = scanner("\x1B[2Jharm\n\xFF");
  const std::string reply = obey(open, "breaker status", kOperator);
  EXPECT_THAT(reply, Not(HasSubstr("\x1B")));
  EXPECT_THAT(reply, Not(HasSubstr("\n")));
}

TEST_F(Commands, anything_else_changes_nothing) {
  Scanner open = scanner();
  for (const std::string& request : {std::string(),
                                     std::string("breaker"),
                                     std::string("breaker close "),
                                     std::string("breaker closed"),
                                     std::string("Breaker Close"),
                                     std::string("breaker close\0", 14),
                                     std::string("\xFF\xFE")}) {
    EXPECT_THAT(obey(open, request, kOperator), StartsWith("error "));
    EXPECT_TRUE(open.breaker().open);
  }
}

}  // namespace
}  // namespace strayd::test
