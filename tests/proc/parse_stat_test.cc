#include <string>

#include <gtest/gtest.h>

#include "strayd/proc/parse.h"

namespace strayd {
namespace {

constexpr const char* kAfterName =
    " S 6179 6225 6226 34816 -1 4194304 7231 0 0 0 74 22 0 0 20 0 11 0 473007 "
    "1120231424 14309 18446744073709551615 1 1 0 0 0 0 0 16781312 83458 0 0 0 "
    "17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n";

std::string stat_of(const std::string& comm) {
  return "6225 (" + comm + ")" + kAfterName;
}

TEST(ParseStat, takes_each_field_from_its_place) {
  const Result<ProcStat> stat = parse_stat(stat_of("npm run dev"));
  ASSERT_TRUE(stat) << stat.error().what;
  EXPECT_EQ(*stat,
            (ProcStat{.id = {6225, 473007},
                      .comm = "npm run dev",
                      .state = 'S',
                      .parent = 6179,
                      .group = 6225,
                      .session = 6226,
                      .tty = 34816,
                      .flags = 4194304,
                      .threads = 11,
                      .cpu_ticks = 96,
                      .resident_pages = 14309}));
}

TEST(ParseStat, ends_the_name_at_the_last_parenthesis) {
  for (const std::string comm : {") S 1 1 1 (",
                                 "x) R 2 (",
                                 "a\nb",
                                 ")",
                                 "(",
                                 "",
                                 " ",
                                 ") ",
                                 "((()))",
                                 "1 (a) S 1",
                                 "\xff\xfe"}) {
    const Result<ProcStat> stat = parse_stat(stat_of(comm));
    ASSERT_TRUE(stat) << comm;
    EXPECT_EQ(stat->comm, comm);
    EXPECT_EQ(stat->parent, 6179);
    EXPECT_EQ(stat->id.start_ticks, 473007U);
  }
}

TEST(ParseStat, takes_the_address_of_the_arguments_where_it_is_shown) {
  std::string text = stat_of("node");
  EXPECT_EQ(parse_stat(text)->argv_at, 0U);
  const std::string from_argv_at = " 0 0 0 0 0\n";
  text.erase(text.size() - from_argv_at.size());
  EXPECT_EQ(parse_stat(text + " 140721 0 0 0 0\n")->argv_at, 140721U);
  EXPECT_EQ(parse_stat("1 (a) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 7 ")
                ->argv_at,
            0U);
}

TEST(ParseStat,
     refuses_every_text_that_is_cut_before_the_end_of_the_resident_size) {
  for (const std::string comm : {"node", "x) R 2 (", "a b c) d"}) {
    const std::string whole = stat_of(comm);
    const std::size_t end = whole.find("14309") + 5;
    for (std::size_t size = 0; size <= end; ++size) {
      EXPECT_FALSE(parse_stat(whole.substr(0, size))) << size;
    }
    EXPECT_TRUE(parse_stat(whole.substr(0, end + 1)));
  }
}

TEST(ParseStat, refuses_what_is_not_a_number) {
  for (const std::string bad :
       {"x", "", "+1", "0x10", "1.5", "99999999999999999999"}) {
    EXPECT_FALSE(parse_stat("1 (a) S " + bad +
                            " 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 "
                            "0 1 0 5 0 0 0\n"))
        << bad;
    EXPECT_FALSE(parse_stat("1 (a) S 1 1 1 0 -1 0 0 0 0 0 " + bad +
                            " 0 0 0 20 0 1 0 5 0 0 0\n"))
        << bad;
    EXPECT_FALSE(parse_stat(
        "1 (a) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 " + bad + " 0\n"))
        << bad;
    EXPECT_FALSE(parse_stat(bad + " (a)" + kAfterName)) << bad;
  }
}

TEST(ParseStat, takes_the_largest_start_time) {
  const Result<ProcStat> stat = parse_stat(
      "2147483647 (a) S 1 1 1 -1 -1 4294967295 0 0 0 0 0 0 0 0 20 0 1 0 "
      "18446744073709551615 0 0 0\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->id.start_ticks, 18446744073709551615ULL);
  EXPECT_EQ(stat->flags, 4294967295U);
}

TEST(ParseStat, adds_up_times_that_are_beyond_all_bounds) {
  const Result<ProcStat> stat = parse_stat(
      "1 (a) S 1 1 1 0 -1 0 0 0 0 0 18446744073709551615 2 0 0 20 0 1 0 5 0 "
      "18446744073709551615 0\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->cpu_ticks, 18446744073709551615ULL);
  EXPECT_EQ(stat->resident_pages, 18446744073709551615ULL);
}

TEST(ParseStat, refuses_a_pid_that_no_process_has) {
  EXPECT_FALSE(parse_stat(std::string("0 (a)") + kAfterName));
  EXPECT_FALSE(parse_stat(std::string("-1 (a)") + kAfterName));
}

}  // namespace
}  // namespace strayd
