#include "strayd/report/self_usage.h"

#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace strayd {
namespace {

SelfFiles files() {
  return {.stat =
              "812 (a ) b (c) S 1 812 812 0 -1 4194560 500 0 0 0 150 50 0 "
              "0 20 0 5 0 12345 20000000 1000 18446744073709551615 1 1",
          .limits =
              "Limit                     Soft Limit           Hard Limit      "
              "     Units\n"
              "Max open files            1024                 524288          "
              "     files\n",
          .host_stat = "cpu  1 2 3\nintr 5\nctxt 6\nbtime 1700000000\n",
          .open_fds = 9,
          .ticks_per_second = 100,
          .page_bytes = 4096};
}

TEST(SelfUsage, reads_past_a_command_name_with_parentheses) {
  const SelfUsage usage = parse_self_usage(files());
  EXPECT_EQ(usage.cpu_seconds, 2.0);
  EXPECT_EQ(usage.threads, 5U);
  EXPECT_EQ(usage.virtual_memory_bytes, 20'000'000U);
  EXPECT_EQ(usage.resident_memory_bytes, 1000U * 4096);
  EXPECT_EQ(usage.start_time_seconds, 1'700'000'000 + 123.45);
  EXPECT_EQ(usage.open_fds, 9U);
  EXPECT_EQ(usage.max_fds, 1024U);
}

TEST(SelfUsage, leaves_out_what_could_not_be_read) {
  const SelfUsage usage = parse_self_usage({});
  EXPECT_FALSE(usage.cpu_seconds);
  EXPECT_FALSE(usage.open_fds);
  EXPECT_FALSE(usage.max_fds);
  EXPECT_FALSE(usage.resident_memory_bytes);
  EXPECT_FALSE(usage.start_time_seconds);
}

TEST(SelfUsage, an_unlimited_number_of_files_is_no_number) {
  SelfFiles unlimited = files();
  unlimited.limits = "Max open files            unlimited  unlimited  files\n";
  EXPECT_FALSE(parse_self_usage(unlimited).max_fds);
}

TEST(SelfUsage, a_torn_stat_gives_what_it_has) {
  SelfFiles torn = files();
  torn.stat = "812 (x) S 1 812 812 0 -1 4194560 500 0 0 0 150 50 0 0 20 0 5";
  const SelfUsage usage = parse_self_usage(torn);
  EXPECT_EQ(usage.cpu_seconds, 2.0);
  EXPECT_EQ(usage.threads, 5U);
  EXPECT_FALSE(usage.virtual_memory_bytes);
  EXPECT_FALSE(usage.start_time_seconds);
}

TEST(SelfUsage, this_process_has_a_cost) {
  const SelfUsage usage = self_usage();
  EXPECT_GT(usage.resident_memory_bytes.value_or(0), 100'000U);
  EXPECT_GE(usage.threads.value_or(0), 1U);
  EXPECT_GT(usage.start_time_seconds.value_or(0), 1'600'000'000);
  EXPECT_GT(usage.max_fds.value_or(0), 0U);
}

TEST(SelfUsage, sees_each_open_file) {
  const auto before = self_usage().open_fds;
  const std::ifstream one("/proc/self/stat");
  const std::ifstream two("/proc/self/stat");
  EXPECT_EQ(self_usage().open_fds.value_or(0), before.value_or(0) + 2);
}

}  // namespace
}  // namespace strayd
