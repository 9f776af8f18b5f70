// What a log collector reads, whatever was written.
#include "strayd/agent/log.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

namespace strayd::test {
namespace {

// What comes out where a message is logged in that format.
std::string logged(const std::string& format, const std::string& message) {
  const std::shared_ptr<spdlog::logger> before = spdlog::default_logger();
  EXPECT_TRUE(start_logging({.level = "info", .format = format}));
  testing::internal::CaptureStderr();
  spdlog::error("{}", message);
  std::string all = testing::internal::GetCapturedStderr();
  spdlog::set_default_logger(before);
  return all;
}

TEST(JsonLog, has_one_line_for_a_message_of_several) {
  const std::string message =
      "a.json:1: one \"thing\"\na.json:2: an\\other\t\x1b";
  const std::string line = logged("json", message);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const nlohmann::json read = nlohmann::json::parse(line);
  EXPECT_EQ(read["msg"], message);
  EXPECT_EQ(read["level"], "error");
}

TEST(JsonLog, is_JSON_whatever_bytes_a_message_has) {
  std::string all;
  for (int byte = 1; byte < 256; ++byte) all += static_cast<char>(byte);
  const nlohmann::json read = nlohmann::json::parse(logged("json", all));
  EXPECT_THAT(read["msg"].get<std::string>(),
              testing::HasSubstr("\xEF\xBF\xBD"));
}

TEST(TextLog, is_what_a_person_reads) {
  EXPECT_THAT(logged("text", "it is so"),
              testing::EndsWith("Z error it is so\n"));
}

}  // namespace
}  // namespace strayd::test
