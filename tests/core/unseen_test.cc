#include "strayd/core/unseen.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/world.h"

namespace strayd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kDenied = std::unexpected(Unread::Denied);

std::vector<Unseen> unseen_in(const World& world) {
  const Evidence evidence = world.evidence();
  return unseen(evidence, world.policy, judge(evidence, world.policy));
}

Unseen denied(std::string fact, std::size_t processes) {
  return {.fact = std::move(fact), .processes = processes};
}

TEST(Unseen, is_nothing_where_everything_was_read) {
  World world;
  world.server(10, 1);
  EXPECT_THAT(unseen_in(world), IsEmpty());
}

TEST(Unseen, is_a_program_that_a_rule_asks_for) {
  World world;
  world.server(10, 1).exe = kDenied;
  world.server(11, 1).exe = kDenied;
  EXPECT_THAT(unseen_in(world), ElementsAre(denied("exe", 2)));
}

TEST(Unseen, is_no_program_where_the_arguments_decide) {
  World world;
  world.process(10, 1, seconds{100}, {"bash"}).exe = kDenied;
  EXPECT_THAT(unseen_in(world), IsEmpty());
}

TEST(Unseen, are_arguments_that_a_rule_asks_for) {
  World world;
  world.server(10, 1).argv = kDenied;
  EXPECT_THAT(unseen_in(world), ElementsAre(denied("cmdline", 1)));
}

TEST(Unseen, are_no_arguments_where_the_program_decides) {
  World world;
  world.process(10, 1, seconds{100}, {}, "/bin/bash").argv = kDenied;
  EXPECT_THAT(unseen_in(world), IsEmpty());
}

TEST(Unseen, is_a_directory_that_a_rule_asks_for) {
  World world;
  world.policy.rules.front().match.cwd = "/srv/app";
  world.server(10, 1).cwd = kDenied;
  EXPECT_THAT(unseen_in(world), ElementsAre(denied("cwd", 1)));
}

TEST(Unseen, is_no_directory_that_no_rule_asks_for) {
  World world;
  world.server(10, 1).cwd = kDenied;
  EXPECT_THAT(unseen_in(world), IsEmpty());
}

TEST(Unseen, tells_one_that_did_not_come_back_from_one_that_was_refused) {
  World world;
  world.server(10, 1).argv = std::unexpected(Unread::Blocked);
  EXPECT_THAT(unseen_in(world),
              ElementsAre(Unseen{
                  .fact = "cmdline", .why = Unread::Blocked, .processes = 1}));
}

TEST(Unseen, is_nothing_of_what_is_owned_whatever_it_is) {
  World world;
  Process& other = world.server(10, 1);
  other.argv = kDenied;
  other.pid_namespace_depth = 2;
  EXPECT_THAT(unseen_in(world), IsEmpty());
}

TEST(Unseen, is_nothing_of_what_has_ended) {
  World world;
  Process& ended = world.server(10, 1);
  ended.state = 'Z';
  ended.argv = std::unexpected(Unread::Failed);
  EXPECT_THAT(unseen_in(world), IsEmpty());
}

TEST(Unseen, are_processes_of_which_nothing_was_read) {
  World world;
  world.snapshot.unreadable = 3;
  EXPECT_THAT(unseen_in(world), ElementsAre(denied("stat", 3)));
}

TEST(Unseen, are_not_those_of_which_a_part_was_read) {
  World world;
  world.process(10, 1, seconds{100}, {"bash"}).exe = kDenied;
  world.snapshot.unreadable = 1;
  EXPECT_THAT(unseen_in(world), IsEmpty());
}

TEST(Unseen, the_program_is_asked_for_where_the_arguments_are_missing) {
  World world;
  const ProcId id = world.server(10, 1).id;
  world.find(10).argv = kDenied;
  EXPECT_THAT(details_needed(world.snapshot, world.policy),
              ::testing::Contains(id));
}

}  // namespace
}  // namespace strayd::testing
