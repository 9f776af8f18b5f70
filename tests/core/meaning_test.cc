#include "strayd/core/meaning.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/world.h"

namespace strayd::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<IdleRule> idle_in(const World& world) {
  return idle_rules(world.snapshot, world.memory, world.policy);
}

World with_python(const char* exe) {
  World world;
  world.policy.rules = {
      {.name = "py",
       .match = {.pattern = *Pattern::compile("app\\.py"), .exe = exe}}};
  world.process(10,
                1,
                seconds{100},
                {"/usr/bin/python3", "app.py"},
                "/usr/bin/python3.11");
  return world;
}

TEST(Meaning, of_a_rule_that_names_a_link_fails_by_its_exe_alone) {
  World world = with_python("python3");
  const std::vector<IdleRule> idle = idle_in(world);
  ASSERT_THAT(idle, SizeIs(1));
  EXPECT_EQ(idle[0].rule, "py");
  EXPECT_EQ(idle[0].nearest, world.find(10).id);
  ASSERT_THAT(idle[0].failed, SizeIs(1));
  EXPECT_EQ(idle[0].failed[0].key, "exe");
  EXPECT_EQ(idle[0].failed[0].instead, "it is python3.11, not python3");
}

TEST(Meaning, of_a_rule_that_names_the_file_is_no_word) {
  EXPECT_THAT(idle_in(with_python("python3.11")), IsEmpty());
}

TEST(Meaning, of_a_rule_whose_program_can_not_be_read_is_open) {
  World world = with_python("python3");
  world.find(10).exe = std::unexpected(Unread::Denied);
  EXPECT_THAT(idle_in(world), IsEmpty());
}

TEST(Meaning, of_a_rule_whose_pattern_nothing_fits_has_no_nearest) {
  World world = with_python("python3");
  world.find(10).argv = std::vector<std::string>{"sleep"};
  const std::vector<IdleRule> idle = idle_in(world);
  ASSERT_THAT(idle, SizeIs(1));
  EXPECT_FALSE(idle[0].nearest);
}

TEST(Meaning, names_a_directory_that_is_not_there) {
  World world = with_python("python3.11");
  world.policy.rules.front().match.cwd = "/srv/gone";
  const std::vector<IdleRule> idle = idle_in(world);
  ASSERT_THAT(idle, SizeIs(1));
  EXPECT_EQ(idle[0].lost_directory, "/srv/gone");
  EXPECT_EQ(idle[0].failed[0].key, "cwd");
  EXPECT_EQ(idle[0].failed[0].instead, "there is no /srv/gone");
}

TEST(Meaning, takes_the_process_that_fails_by_the_fewest_keys) {
  World world = with_python("python3");
  world.policy.rules.front().match.uid = 1000;
  world.find(10).uid = 0;
  world.process(
      11, 1, seconds{100}, {"python3", "app.py"}, "/usr/bin/python3.11");
  const std::vector<IdleRule> idle = idle_in(world);
  ASSERT_THAT(idle, SizeIs(1));
  EXPECT_EQ(idle[0].nearest, world.find(11).id);
}

TEST(Meaning, does_not_take_strayd_itself_for_the_nearest) {
  World world = with_python("python3");
  world.snapshot.self = world.find(10).id;
  const std::vector<IdleRule> idle = idle_in(world);
  ASSERT_THAT(idle, SizeIs(1));
  EXPECT_FALSE(idle[0].nearest);
}

}  // namespace
}  // namespace strayd::testing
