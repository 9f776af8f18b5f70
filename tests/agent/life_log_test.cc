// What is kept of births and ends from one scan to the next.
#include "life_log.h"

#include <vector>

#include <gtest/gtest.h>

namespace strayd {
namespace {

using How = ExitStatus::How;
using What = ProcessEvent::What;

ProcessEvent birth(pid_t child, pid_t parent) {
  return {.what = What::Forked, .pid = child, .parent = parent};
}
ProcessEvent end(pid_t pid, std::optional<ExitStatus> status = std::nullopt) {
  return {.what = What::Exited, .pid = pid, .status = status};
}

ProcessEventBatch many(std::size_t count) {
  return {.events = std::vector<ProcessEvent>(count, end(7))};
}

TEST(LifeLog, keeps_births_and_ends_in_their_order) {
  LifeLog log;
  const ExitStatus killed{.how = How::Signalled, .value = 9};
  log.note({.events = {birth(20, 10), end(10, killed)}});
  log.note({.events = {end(20), birth(20, 11)}});
  const std::optional<Life> life = log.take();
  ASSERT_TRUE(life);
  EXPECT_EQ(life->events,
            (decltype(life->events){
                Life::Birth{.child = 20, .parent = 10},
                Life::End{.pid = 10, .status = killed},
                Life::End{.pid = 20, .status = {.how = How::Unknown}},
                Life::Birth{.child = 20, .parent = 11}}));
  EXPECT_TRUE(life->ends.empty());
}

TEST(LifeLog, tells_each_once) {
  LifeLog log;
  log.note({.events = {birth(20, 10)}});
  EXPECT_EQ(log.take().value().events.size(), 1U);
  EXPECT_TRUE(log.take().value().events.empty());
}

TEST(LifeLog, keeps_nothing_where_some_were_lost_until_it_is_taken) {
  LifeLog log;
  log.note({.events = {birth(20, 10)}});
  log.note({.events = {birth(30, 20)}, .lost = true});
  log.note({.events = {birth(40, 30)}});
  EXPECT_FALSE(log.take());
  log.note({.events = {birth(50, 40)}});
  EXPECT_EQ(log.take().value().events.size(), 1U);
}

TEST(LifeLog, keeps_nothing_where_more_came_than_there_is_room_for) {
  LifeLog log;
  log.note(many(LifeLog::kMost - 1));
  log.note(many(1));
  EXPECT_EQ(log.take().value().events.size(), LifeLog::kMost);
  log.note(many(LifeLog::kMost));
  log.note(many(1));
  EXPECT_FALSE(log.take());
}

}  // namespace
}  // namespace strayd
