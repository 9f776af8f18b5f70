// The kernel's counters of what it ended for want of memory, in files of our
// own.
#include "strayd/agent/oom_kills.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "support/temp_dir.h"

namespace strayd {
namespace {

using std::chrono::seconds;

constexpr const char* kApp = "/system.slice/pm2.service";
constexpr const char* kOther = "/system.slice/db.service";

class Oom : public testing::Test {
 protected:
  Oom() {
    host_has(5);
    cgroup_has(kApp, 1);
    cgroup_has(kOther, 2);
  }
  void host_has(int count) const {
    std::ofstream(dir_ / "vmstat")
        << "nr_free_pages 99\noom_kill " << count << "\nnuma_hit 7\n";
  }
  void cgroup_has(const std::string& cgroup, int count) const {
    const std::string path = dir_ / ("cgroup" + cgroup);
    std::filesystem::create_directories(path);
    std::ofstream(path + "/memory.events")
        << "low 0\nhigh 0\nmax 9\noom 9\noom_kill " << count
        << "\noom_group_kill 8\n";
  }
  OomKills counters() const {
    OomKills made({.cgroup = dir_ / "cgroup", .vmstat = dir_ / "vmstat"});
    made.follow({kApp, kOther});
    return made;
  }

  const test::TempDir dir_{};
};

TEST_F(Oom, the_past_is_nothing_new) {
  OomKills oom = counters();
  oom.look(seconds{1});
  EXPECT_FALSE(oom.anywhere());
  EXPECT_FALSE(oom.recently_in(kApp));
}

TEST_F(Oom, a_rise_is_that_of_its_cgroup) {
  OomKills oom = counters();
  cgroup_has(kApp, 2);
  host_has(6);
  oom.look(seconds{1});
  EXPECT_TRUE(oom.recently_in(kApp));
  EXPECT_FALSE(oom.recently_in(kOther));
  EXPECT_TRUE(oom.anywhere());
}

TEST_F(Oom, a_rise_before_the_first_look_is_seen_by_it) {
  OomKills oom = counters();
  oom.follow({kApp});
  cgroup_has(kApp, 2);
  oom.look(seconds{1});
  EXPECT_TRUE(oom.recently_in(kApp));
}

TEST_F(Oom, a_process_may_end_one_look_later) {
  OomKills oom = counters();
  cgroup_has(kApp, 2);
  oom.look(seconds{100});
  oom.look(seconds{200});
  EXPECT_TRUE(oom.recently_in(kApp));
  oom.look(seconds{300});
  EXPECT_FALSE(oom.recently_in(kApp));
}

TEST_F(Oom, a_rise_is_recent_for_ten_seconds_however_often_one_looks) {
  OomKills oom = counters();
  cgroup_has(kApp, 2);
  for (int second = 0; second <= 10; ++second) oom.look(seconds{second});
  EXPECT_TRUE(oom.recently_in(kApp));
  oom.look(seconds{11});
  EXPECT_FALSE(oom.recently_in(kApp));
}

TEST_F(Oom, on_the_host_it_is_said_once) {
  OomKills oom = counters();
  host_has(6);
  oom.look(seconds{1});
  EXPECT_TRUE(oom.anywhere());
  oom.look(seconds{2});
  EXPECT_FALSE(oom.anywhere());
}

TEST_F(Oom, a_cgroup_without_a_counter_has_that_of_the_host) {
  OomKills oom = counters();
  oom.follow({"/"});
  host_has(6);
  oom.look(seconds{1});
  EXPECT_TRUE(oom.recently_in("/"));
}

TEST_F(Oom, a_counter_that_began_anew_has_not_risen) {
  OomKills oom = counters();
  cgroup_has(kApp, 0);
  oom.look(seconds{1});
  EXPECT_FALSE(oom.recently_in(kApp));
}

TEST_F(Oom, no_counter_says_nothing) {
  OomKills oom({.cgroup = dir_ / "none", .vmstat = dir_ / "none"});
  oom.follow({kApp});
  oom.look(seconds{1});
  EXPECT_FALSE(oom.anywhere());
  EXPECT_FALSE(oom.recently_in(kApp));
}

}  // namespace
}  // namespace strayd
