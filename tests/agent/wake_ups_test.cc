// What wakes the agent between two scans.
#include "wake_ups.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <optional>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/sys/os.h"

#include "support/child.h"

namespace strayd {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Child;

ProcId id_of(const Child& child) {
  return {.pid = child.pid(), .start_ticks = 1};
}

class WakeUpsTest : public ::testing::Test {
 protected:
  void hold(std::initializer_list<ProcId> ids) {
    wakes_.hold(std::vector<ProcId>(ids));
  }
  bool wakes() { return wakes_.take(steady_time()).look; }

  bool is_there_ = true;
  WakeUps wakes_{[this](const ProcId&) { return is_there_; }, 2};
};

TEST_F(WakeUpsTest, a_parent_that_ends_wakes_once) {
  const Child parent(Child::stay);
  hold({id_of(parent)});
  EXPECT_FALSE(wakes());
  ::kill(parent.pid(), SIGKILL);
  parent.become_zombie();
  EXPECT_TRUE(wakes());
  EXPECT_FALSE(wakes());
}

TEST_F(WakeUpsTest, one_that_is_held_no_more_wakes_nobody) {
  const Child parent(Child::stay);
  hold({id_of(parent)});
  hold({});
  ::kill(parent.pid(), SIGKILL);
  parent.become_zombie();
  EXPECT_FALSE(wakes());
}

TEST_F(WakeUpsTest, one_that_is_held_again_is_the_same) {
  const Child parent(Child::stay);
  hold({id_of(parent)});
  ::kill(parent.pid(), SIGKILL);
  parent.become_zombie();
  hold({id_of(parent)});
  EXPECT_TRUE(wakes());
}

// A helper of ours has copies of all descriptors until it has closed them.
TEST_F(WakeUpsTest, a_parent_that_ends_wakes_once_whoever_has_a_copy) {
  const Child parent(Child::stay);
  hold({id_of(parent)});
  const Child helper(Child::stay);
  ::kill(parent.pid(), SIGKILL);
  parent.become_zombie();
  EXPECT_TRUE(wakes());
  EXPECT_FALSE(wakes());
}

TEST_F(WakeUpsTest, one_that_is_let_go_wakes_nobody_whoever_has_a_copy) {
  const Child parent(Child::stay);
  hold({id_of(parent)});
  const Child helper(Child::stay);
  hold({});
  ::kill(parent.pid(), SIGKILL);
  parent.become_zombie();
  EXPECT_FALSE(wakes());
}

TEST_F(WakeUpsTest, another_process_of_that_pid_is_not_held) {
  const Child parent(Child::stay);
  is_there_ = false;
  hold({id_of(parent)});
  EXPECT_EQ(wakes_.held(), 0U);
}

TEST_F(WakeUpsTest, no_more_are_held_than_there_is_room_for) {
  const Child one(Child::stay);
  const Child two(Child::stay);
  const Child three(Child::stay);
  hold({id_of(one), id_of(two), id_of(three)});
  EXPECT_EQ(wakes_.held(), 2U);
}

TEST_F(WakeUpsTest, without_the_kernel_s_events_nothing_gathers) {
  EXPECT_FALSE(wakes_.deadline(steady_time()));
}

class KernelWakesTest : public WakeUpsTest {
 protected:
  void SetUp() override {
    Result<ProcessEvents> events = ProcessEvents::open(buffer_);
    if (!events) GTEST_SKIP() << events.error().what;
    wakes_.listen(*std::move(events));
    static_cast<void>(wakes_.take(steady_time()));
  }
  // As if so much time had passed: whatever came is taken.
  WakeUps::News later() { return wakes_.take(steady_time() + seconds{1}); }

  int buffer_ = ProcessEvents::kBuffer;
};

// A child that has a child and ends before it. That one ends by itself when
// the pipe does.
void make_an_orphan() {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    if (::fork() == 0) {
      ::close(ends[1]);
      char ignored = 0;
      static_cast<void>(::read(ends[0], &ignored, 1));
    }
    ::_exit(0);
  }
  ::waitpid(parent, nullptr, 0);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(KernelWakesTest, a_parent_that_nobody_knew_wakes) {
  make_an_orphan();
  EXPECT_TRUE(later().look);
}

TEST_F(KernelWakesTest, who_was_born_and_how_he_ended_is_kept) {
  const Child child{[](int) {
    ::_exit(3);
  }};
  child.become_zombie();
  static_cast<void>(later());
  const std::optional<Life> life = wakes_.take_life();
  ASSERT_TRUE(life);
  using Event = decltype(life->events)::value_type;
  const Event birth = Life::Birth{.child = child.pid(), .parent = ::getpid()};
  const Event end =
      Life::End{.pid = child.pid(),
                .status = {.how = ExitStatus::How::Exited, .value = 3}};
  const auto born = std::ranges::find(life->events, birth);
  ASSERT_NE(born, life->events.end());
  EXPECT_NE(std::find(born, life->events.end(), end), life->events.end());
}

TEST_F(KernelWakesTest, after_an_event_those_behind_it_gather) {
  make_an_orphan();
  const std::chrono::nanoseconds now = steady_time() + seconds{1};
  const std::size_t all = wakes_.fds(now).size();
  static_cast<void>(wakes_.take(now));
  EXPECT_EQ(wakes_.fds(now).size(), all - 1);
  ASSERT_TRUE(wakes_.deadline(now));
  EXPECT_EQ(wakes_.fds(*wakes_.deadline(now)).size(), all);
}

class LossyWakesTest : public KernelWakesTest {
 public:
  LossyWakesTest() { buffer_ = 4096; }
};

TEST_F(LossyWakesTest, a_loss_wakes_and_is_said) {
  for (int i = 0; i < 200; ++i) {
    const Child child(Child::stay);
  }
  const WakeUps::News news = later();
  EXPECT_TRUE(news.look);
  EXPECT_TRUE(news.lost);
  EXPECT_FALSE(wakes_.take_life());
  EXPECT_FALSE(later().lost);
  EXPECT_TRUE(wakes_.take_life());
}

}  // namespace
}  // namespace strayd
