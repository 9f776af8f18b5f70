#include "../../src/proc/listing.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strayd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

task_record record_of(pid_t pid, unsigned long long started_ns = 1) {
  task_record record{};
  record.started_ns = started_ns;
  record.pid = pid;
  return record;
}

std::vector<ListedPid> listed(const std::vector<task_record>& records,
                              const std::vector<pid_t>& known) {
  std::vector<Process> processes;
  for (const pid_t pid : known) processes.push_back({.id = {.pid = pid}});
  std::vector<ListedPid> list{{.pid = 99}};  // of an earlier reading
  list_tasks(records, processes, list);
  return list;
}

std::vector<pid_t> pids(const std::vector<ListedPid>& list) {
  std::vector<pid_t> found;
  for (const ListedPid& one : list) found.push_back(one.pid);
  return found;
}

TEST(ListOfTasks, holds_the_known_and_the_new_once_each) {
  EXPECT_THAT(pids(listed({record_of(1), record_of(5), record_of(9)}, {1, 5})),
              ElementsAre(1, 5, 9));
  EXPECT_THAT(listed({}, {}), IsEmpty());
}

TEST(ListOfTasks, keeps_what_is_known_and_lacks_there_without_a_glimpse) {
  const std::vector<ListedPid> list =
      listed({record_of(5), record_of(7)}, {1, 5, 6, 7, 8});
  EXPECT_THAT(pids(list), ElementsAre(1, 5, 6, 7, 8));
  for (const ListedPid& one : list) {
    const bool lacked = one.pid != 5 && one.pid != 7;
    EXPECT_EQ(one.glimpse == 0, lacked) << one.pid;
  }
}

TEST(ListOfTasks, takes_one_record_of_a_pid_that_is_there_twice) {
  EXPECT_THAT(pids(listed({record_of(5), record_of(5, 2), record_of(6)}, {5})),
              ElementsAre(5, 6));
}

TEST(ListOfTasks, shows_another_process_under_the_same_pid) {
  EXPECT_NE(listed({record_of(5, 1)}, {5}), listed({record_of(5, 2)}, {5}));
}

}  // namespace
}  // namespace strayd
