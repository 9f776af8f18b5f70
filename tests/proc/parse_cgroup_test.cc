#include <string>

#include <gtest/gtest.h>

#include "strayd/proc/parse.h"

namespace strayd {
namespace {

TEST(ParseCgroup, takes_the_unified_hierarchy) {
  EXPECT_EQ(parse_cgroup("0::/system.slice/a.service\n"),
            "/system.slice/a.service");
}

TEST(ParseCgroup, takes_the_unified_hierarchy_of_a_hybrid_host) {
  EXPECT_EQ(parse_cgroup("4:memory:/m\n1:name=systemd:/s\n0::/u\n"), "/u");
}

TEST(ParseCgroup, takes_systemds_hierarchy_where_the_unified_one_is_unused) {
  EXPECT_EQ(parse_cgroup("9:memory:/m\n1:name=systemd:/user.slice/x\n0::/\n"),
            "/user.slice/x");
}

TEST(ParseCgroup, takes_the_first_where_there_is_neither) {
  EXPECT_EQ(parse_cgroup("4:cpu,cpuacct:/docker/1\n3:pids:/p\n0::/\n"),
            "/docker/1");
  EXPECT_EQ(parse_cgroup("4:cpu,cpuacct:/docker/1\n"), "/docker/1");
}

TEST(ParseCgroup, is_the_root_where_there_is_nothing_else) {
  EXPECT_EQ(parse_cgroup("0::/\n"), "/");
}

TEST(ParseCgroup, keeps_colons_and_drops_the_mark_of_a_removed_one) {
  EXPECT_EQ(parse_cgroup("0::/a:b/c (deleted)\n"), "/a:b/c");
}

TEST(ParseCgroup, fails_without_a_path) {
  EXPECT_FALSE(parse_cgroup(""));
  EXPECT_FALSE(parse_cgroup("0:\n::\nnothing\n"));
}

}  // namespace
}  // namespace strayd
