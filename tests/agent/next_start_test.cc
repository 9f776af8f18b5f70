// What a reload can't change, and what it can.
#include "next_start.h"

#include <string>
#include <string_view>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strayd::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Config config(const std::string& text) {
  return parse_config(text, "test").value();
}
Config standard() {
  return config("{}");
}

TEST(NextStart, is_for_each_key_that_is_read_at_start_only) {
  for (const auto& [text, key] :
       {std::pair{R"({"scan": {"source": "procfs"}})", "scan.source"},
        std::pair{R"({"scan": {"events": false}})", "scan.events"},
        std::pair{R"({"audit": {"file": "/x/audit"}})", "audit.file"},
        std::pair{R"({"audit": {"rotate_bytes": 65536}})",
                  "audit.rotate_bytes"},
        std::pair{R"({"audit": {"keep": 7}})", "audit.keep"},
        std::pair{R"({"web": {"listen": ":9999"}})", "web.listen"},
        std::pair{R"({"web": {"telemetry_path": "/strayd"}})",
                  "web.telemetry_path"}}) {
    Config after = config(text);
    EXPECT_THAT(keys_for_next_start(standard(), after), ElementsAre(key));
    keep_until_next_start(standard(), after);
    EXPECT_THAT(keys_for_next_start(standard(), after), IsEmpty()) << key;
  }
}

TEST(NextStart, is_for_the_ledger_that_moves_with_the_state) {
  EXPECT_THAT(
      keys_for_next_start(standard(), config(R"({"state": {"dir": "/x"}})")),
      ElementsAre("audit.file", "state.dir"));
}

TEST(NextStart, is_not_for_what_a_reload_changes) {
  const Config after = config(R"({
      "mode": "enforce",
      "rules": [{"name": "server", "exe": "node", "pattern": "server"}],
      "protect": [{"name": "dear", "pattern": "precious"}],
      "scan": {"interval": "7s", "min_age": "9s", "confirmations": 5,
               "settle": "8s", "rotation": 3},
      "limits": {"kills_per_scan": 1, "kills_per_hour": 1},
      "pm2": {"homes": ["/x"], "timeout": "1s", "events": false},
      "remotes": [{"name": "db", "hosts": ["10.0.0.1"]}],
      "web": {"config_file": "/x/web.yml"}})");
  EXPECT_THAT(keys_for_next_start(standard(), after), IsEmpty());
}

TEST(NextStart, leaves_the_rest_of_the_new_configuration_as_it_is) {
  Config after = config(R"({"mode": "enforce", "scan": {"events": false},
                            "web": {"config_file": "/x/web.yml"}})");
  keep_until_next_start(standard(), after);
  EXPECT_TRUE(after.events);
  EXPECT_EQ(after.policy.mode, Mode::Enforce);
  EXPECT_EQ(after.web.config_file, "/x/web.yml");
}

}  // namespace
}  // namespace strayd::test
