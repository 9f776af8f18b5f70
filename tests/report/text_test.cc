#include <string>

#include <gtest/gtest.h>

#include "strayd/report/render.h"

namespace strayd {
namespace {

const std::string kBad = "\xEF\xBF\xBD";

TEST(ValidUtf8, keeps_what_is_valid) {
  const std::string text =
      "plain, \xC3\xA9, \xE2\x82\xAC, \xF0\x9F\x92\xA9\n\x7F";
  EXPECT_EQ(valid_utf8(text), text);
  EXPECT_EQ(valid_utf8(""), "");
  EXPECT_EQ(valid_utf8(std::string(1, '\0')), std::string(1, '\0'));
}

TEST(ValidUtf8, keeps_the_first_and_the_last_of_each_length) {
  for (const std::string edge : {"\x7F",
                                 "\xC2\x80",
                                 "\xDF\xBF",
                                 "\xE0\xA0\x80",
                                 "\xED\x9F\xBF",
                                 "\xEE\x80\x80",
                                 "\xEF\xBF\xBF",
                                 "\xF0\x90\x80\x80",
                                 "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(valid_utf8(edge), edge);
  }
}

// The example of the Unicode Standard, chapter 3, table 3-8.
TEST(ValidUtf8, replaces_each_maximal_part_of_a_broken_sequence) {
  EXPECT_EQ(valid_utf8("a\xF1\x80\x80\xE1\x80\xC2"
                       "b\x80"
                       "c\x80\xBF"
                       "d"),
            "a" + kBad + kBad + kBad + "b" + kBad + "c" + kBad + kBad + "d");
}

TEST(ValidUtf8, refuses_overlong_forms_surrogates_and_what_is_too_high) {
  EXPECT_EQ(valid_utf8("\xC0\xAF"), kBad + kBad);
  EXPECT_EQ(valid_utf8("\xE0\x9F\xBF"), kBad + kBad + kBad);
  EXPECT_EQ(valid_utf8("\xED\xA0\x80"), kBad + kBad + kBad);
  EXPECT_EQ(valid_utf8("\xF4\x90\x80\x80"), kBad + kBad + kBad + kBad);
  EXPECT_EQ(valid_utf8("\xFF\xFE"), kBad + kBad);
}

TEST(ValidUtf8, replaces_a_sequence_that_is_cut_off_at_the_end) {
  EXPECT_EQ(valid_utf8("x\xE2\x82"), "x" + kBad);
  EXPECT_EQ(valid_utf8("x\xF0\x9F\x92"), "x" + kBad);
}

TEST(OneLine, escapes_what_would_break_a_line_or_drive_a_terminal) {
  EXPECT_EQ(one_line("a\nb\r\tc"), "a\\nb\\r\\tc");
  EXPECT_EQ(one_line("\x1B[2J\x7F"), "\\x1b[2J\\x7f");
  EXPECT_EQ(one_line(std::string("\0", 1)), "\\x00");
  EXPECT_EQ(one_line("\xC2\x9B"
                     "2J"),
            "\\x9b2J");  // CSI of Latin-1
  // NOLINTNEXTLINE(misc-misleading-bidirectional): that is to be escaped
  EXPECT_EQ(one_line("\xE2\x80\xA8\xE2\x80\xAE"), "\\u2028\\u202e");
}

TEST(OneLine, replaces_what_is_not_utf8) {
  EXPECT_EQ(one_line("caf\xE9"), "caf" + kBad);
}

TEST(OneLine, keeps_everything_else) {
  const std::string text = "\xC3\xBC \\ \" ' < 100 %";
  EXPECT_EQ(one_line(text), text);
}

TEST(OneLine, changes_nothing_the_second_time) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  EXPECT_EQ(one_line(one_line(bytes)), one_line(bytes));
  EXPECT_EQ(valid_utf8(one_line(bytes)), one_line(bytes));
}

}  // namespace
}  // namespace strayd
