#include <optional>

#include <gtest/gtest.h>

#include "strayd/proc/parse.h"

namespace strayd {
namespace {

TEST(ParseSocketLink, is_the_inode_of_a_socket) {
  EXPECT_EQ(parse_socket_link("socket:[83458]"), 83458U);
  EXPECT_EQ(parse_socket_link("socket:[18446744073709551615]"),
            18446744073709551615ULL);
}

TEST(ParseSocketLink, is_nothing_of_anything_else) {
  for (const char* const target : {"",
                                   "socket:",
                                   "socket:[",
                                   "socket:[]",
                                   "socket:[7",
                                   "socket:[-7]",
                                   "socket:[7] (deleted)",
                                   "socket:[18446744073709551616]",
                                   "/socket:[7]",
                                   "pipe:[7]",
                                   "net:[4026531840]",
                                   "anon_inode:[eventpoll]"}) {
    EXPECT_EQ(parse_socket_link(target), std::nullopt) << target;
  }
}

}  // namespace
}  // namespace strayd
