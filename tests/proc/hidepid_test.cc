#include "../../src/proc/hidepid.h"

#include <gtest/gtest.h>

namespace strayd {
namespace {

constexpr const char* kBefore =
    "26 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n";

TEST(Hidepid, is_off_where_nothing_is_said) {
  EXPECT_EQ(
      hidepid_of("21 26 0:20 / /proc rw shared:5 - proc proc rw\n", "/proc"),
      "off");
  EXPECT_EQ(hidepid_of(kBefore, "/proc"), "off");
  EXPECT_EQ(hidepid_of("", "/proc"), "off");
}

TEST(Hidepid, is_the_word_or_number_of_the_mount) {
  EXPECT_EQ(hidepid_of(std::string(kBefore) +
                           "21 26 0:20 / /proc rw shared:5 master:1 - proc "
                           "proc rw,gid=5,hidepid=invisible\n",
                       "/proc"),
            "invisible");
  EXPECT_EQ(
      hidepid_of("1 2 0:2 / /proc rw - proc proc rw,hidepid=2\n", "/proc"),
      "2");
  EXPECT_EQ(
      hidepid_of("1 2 0:2 / /proc rw - proc proc rw,hidepid=0\n", "/proc"),
      "off");
}

TEST(Hidepid, is_that_of_the_mount_on_top) {
  const std::string open = "1 2 0:2 / /proc rw - proc proc rw\n";
  const std::string hidden = "3 1 0:3 / /proc rw - proc proc rw,hidepid=2\n";
  EXPECT_EQ(hidepid_of(open + hidden, "/proc"), "2");
  EXPECT_EQ(hidepid_of(hidden + open, "/proc"), "off");
}

TEST(Hidepid, is_not_taken_from_another_mount) {
  EXPECT_EQ(hidepid_of("1 2 0:2 / /x/proc rw - proc proc rw,hidepid=2\n"
                       "1 2 0:2 / /proc rw - tmpfs tmpfs rw,hidepid=2\n"
                       "1 2 0:2 / /proc rw,hidepid=2\n",
                       "/proc"),
            "off");
}

}  // namespace
}  // namespace strayd
