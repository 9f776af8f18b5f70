#include <string>

#include <gtest/gtest.h>

#include "strayd/proc/parse.h"

namespace strayd {
namespace {

// Linux 6.18.
constexpr const char* kRollup =
    "55d1e53a2000-7fffbdfe4000 ---p 00000000 00:00 0                  "
    "        [rollup]\n"
    "Rss:                1668 kB\n"
    "Pss:                 196 kB\n"
    "Pss_Dirty:           112 kB\n"
    "Pss_Anon:            112 kB\n"
    "SwapPss:               7 kB\n";

const Observed<std::uint64_t> kFailed = std::unexpected(Unread::Failed);

TEST(ParsePss, takes_the_share_of_all_the_memory_in_bytes) {
  EXPECT_EQ(parse_pss(kRollup), 196U * 1024);
}

TEST(ParsePss, is_nothing_where_the_line_is_cut) {
  const std::string whole = kRollup;
  const std::size_t end = whole.find("196 kB\n") + 7;
  for (std::size_t size = 0; size < end; ++size) {
    EXPECT_EQ(parse_pss(whole.substr(0, size)), kFailed) << size;
  }
  EXPECT_EQ(parse_pss(whole.substr(0, end)), 196U * 1024);
}

TEST(ParsePss, is_nothing_where_the_line_is_there_twice) {
  EXPECT_EQ(parse_pss(std::string(kRollup) + "Pss: 1 kB\n"), kFailed);
}

TEST(ParsePss, is_nothing_where_the_value_is_no_number_of_kilobytes) {
  for (const std::string value : {"",
                                  " ",
                                  " kB",
                                  "  196",
                                  " -1 kB",
                                  " 1.5 kB",
                                  " 0x1 kB",
                                  " 1 MB",
                                  " 18446744073709551616 kB",
                                  " 18014398509481984 kB"}) {
    EXPECT_EQ(parse_pss("Pss:" + value + "\n"), kFailed) << value;
  }
}

TEST(ParsePss, takes_the_largest_that_has_so_many_bytes) {
  EXPECT_EQ(parse_pss("Pss: 18014398509481983 kB\n"),
            18014398509481983ULL * 1024);
}

}  // namespace
}  // namespace strayd
