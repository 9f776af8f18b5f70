// Whose descriptors are read in a scan, and what is known of the others.
#include "holdings_watch.h"

#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strayd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr ProcId kSuspect{.pid = 9, .start_ticks = 1};

ProcId worker(pid_t pid) {
  return {.pid = pid, .start_ticks = 1};
}

std::vector<ProcId> workers(pid_t count) {
  std::vector<ProcId> all;
  for (pid_t pid = 0; pid < count; ++pid) all.push_back(worker(100 + pid));
  return all;
}

// Each process holds one socket: its pid's number and, later, another.
class HoldingsWatchTest : public ::testing::Test {
 protected:
  std::vector<ProcId> look(std::vector<SocketInode> noted = {1}) {
    asked_.clear();
    EXPECT_EQ(watch_.look(wanted_, std::move(noted)).has_value(), !fails_);
    return asked_;
  }

  HoldersWanted wanted_{.always = {kSuspect}, .settled = workers(4)};
  SocketInode more_ = 0;  // added to each socket's number
  std::set<ProcId> gone_{};
  std::set<ProcId> sealed_{};
  bool fails_ = false;
  std::vector<ProcId> asked_{};
  HoldingsWatch watch_{[this](std::span<const ProcId> ids) {
    return read(ids);
  }};

 private:
  Result<Holdings> read(std::span<const ProcId> ids) {
    asked_.assign(ids.begin(), ids.end());
    if (fails_) return fail(Fault::Exhausted, "no descriptors");
    Holdings found;
    for (const ProcId& id : ids) {
      if (gone_.contains(id)) continue;
      if (sealed_.contains(id)) {
        found[id] = std::unexpected(Unread::Denied);
      } else {
        found[id] = std::vector{static_cast<SocketInode>(id.pid) + more_};
      }
    }
    return found;
  }
};

TEST_F(HoldingsWatchTest, the_first_look_reads_all) {
  watch_.turn_every(12);
  EXPECT_THAT(look(), SizeIs(5));
  EXPECT_THAT(watch_.known(), SizeIs(5));
}

TEST_F(HoldingsWatchTest, what_is_settled_is_known_without_another_look) {
  watch_.turn_every(4);
  look();
  EXPECT_THAT(look(), SizeIs(2));  // the suspect, and one that has its turn
  EXPECT_THAT(watch_.known(), SizeIs(5));
}

TEST_F(HoldingsWatchTest, what_is_wanted_always_is_read_always) {
  watch_.turn_every(1000);
  look();
  more_ = 50;
  look();
  EXPECT_THAT(watch_.known().at(kSuspect).value(), ElementsAre(59));
}

TEST_F(HoldingsWatchTest, each_has_its_turn) {
  watch_.turn_every(4);
  look();
  std::set<ProcId> read;
  for (int i = 0; i < 4; ++i) {
    for (const ProcId& id : look()) read.insert(id);
  }
  EXPECT_THAT(read, SizeIs(5));
}

TEST_F(HoldingsWatchTest,
       one_that_is_alone_has_no_more_turns_than_one_of_many) {
  watch_.turn_every(4);
  wanted_ = {.settled = workers(1)};
  look();
  std::size_t reads = 0;
  for (int i = 0; i < 8; ++i) reads += look().size();
  EXPECT_EQ(reads, 2U);
}

TEST_F(HoldingsWatchTest, one_turn_is_all_in_each_look) {
  for (const int turns : {0, 1}) {
    watch_.turn_every(turns);
    look();
    EXPECT_THAT(look(), SizeIs(5)) << turns;
  }
}

TEST_F(HoldingsWatchTest, a_new_socket_of_note_has_all_read) {
  watch_.turn_every(1000);
  look({1, 2});
  more_ = 50;
  EXPECT_THAT(look({1, 2, 3}), SizeIs(5));
  EXPECT_THAT(watch_.known().at(worker(102)).value(), ElementsAre(152));
}

TEST_F(HoldingsWatchTest, a_socket_that_is_gone_has_nothing_read) {
  watch_.turn_every(1000);
  look({1, 2});
  EXPECT_THAT(look({2}), ElementsAre(kSuspect));
}

TEST_F(HoldingsWatchTest, an_inode_that_is_used_again_is_a_new_socket) {
  watch_.turn_every(1000);
  look({1, 2});
  look({2});
  EXPECT_THAT(look({1, 2}), SizeIs(5));
}

TEST_F(HoldingsWatchTest, a_process_that_is_new_is_read) {
  watch_.turn_every(1000);
  look();
  wanted_.settled = workers(5);
  look();
  EXPECT_TRUE(watch_.known().at(worker(104)).has_value());
}

TEST_F(HoldingsWatchTest, one_that_could_not_be_read_is_tried_again) {
  watch_.turn_every(1000);
  sealed_ = {worker(103)};
  look();
  EXPECT_FALSE(watch_.known().at(worker(103)).has_value());
  sealed_.clear();
  look();
  EXPECT_TRUE(watch_.known().at(worker(103)).has_value());
}

TEST_F(HoldingsWatchTest, one_that_is_gone_is_forgotten) {
  watch_.turn_every(1);
  look();
  gone_ = {worker(101)};
  look();
  EXPECT_FALSE(watch_.known().contains(worker(101)));
}

TEST_F(HoldingsWatchTest, one_that_is_not_wanted_is_forgotten) {
  watch_.turn_every(1000);
  look();
  wanted_.settled = workers(2);
  look();
  EXPECT_THAT(watch_.known(), SizeIs(3));
}

TEST_F(HoldingsWatchTest, a_look_that_fails_leaves_nothing_that_is_known) {
  watch_.turn_every(1000);
  look();
  fails_ = true;
  look();
  EXPECT_THAT(watch_.known(), IsEmpty());
  fails_ = false;
  EXPECT_THAT(look(), SizeIs(5));
}

}  // namespace
}  // namespace strayd
