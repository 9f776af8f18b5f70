#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "config/text.h"

namespace strayd {
namespace {

// A text, and what is told of it.
using Slip = std::pair<std::string_view, std::string_view>;

void expect_told(const std::vector<Slip>& slips) {
  for (const auto& [text, told] : slips) EXPECT_EQ(refusal(text), told);
}

TEST(Syntax, of_an_empty_file_lacks_the_object) {
  expect_told({
      {"", "t:1:1: expected '{', found the end of the file"},
      {" \n // only a comment\n",
       "t:3:1: expected '{', found the end of the "
       "file"},
      {"mode: observe", "t:1:1: expected '{', found 'mode'"},
  });
}

TEST(Syntax, of_commas_and_colons_is_told_in_plain_words) {
  expect_told({
      {"{\"mode\": \"observe\"\n \"scan\": {}}",
       "t:2:2: expected ',' or '}', found \"scan\""},
      {"{\"mode\": \"observe\",\n}",
       "t:2:1: expected a key in double quotes after ',', found '}'"},
      {R"({"mode" "observe"})",
       "t:1:9: expected ':' after the key, found \"observe\""},
      {R"({"mode": , "scan": {}})",
       "t:1:10: expected a value after ':', found ','"},
      {"{\"rules\": [1 2]}", "t:1:14: expected ',' or ']', found '2'"},
      {"{\"rules\": [1,]}", "t:1:14: expected a value after ',', found ']'"},
      {"{\"rules\": [1,,2]}", "t:1:14: expected a value after ',', found ','"},
      {"{,}", "t:1:2: expected a key in double quotes or '}', found ','"},
      {"{\"rules\": [,]}", "t:1:12: expected a value or ']', found ','"},
      {"{\"rules\": [}", "t:1:12: expected a value or ']', found '}'"},
      {"{\"rules\": [1}", "t:1:13: expected ',' or ']', found '}'"},
      {"{\"a\": 1]", "t:1:8: expected ',' or '}', found ']'"},
  });
}

TEST(Syntax, of_a_file_that_ends_too_early_or_too_late_is_told) {
  expect_told({
      {"{",
       "t:1:2: expected a key in double quotes or '}', found the end of "
       "the file"},
      {"{\"mode\"",
       "t:1:8: expected ':' after the key, found the end of the "
       "file"},
      {"{\"mode\":",
       "t:1:9: expected a value after ':', found the end of the "
       "file"},
      {R"({"mode": "observe")",
       "t:1:19: expected ',' or '}', found the end "
       "of the file"},
      {"{\"rules\": [\n",
       "t:2:1: expected a value or ']', found the end of "
       "the file"},
      {"{}\n}", "t:2:1: expected the end of the file, found '}'"},
      {"{} {}", "t:1:4: expected the end of the file, found '{'"},
  });
}

TEST(Syntax, of_words_of_other_languages_is_told) {
  expect_told({
      {"{mode: 1}",
       "t:1:2: expected a key in double quotes or '}', found "
       "'mode'"},
      {"{\"mode\": observe}",
       "t:1:10: expected a value after ':', found "
       "'observe'"},
      {"{\"mode\": True}", "t:1:10: expected a value after ':', found 'True'"},
      {"{\"mode\": 'x'}",
       "t:1:10: expected a value after ':', found ''' "
       "(strings stand in double quotes)"},
      {"{\"a\": NaN}", "t:1:7: expected a value after ':', found 'NaN'"},
      {"# no\n{}", "t:1:1: expected '{', found '#'"},
  });
}

TEST(Syntax, of_strings_is_told_where_they_break) {
  expect_told({
      {"{\"mode\": \"observe\n}",
       "t:1:10: this string has no closing '\"' on "
       "its line"},
      {R"({"mode": "obs)",
       "t:1:10: this string has no closing '\"' on its "
       "line"},
      {"{\"mo\n\": 1}", "t:1:2: this string has no closing '\"' on its line"},
      {R"({"a": "x\.y"})",
       "t:1:10: in a string: forbidden character after "
       "backslash"},
      {R"({"a": "\ud800"})",
       "t:1:14: in a string: surrogate U+D800..U+DBFF must be followed by "
       "U+DC00..U+DFFF"},
      {"{\"a\": \"x\ty\"}",
       "t:1:9: in a string: control character U+0009 "
       "(HT) must be escaped to \\u0009 or \\t"},
      {"{\"a\": \"x\xff\"}", "t:1:9: in a string: ill-formed UTF-8 byte"},
  });
}

TEST(Syntax, of_numbers_is_told) {
  expect_told({
      {"{\"a\": -}", "t:1:7: '-' is not a number: expected digit after '-'"},
      {"{\"a\": 1.}",
       "t:1:7: '1.' is not a number: expected digit after "
       "'.'"},
      {"{\"a\": 1e999}", "t:1:7: '1e999' is too large a number"},
      {"{\"a\": 5s}", "t:1:8: expected ',' or '}', found 's'"},
      {"{\"a\": 007}", "t:1:8: expected ',' or '}', found '07'"},
  });
}

TEST(Syntax, of_comments_is_told) {
  expect_told({
      {"{} /* no end", "t:1:4: this comment has no closing '*/'"},
      {"{ / }", "t:1:3: expected '/' or '*' after '/'"},
  });
}

TEST(Syntax, finds_its_place_behind_comments_that_look_like_json) {
  EXPECT_EQ(refusal("// {\"a\": \"\n{/* \"mode\": */ \"mode\" // : \"x\"\n"
                    ": \"no\", \"a//b\": 1}"),
            "t:3:3: mode: expected \"observe\" or \"enforce\", got \"no\"\n"
            "t:3:9: \"a//b\": unknown key; known here: $schema, mode, scan, "
            "rules, protect, supervisors, carriers, pidfiles, pm2, limits, "
            "remotes, audit, state, web");
}

TEST(Syntax, finds_its_place_behind_strings_with_quotes_and_backslashes) {
  EXPECT_EQ(refusal(R"({"mode": "a\"\\", "state": 1})"),
            "t:1:10: mode: expected \"observe\" or \"enforce\", got "
            "\"a\\\"\\\\\"\n"
            "t:1:28: state: expected an object, got 1");
}

TEST(Syntax, may_begin_with_a_byte_order_mark) {
  parsed("\xEF\xBB\xBF{\"mode\": \"observe\"}");
  EXPECT_EQ(refusal("\xEF\xBB\xBF{\"mode\": 1}").substr(0, 7), "t:1:11:");
}

TEST(Syntax, has_no_place_for_a_nul) {
  using namespace std::string_view_literals;
  EXPECT_EQ(refusal("{}\0{"sv), "t:1:3: a NUL byte: this is not a text file");
}

}  // namespace
}  // namespace strayd
