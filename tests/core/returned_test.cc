// Orphans that come back, and what is not a return.
#include "strayd/core/returned.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/world.h"

namespace strayd {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::IsEmpty;
using testing::kNow;
using ::testing::SizeIs;

using Returns = std::map<ProcId, Returned>;

class ReturnStory : public ::testing::Test {
 protected:
  ReturnStory() {
    world_.process(
        50, 1, seconds{20}, {"/bin/sh", "respawn.sh"}, "/usr/bin/dash");
  }

  // One scan, five seconds after the one before.
  Returns scan() { return scan_after(seconds{5}); }
  Returns scan_after(std::chrono::nanoseconds pause) {
    world_.snapshot.taken += pause;
    ReturnFindings found = look_for_returns(std::exchange(memory_, {}),
                                            world_.snapshot,
                                            verdicts_,
                                            std::exchange(ended_, {}));
    memory_ = std::move(found.memory);
    return std::move(found.returned);
  }

  // A stray of one process, started now.
  Process& starts(pid_t pid, pid_t parent) {
    Process& process = world_.server(pid, parent);
    process.started = world_.snapshot.taken + seconds{1};
    process.id.start_ticks = static_cast<std::uint64_t>(
        process.started / std::chrono::milliseconds{10});
    suspect(process, process.id);
    return process;
  }
  void suspect(const Process& process,
               const ProcId& tree,
               Role role = Role::Candidate) {
    Verdict verdict{.id = process.id,
                    .standing = Standing::Pending,
                    .role = role,
                    .rule = "tsx-server",
                    .tree = tree,
                    .kind = Standing::Stray};
    for (pid_t up = process.parent; up != 0; up = world_.find(up).parent) {
      verdict.chain.push_back(world_.find(up).id);
    }
    verdicts_.push_back(std::move(verdict));
  }
  void ends(pid_t pid) {
    const auto verdict =
        std::ranges::find(verdicts_, world_.find(pid).id, &Verdict::id);
    ended_.push_back({.id = verdict->id,
                      .kill = {.tree = verdict->tree, .rule = "tsx-server"}});
    vanishes(pid);
  }
  void vanishes(pid_t pid) {
    std::erase_if(verdicts_,
                  [&](const Verdict& each) { return each.id.pid == pid; });
    std::erase_if(world_.snapshot.processes,
                  [&](const Process& each) { return each.id.pid == pid; });
  }

  testing::World world_{};
  std::vector<Verdict> verdicts_{};
  std::vector<Ended> ended_{};
  ReturnMemory memory_{};
};

TEST_F(ReturnStory, a_first_orphan_has_not_come_back) {
  starts(100, 50);
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(ReturnStory, an_orphan_of_the_same_parent_has_come_back) {
  starts(100, 50);
  scan();
  ends(100);
  const ProcId again = starts(101, 50).id;
  world_.find(101).argv = {"/usr/bin/node", "other-tsx-server.ts"};
  const Returns returns = scan();
  ASSERT_THAT(returns, SizeIs(1));
  const Returned& returned = returns.at(again);
  EXPECT_EQ(returned.rule, "tsx-server");
  EXPECT_EQ(returned.parent, world_.find(50).id);
  EXPECT_EQ(returned.times, 1);
  EXPECT_TRUE(returned.is_new);
}

TEST_F(ReturnStory, an_orphan_with_the_same_arguments_has_come_back) {
  starts(100, 1);
  scan();
  ends(100);
  const ProcId again = starts(101, 1).id;
  const Returns returns = scan();
  ASSERT_THAT(returns, SizeIs(1));
  EXPECT_EQ(returns.at(again).parent, std::nullopt);
}

TEST_F(ReturnStory, it_is_new_once_and_shown_while_it_is_there) {
  starts(100, 1);
  scan();
  ends(100);
  starts(101, 1);
  scan();
  const Returns returns = scan();
  ASSERT_THAT(returns, SizeIs(1));
  EXPECT_FALSE(returns.begin()->second.is_new);
  EXPECT_EQ(returns.begin()->second.times, 1);
  vanishes(101);
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(ReturnStory, each_return_counts_on) {
  starts(100, 1);
  scan();
  for (pid_t pid = 101; pid <= 105; ++pid) {
    ends(pid - 1);
    starts(pid, 1);
    const Returns returns = scan();
    ASSERT_THAT(returns, SizeIs(1));
    EXPECT_EQ(returns.begin()->second.times, pid - 100);
  }
}

TEST_F(ReturnStory, init_is_no_parent_to_know_it_by) {
  starts(100, 1);
  scan();
  ends(100);
  starts(101, 1).argv = {"/usr/bin/node", "other-tsx-server.ts"};
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(ReturnStory, the_same_arguments_of_another_user_are_another_orphan) {
  starts(100, 1);
  scan();
  ends(100);
  starts(101, 1).uid = 1001;
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(ReturnStory, the_same_arguments_of_another_program_are_another_orphan) {
  starts(100, 1);
  scan();
  ends(100);
  starts(101, 1).exe = "/opt/node/bin/node";
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(ReturnStory, an_orphan_of_another_rule_is_another_orphan) {
  starts(100, 50);
  scan();
  ends(100);
  starts(101, 50);
  verdicts_.back().rule = "other";
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(ReturnStory, what_ended_by_itself_does_not_come_back) {
  starts(100, 50);
  scan();
  vanishes(100);
  starts(101, 50);
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(ReturnStory, after_ten_minutes_it_is_a_new_one) {
  starts(100, 1);
  scan();
  ends(100);
  scan();
  scan_after(minutes{10});
  starts(101, 1);
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(ReturnStory, within_ten_minutes_it_has_come_back) {
  starts(100, 1);
  scan();
  ends(100);
  scan();
  scan_after(minutes{9});
  starts(101, 1);
  EXPECT_THAT(scan(), SizeIs(1));
}

TEST_F(ReturnStory, a_reap_knows_its_tree_by_the_root_of_the_time) {
  const ProcId only = starts(100, 1).id;
  scan();
  vanishes(100);
  ended_ = {{.id = only, .kill = {.tree = {.pid = 99}, .rule = "tsx-server"}}};
  starts(101, 1);
  EXPECT_THAT(scan(), SizeIs(1));
}

// Its twin was there all the time, and owned; then its owner went away.
TEST_F(ReturnStory, what_ran_beside_it_has_not_come_back) {
  starts(100, 1);
  const Process twin = starts(101, 1);
  verdicts_.pop_back();
  scan();
  ends(100);
  suspect(twin, twin.id);
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(ReturnStory, a_survivor_under_another_root_has_not_come_back) {
  Process& shell = world_.process(
      100, 1, seconds{9'000}, {"sh", "-c", "tsx server.ts"}, "/usr/bin/dash");
  shell.started = kNow;
  const ProcId root = shell.id;
  starts(101, 100);
  verdicts_.back().tree = root;
  starts(102, 100);
  verdicts_.back().tree = root;
  suspect(world_.find(100), root, Role::Wrapper);
  scan();
  ends(101);
  vanishes(100);
  world_.find(102).parent = 1;
  verdicts_.clear();
  suspect(world_.find(102), world_.find(102).id);
  EXPECT_THAT(scan(), IsEmpty());
}

// The exit is seen only after the next snapshot was taken.
TEST_F(ReturnStory, news_of_the_end_may_be_late) {
  const ProcId first = starts(100, 1).id;
  scan();
  vanishes(100);
  scan();
  ended_ = {{.id = first, .kill = {.tree = first, .rule = "tsx-server"}}};
  starts(101, 1);
  EXPECT_THAT(scan(), SizeIs(1));
}

// SIGTERM goes to the wrapper first, and the server may not wait for its own.
TEST_F(ReturnStory, a_tree_whose_wrapper_alone_took_our_signal_was_ended) {
  const ProcId root = world_
                          .process(100,
                                   1,
                                   seconds{9'000},
                                   {"sh", "-c", "tsx server.ts"},
                                   "/usr/bin/dash")
                          .id;
  suspect(world_.find(100), root, Role::Wrapper);
  starts(101, 100);
  verdicts_.back().tree = root;
  scan();
  vanishes(101);
  ends(100);
  starts(102, 1);
  EXPECT_THAT(scan(), SizeIs(1));
}

TEST_F(ReturnStory, a_copy_that_somebody_owns_has_not_come_back) {
  starts(100, 1);
  scan();
  ends(100);
  starts(101, 1);
  verdicts_.back().kind.reset();
  verdicts_.back().standing = Standing::Managed;
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(ReturnStory, the_same_wrapper_carries_many_things) {
  const auto starts_below = [&](pid_t wrapper, const char* script) {
    Process& shell = starts(wrapper, 1);
    shell.argv = {"npm run dev"};
    const ProcId root = shell.id;
    verdicts_.back().role = Role::Wrapper;
    starts(wrapper + 1, wrapper).argv = {"tsx", script};
    verdicts_.back().tree = root;
  };
  starts_below(100, "server.ts");
  scan();
  ends(101);
  vanishes(100);
  starts_below(110, "other-server.ts");
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(ReturnStory, what_cannot_be_read_is_like_nothing) {
  starts(100, 1).argv = std::unexpected(Unread::Blocked);
  scan();
  ends(100);
  starts(101, 1).argv = std::unexpected(Unread::Blocked);
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(ReturnStory, it_is_shown_for_as_long_as_it_is_there) {
  starts(100, 1);
  scan();
  ends(100);
  starts(101, 1);
  scan();
  scan_after(minutes{9});
  const Returns returns = scan_after(minutes{9});
  ASSERT_THAT(returns, SizeIs(1));
  EXPECT_EQ(returns.begin()->second.times, 1);
}

TEST_F(ReturnStory, two_copies_have_both_come_back) {
  starts(100, 1);
  scan();
  ends(100);
  starts(101, 1);
  starts(102, 1);
  EXPECT_THAT(scan(), SizeIs(2));
}

TEST_F(ReturnStory, what_is_long_gone_is_forgotten) {
  starts(100, 1);
  starts(101, 1);
  scan();
  ends(100);
  vanishes(101);
  scan();
  scan_after(minutes{10} + seconds{1});
  EXPECT_EQ(memory_, ReturnMemory{});
}

TEST(Print, differs_where_arguments_are_split_otherwise) {
  const Process one{
      .uid = 1000, .argv = std::vector<std::string>{"ab"}, .exe = "/x"};
  Process other = one;
  EXPECT_EQ(print_of(one), print_of(other));
  other.argv = std::vector<std::string>{"a", "b"};
  EXPECT_NE(print_of(one), print_of(other));
}

TEST(Print, is_unknown_where_a_fact_is) {
  const Process whole{
      .uid = 1000, .argv = std::vector<std::string>{"a"}, .exe = "/x"};
  ASSERT_TRUE(print_of(whole));
  Process lacking = whole;
  lacking.uid = not_asked<uid_t>();
  EXPECT_FALSE(print_of(lacking));
  lacking = whole;
  lacking.exe = not_asked<std::string>();
  EXPECT_FALSE(print_of(lacking));
  lacking = whole;
  lacking.argv = not_asked<std::vector<std::string>>();
  EXPECT_FALSE(print_of(lacking));
}

TEST(ParentOfTree, is_above_the_root_whichever_member_asks) {
  const ProcId init{.pid = 1};
  const ProcId shell{.pid = 50};
  const ProcId root{.pid = 100};
  const ProcId npm{.pid = 101};
  EXPECT_EQ(parent_of_tree({.id = root, .chain = {shell, init}, .tree = root}),
            shell);
  EXPECT_EQ(parent_of_tree({.id = {.pid = 102},
                            .chain = {npm, root, shell, init},
                            .tree = root}),
            shell);
  EXPECT_EQ(parent_of_tree({.id = root, .chain = {init}, .tree = root}),
            std::nullopt);
  EXPECT_EQ(parent_of_tree({.id = root, .chain = {}, .tree = root}),
            std::nullopt);
  EXPECT_EQ(parent_of_tree({.id = npm, .chain = {init}, .tree = root}),
            std::nullopt);
}

}  // namespace
}  // namespace strayd
