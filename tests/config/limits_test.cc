#include <cstddef>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/text.h"

namespace strayd {
namespace {

using testing::HasSubstr;

std::string nested(std::size_t levels) {
  return "{\"x\": " + std::string(levels - 1, '[') +
         std::string(levels - 1, ']') + "}";
}

TEST(Bounds, of_depth_are_thirty_two_levels) {
  EXPECT_THAT(refusal(nested(32)), HasSubstr("x: unknown key"));
  EXPECT_EQ(refusal(nested(33)), "t:1:38: nested deeper than 32 levels");
}

TEST(Bounds, of_depth_hold_for_a_file_of_brackets) {
  EXPECT_THAT(refusal("{\"x\":" + std::string(1'000'000, '[')),
              HasSubstr("nested deeper"));
}

TEST(Bounds, of_size_are_one_mebibyte) {
  const std::string fits = "{}" + std::string((1024 * 1024) - 2, ' ');
  parsed(fits);
  EXPECT_EQ(refusal(fits + " "), "t:1:1: larger than 1048576 bytes");
}

TEST(Bounds, of_values_are_ten_thousand) {
  std::string text = "{\"x\": [0";
  for (int i = 0; i < 20'000; ++i) text += ",0";
  EXPECT_THAT(refusal(text + "]}"), HasSubstr("more than 10000 values"));
}

std::string rules(int count) {
  std::string text = "{\"rules\": [";
  for (int i = 0; i < count; ++i) {
    text += (i == 0 ? "" : ",");
    text +=
        R"({"name":"r)" + std::to_string(i) + R"(","pattern":"x","exe":"y"})";
  }
  return text + "]}";
}

TEST(Bounds, of_rules_are_a_hundred) {
  EXPECT_EQ(parsed(rules(100)).policy.rules.size(), 100U);
  EXPECT_EQ(refusal(rules(101)),
            "t:1:11: rules: expected an array of rules (0 to 100 of them), "
            "got 101");
}

std::string pidfiles(int count) {
  std::string text = "{\"pidfiles\": [";
  for (int i = 0; i < count; ++i) text += (i == 0 ? R"("/x")" : R"(,"/x")");
  return text + "]}";
}

TEST(Bounds, of_directories_with_pidfiles_are_sixty_four) {
  EXPECT_EQ(parsed(pidfiles(64)).policy.pidfiles.size(), 64U);
  EXPECT_EQ(refusal(pidfiles(65)),
            "t:1:14: pidfiles: expected an array of directories (0 to 64 of "
            "them), got 65");
}

}  // namespace
}  // namespace strayd
