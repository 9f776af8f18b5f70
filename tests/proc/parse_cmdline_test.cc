#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "strayd/proc/parse.h"

namespace strayd {
namespace {

using namespace std::string_view_literals;
using Arguments = std::vector<std::string>;

TEST(SplitCmdline, splits_at_the_nuls) {
  EXPECT_EQ(split_cmdline("sh\0-c\0tsx watch src/server.ts\0"sv),
            (Arguments{"sh", "-c", "tsx watch src/server.ts"}));
}

TEST(SplitCmdline, drops_the_padding_of_a_title) {
  EXPECT_EQ(split_cmdline("PM2 v7.0.4: God Daemon (/srv)\0\0\0\0"sv),
            (Arguments{"PM2 v7.0.4: God Daemon (/srv)"}));
}

TEST(SplitCmdline, keeps_empty_arguments_before_the_last) {
  EXPECT_EQ(split_cmdline("a\0\0b\0"sv), (Arguments{"a", "", "b"}));
  EXPECT_EQ(split_cmdline("\0a\0"sv), (Arguments{"", "a"}));
}

TEST(SplitCmdline, has_no_arguments_where_there_are_no_bytes) {
  EXPECT_EQ(split_cmdline(""), Arguments{});
  EXPECT_EQ(split_cmdline("\0"sv), Arguments{});
  EXPECT_EQ(split_cmdline("\0\0\0"sv), Arguments{});
}

TEST(SplitCmdline, takes_a_text_without_nul_whole) {
  EXPECT_EQ(split_cmdline("npm run dev"), Arguments{"npm run dev"});
}

TEST(SplitCmdline, keeps_every_other_byte) {
  EXPECT_EQ(split_cmdline("a\n\xff\x1b\0 \0"sv),
            (Arguments{"a\n\xff\x1b", " "}));
}

}  // namespace
}  // namespace strayd
