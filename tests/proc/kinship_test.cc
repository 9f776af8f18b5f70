#include "strayd/proc/kinship.h"

#include <gtest/gtest.h>

namespace strayd {
namespace {

using What = ProcessEvent::What;

ProcessEvent born(pid_t child, pid_t parent) {
  return {.what = What::Forked, .pid = child, .parent = parent};
}
ProcessEvent ended(pid_t pid) {
  return {.what = What::Exited, .pid = pid};
}

TEST(Kinship, a_parent_that_ends_before_its_child_is_told) {
  Kinship kin;
  EXPECT_FALSE(kin.note(born(20, 10)));
  EXPECT_TRUE(kin.note(ended(10)));
}

TEST(Kinship, a_child_that_ends_first_is_none) {
  Kinship kin;
  kin.note(born(20, 10));
  EXPECT_FALSE(kin.note(ended(20)));
  EXPECT_FALSE(kin.note(ended(10)));
}

TEST(Kinship, one_child_of_several_is_enough) {
  Kinship kin;
  kin.note(born(20, 10));
  kin.note(born(21, 10));
  kin.note(ended(20));
  EXPECT_TRUE(kin.note(ended(10)));
}

TEST(Kinship, a_parent_is_told_once) {
  Kinship kin;
  kin.note(born(20, 10));
  kin.note(ended(10));
  EXPECT_FALSE(kin.note(ended(10)));
}

TEST(Kinship, the_child_of_a_parent_that_has_ended_may_end) {
  Kinship kin;
  kin.note(born(20, 10));
  kin.note(ended(10));
  kin.note(born(30, 10));  // another process with that pid
  EXPECT_FALSE(kin.note(ended(20)));
}

TEST(Kinship, who_was_never_heard_of_has_no_children) {
  Kinship kin;
  EXPECT_FALSE(kin.note(ended(10)));
}

TEST(Kinship, what_has_ended_takes_no_room) {
  Kinship kin;
  for (pid_t pid = 1; pid < 200'000; ++pid) {
    kin.note(born(pid, 0));
    kin.note(ended(pid));
  }
  EXPECT_EQ(kin.size(), 0U);
}

TEST(Kinship, is_bounded_and_says_what_it_can_t_know_any_more) {
  Kinship kin;
  bool told = false;
  for (pid_t pid = 1; pid <= static_cast<pid_t>(Kinship::kMost) + 1; ++pid) {
    told = kin.note(born(pid, 0));
  }
  EXPECT_TRUE(told);
  EXPECT_LE(kin.size(), Kinship::kMost);
}

}  // namespace
}  // namespace strayd
