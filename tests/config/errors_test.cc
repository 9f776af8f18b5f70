#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/config/config.h"
#include "strayd/core/result.h"

#include "config/text.h"

namespace strayd {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Errors, name_file_line_column_key_and_both_sides) {
  const Result<Config> config = parse_config(R"({
  "rules": [
    {"name": "api", "pattern": "api", "exe": "node",
     "grace": 10}
  ]
})",
                                             "strayd.json");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error(),
            (Error{.fault = Fault::Malformed,
                   .what = "strayd.json:4:15: rules[0].grace: expected a "
                           "duration like \"500ms\", \"10s\", \"5m\" or "
                           "\"1h\", got 10"}));
}

TEST(Errors, are_all_told_in_the_order_of_the_text) {
  EXPECT_EQ(refusal("{\"web\": 1,\n\"moed\": 2,\n\"limits\": 3}"),
            "t:1:9: web: expected an object, got 1\n"
            "t:2:1: moed: unknown key; did you mean \"mode\"?\n"
            "t:3:11: limits: expected an object, got 3");
}

TEST(Errors, of_an_unknown_key_point_at_the_key) {
  EXPECT_EQ(refusal(R"({"scan": {"intervall": "5s"}})"),
            "t:1:11: scan.intervall: unknown key; did you mean "
            "\"interval\"?");
}

TEST(Errors, know_a_key_in_another_spelling) {
  EXPECT_THAT(refusal(R"({"limits": {"killsPerScan": 1}})"),
              HasSubstr("did you mean \"kills_per_scan\"?"));
}

TEST(Errors, list_the_keys_where_none_is_near) {
  EXPECT_THAT(
      refusal(R"({"scan": {"colour": 1}})"),
      HasSubstr("unknown key; known here: interval, min_age, confirmations, "
                "rotation, source, events, settle"));
}

TEST(Errors, count_columns_in_characters) {
  EXPECT_THAT(refusal("{/* \u00e4\u00f6\u00fc \u20ac */ \"moed\": 1}"),
              HasSubstr("t:1:14: moed"));
}

TEST(Errors, are_no_more_than_twenty_lines_and_say_how_many_more) {
  std::string text = "{";
  for (int i = 0; i < 5000; ++i) text += "\"x" + std::to_string(i) + "\":1,\n";
  text.replace(text.size() - 2, 2, "}");
  const std::string what = refusal(text);
  EXPECT_EQ(std::ranges::count(what, '\n'), 20);
  EXPECT_THAT(what, HasSubstr("\nt: 4980 more errors"));
  EXPECT_THAT(what, HasSubstr("t:1:2: x0: unknown key"));
}

TEST(Errors, print_foreign_bytes_escaped) {
  const std::string what = refusal(
      // NOLINTNEXTLINE(misc-misleading-bidirectional): the foreign bytes
      "{\"a\xe2\x80\xae\u009b\": 1, \"mode\": \"\\u001b[2J\u009b\x7f\"}");
  EXPECT_THAT(what, HasSubstr(R"("a\xe2\x80\xae\xc2\x9b": unknown key)"));
  EXPECT_THAT(what, HasSubstr(R"(got "\u001b[2J\xc2\x9b\x7f")"));
}

TEST(Errors, cut_what_is_long) {
  const std::string what =
      refusal(R"({")" + std::string(5000, 'k') + R"(": 1, "mode": ")" +
              std::string(5000, 'v') + R"("})");
  EXPECT_LT(what.size(), 500U);
  EXPECT_THAT(what, HasSubstr("vvv..."));
}

TEST(Errors, of_a_missing_key_point_at_its_object) {
  EXPECT_THAT(refusal("{\"rules\": [\n  {\"name\": \"a\", \"exe\": \"x\"}]}"),
              HasSubstr("t:2:3: rules[0]: the key \"pattern\" is missing"));
}

TEST(Errors, of_a_bare_pattern_explain_why_it_is_not_enough) {
  EXPECT_THAT(refusal(R"({"rules": [{"name": "a", "pattern": "tsx"}]})"),
              HasSubstr("a pattern alone also hits grep, vim and ssh with the "
                        "same words in their command line"));
}

TEST(Errors, of_a_pattern_are_in_the_words_of_re2) {
  EXPECT_EQ(
      refusal(R"({"rules": [{"name": "a", "pattern": "(b", "exe": "x"}]})"),
      "t:1:37: rules[0].pattern: RE2 refuses this pattern: missing ): (b");
}

TEST(Errors, take_no_good_part_of_a_bad_file) {
  const std::string what = refusal(R"({"mode": "enforce", "scam": {}})");
  EXPECT_THAT(what, HasSubstr("did you mean \"scan\"?"));
  EXPECT_THAT(what, Not(HasSubstr("mode:")));
}

}  // namespace
}  // namespace strayd
