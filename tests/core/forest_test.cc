#include "strayd/core/forest.h"

#include <cstdint>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strayd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Process process(pid_t pid, pid_t parent, std::uint64_t start_ticks) {
  Process made;
  made.id = {.pid = pid, .start_ticks = start_ticks};
  made.parent = parent;
  return made;
}

Snapshot of(std::vector<Process> processes) {
  Snapshot snapshot;
  snapshot.processes = std::move(processes);
  return snapshot;
}

std::vector<pid_t> children(const Snapshot& snapshot, pid_t pid) {
  const Forest forest(snapshot);
  std::vector<pid_t> pids;
  for (const Process* child : forest.children(pid)) {
    pids.push_back(child->id.pid);
  }
  return pids;
}

TEST(Forest, children_ascend_in_whatever_order_they_were_read) {
  const Snapshot snapshot = of({process(9, 3, 30),
                                process(3, 1, 20),
                                process(1, 0, 0),
                                process(5, 3, 40),
                                process(4, 1, 20),
                                process(7, 3, 50)});
  EXPECT_THAT(children(snapshot, 3), ElementsAre(5, 7, 9));
  EXPECT_THAT(children(snapshot, 1), ElementsAre(3, 4));
  EXPECT_THAT(children(snapshot, 9), IsEmpty());
}

TEST(Forest, who_has_a_reused_pid_has_no_children_of_the_one_before) {
  const Snapshot snapshot =
      of({process(1, 0, 0), process(3, 1, 60), process(5, 3, 40)});
  EXPECT_THAT(children(snapshot, 3), IsEmpty());
}

TEST(Forest, a_child_may_be_as_old_as_its_parent) {
  const Snapshot snapshot = of({process(3, 1, 20), process(5, 3, 20)});
  EXPECT_THAT(children(snapshot, 3), ElementsAre(5));
}

TEST(Forest, nobody_is_a_child_of_itself_or_of_one_that_is_not_there) {
  const Snapshot snapshot = of({process(3, 3, 20), process(5, 4, 30)});
  EXPECT_THAT(children(snapshot, 3), IsEmpty());
  EXPECT_THAT(children(snapshot, 4), IsEmpty());
  EXPECT_THAT(children(of({}), 1), IsEmpty());
}

TEST(Forest, finds_by_pid_and_by_pid_and_start) {
  const Snapshot snapshot = of({process(5, 1, 30), process(3, 1, 20)});
  const Forest forest(snapshot);
  EXPECT_EQ(forest.find(3), &snapshot.processes[1]);
  EXPECT_EQ(forest.find(4), nullptr);
  EXPECT_EQ(forest.find(ProcId{.pid = 5, .start_ticks = 30}),
            snapshot.processes.data());
  EXPECT_EQ(forest.find(ProcId{.pid = 5, .start_ticks = 31}), nullptr);
}

}  // namespace
}  // namespace strayd
