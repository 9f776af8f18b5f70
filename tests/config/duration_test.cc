#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/config/config.h"
#include "strayd/core/result.h"

namespace strayd {
namespace {

using namespace std::chrono_literals;

TEST(Duration, is_a_whole_number_and_a_unit) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("10s"), 10s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(Duration, is_nothing_else) {
  for (const char* text : {"",
                           "s",
                           "10",
                           "10 s",
                           " 10s",
                           "10s ",
                           "-1s",
                           "+1s",
                           "1.5s",
                           "1h30m",
                           "10S",
                           "10sec",
                           "10us",
                           "1d",
                           "0x10s",
                           "1e3s",
                           "10m\n"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Duration, may_be_as_long_as_nanoseconds_count) {
  EXPECT_EQ(parse_duration("2562047h"), 2562047h);
  EXPECT_EQ(parse_duration("9223372036854ms"), 9223372036854ms);
}

TEST(Duration, never_overflows) {
  for (const char* text : {"2562048h",
                           "9223372036855ms",
                           "9223372037s",
                           "153722868m",
                           "9223372036854775807h",
                           "9223372036854775808ms",
                           "99999999999999999999999999s"}) {
    const Result<std::chrono::nanoseconds> parsed = parse_duration(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().what,
                testing::EndsWith("is longer than can be counted"));
  }
}

TEST(Duration, that_is_wrong_is_told_what_it_should_be) {
  EXPECT_EQ(
      parse_duration("soon").error(),
      (Error{.fault = Fault::Malformed,
             .what = "\"soon\" is no duration like \"500ms\", \"10s\", \"5m\" "
                     "or \"1h\""}));
  EXPECT_EQ(parse_duration("5d").error().what,
            "\"5d\" is in no unit that is known: ms, s, m or h");
}

}  // namespace
}  // namespace strayd
