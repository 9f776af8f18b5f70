// What brings a scan on before the interval, and how far it is put off.
#include "early_scans.h"

#include <sys/eventfd.h>

#include <chrono>
#include <csignal>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/sys/fd.h"
#include "strayd/sys/os.h"

#include "support/child.h"

namespace strayd {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::Not;

constexpr int kNoBus = -1;

class EarlyScansTest : public ::testing::Test {
 protected:
  EarlyScans early_{[](const ProcId&) { return true; }, 8};
};

TEST_F(EarlyScansTest, are_not_due_where_nothing_happened) {
  early_.end({});
  EXPECT_FALSE(early_.due(std::nullopt));
}

TEST_F(EarlyScansTest, are_due_when_a_suspicion_ripens) {
  early_.end({});
  const auto now = steady_time();
  const auto due = early_.due(boot_time() + seconds{100});
  EXPECT_GE(due.value(), now + seconds{100});
  EXPECT_LT(due.value(), now + seconds{160});
}

TEST_F(EarlyScansTest, keep_their_distance) {
  const auto ended = steady_time();
  early_.end({});
  EXPECT_GE(early_.due(boot_time()).value(), ended + milliseconds{200});
}

TEST_F(EarlyScansTest, take_no_more_than_a_twentieth_of_the_time) {
  const auto ended = steady_time();
  early_.end(seconds{1});
  EXPECT_GE(early_.due(boot_time()).value(), ended + seconds{20});
}

TEST_F(EarlyScansTest, are_brought_on_by_the_end_of_a_parent_once) {
  const test::Child parent(test::Child::stay);
  early_.listen();
  early_.begin(kNoBus);
  early_.know(std::vector<Verdict>{
      {.chain = {{.pid = parent.pid(), .start_ticks = 1}, {.pid = 1}}}});
  ::kill(parent.pid(), SIGKILL);
  parent.become_zombie();
  early_.heed(kNoBus);
  EXPECT_TRUE(early_.due(std::nullopt));
  early_.begin(kNoBus);
  EXPECT_FALSE(early_.due(std::nullopt));
}

// Also what came a moment ago, when others were let gather behind it.
TEST_F(EarlyScansTest, know_of_all_that_happened_before_they_began) {
  if (!ProcessEvents::open()) GTEST_SKIP() << "the kernel does not tell";
  early_.listen();
  std::vector<pid_t> ended;
  for (int i = 0; i < 3; ++i) {
    const test::Child child{[](int) {
    }};
    child.become_zombie();
    early_.heed(kNoBus);
    ended.push_back(child.pid());
  }
  early_.begin(kNoBus);
  std::vector<pid_t> told;
  for (const auto& event : early_.take_life().events) {
    const auto* const end = std::get_if<Life::End>(&event);
    if (end != nullptr) told.push_back(end->pid);
  }
  EXPECT_THAT(told, testing::IsSupersetOf(ended));
  EXPECT_TRUE(early_.take_life().events.empty());
}

TEST_F(EarlyScansTest, are_brought_on_by_what_pm2_said) {
  const UniqueFd bus{::eventfd(1, EFD_CLOEXEC)};
  early_.listen();
  EXPECT_THAT(early_.fds(bus.get()), Contains(bus.get()));
  early_.heed(bus.get());
  EXPECT_TRUE(early_.due(std::nullopt));
  // It stays readable: to wait for it again would be to turn in circles.
  EXPECT_THAT(early_.fds(bus.get()), Not(Contains(bus.get())));
}

TEST_F(EarlyScansTest, are_brought_on_by_nothing_where_nobody_listens) {
  const UniqueFd bus{::eventfd(1, EFD_CLOEXEC)};
  early_.heed(bus.get());
  EXPECT_FALSE(early_.due(std::nullopt));
  EXPECT_TRUE(early_.fds(bus.get()).empty());
}

}  // namespace
}  // namespace strayd
