// The table that the schema is held against as well (schema_agrees.mjs).
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "strayd/config/config.h"
#include "strayd/core/result.h"

namespace strayd {
namespace {

using nlohmann::json;

std::string text_of(const json& row) {
  return row.contains("text") ? row["text"].get<std::string>()
                              : row["config"].dump();
}

json table() {
  std::ifstream file(STRAYD_CASES);
  return json::parse(file);
}

TEST(Cases, the_good_ones_are_taken) {
  for (const json& row : table()) {
    if (!row["ok"]) continue;
    const Result<Config> config = parse_config(text_of(row), "t");
    EXPECT_TRUE(config) << row["name"] << ": " << config.error().what;
  }
}

TEST(Cases, the_bad_ones_are_refused_with_their_one_reason) {
  for (const json& row : table()) {
    if (row["ok"]) continue;
    const Result<Config> config = parse_config(text_of(row), "t");
    ASSERT_FALSE(config) << row["name"];
    EXPECT_THAT(config.error().what,
                testing::HasSubstr(row["error"].get<std::string>()))
        << row["name"];
    EXPECT_THAT(config.error().what, testing::Not(testing::HasSubstr("\n")))
        << row["name"];
  }
}

}  // namespace
}  // namespace strayd
