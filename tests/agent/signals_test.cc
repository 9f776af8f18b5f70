#include "strayd/agent/signals.h"

#include <poll.h>

#include <csignal>

#include <gtest/gtest.h>

namespace strayd {
namespace {

// The mask of this thread is as before when a test ends, with nothing pending.
class SignalsTest : public testing::Test {
 public:
  ~SignalsTest() override {
    signals_.take();
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 protected:
  SignalsTest() { ::pthread_sigmask(SIG_BLOCK, nullptr, &before_); }

  bool waits() const {
    pollfd wait{.fd = signals_.fd(), .events = POLLIN, .revents = 0};
    return ::poll(&wait, 1, 0) == 1;
  }

  sigset_t before_{};
  Signals signals_ = Signals::block().value();
};

TEST_F(SignalsTest, none_asks_for_nothing) {
  EXPECT_FALSE(waits());
  signals_.take();  // and does not block
  EXPECT_FALSE(signals_.stop());
  EXPECT_FALSE(signals_.reload());
}

TEST_F(SignalsTest, sigterm_stops) {
  ::raise(SIGTERM);
  EXPECT_TRUE(waits());
  EXPECT_FALSE(signals_.stop()) << "before it was taken";
  signals_.take();
  EXPECT_FALSE(waits());
  EXPECT_TRUE(signals_.stop());
  EXPECT_FALSE(signals_.reload());
}

TEST_F(SignalsTest, sigint_stops) {
  ::raise(SIGINT);
  signals_.take();
  EXPECT_TRUE(signals_.stop());
}

TEST_F(SignalsTest, sighup_reloads_once) {
  ::raise(SIGHUP);
  signals_.take();
  EXPECT_FALSE(signals_.stop());
  EXPECT_TRUE(signals_.reload());
  EXPECT_FALSE(signals_.reload());
  ::raise(SIGHUP);
  signals_.take();
  EXPECT_TRUE(signals_.reload());
}

TEST_F(SignalsTest, all_that_wait_are_taken_together) {
  ::raise(SIGHUP);
  ::raise(SIGTERM);
  signals_.take();
  EXPECT_FALSE(waits());
  EXPECT_TRUE(signals_.stop());
  EXPECT_TRUE(signals_.reload());
}

TEST_F(SignalsTest, a_stop_is_never_taken_back) {
  ::raise(SIGTERM);
  signals_.take();
  signals_.take();
  EXPECT_TRUE(signals_.stop());
}

// Or a client that hangs up in the middle of a scrape would end the agent.
TEST_F(SignalsTest, sigpipe_ends_nobody) {
  sigset_t blocked{};
  ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  EXPECT_EQ(::sigismember(&blocked, SIGPIPE), 1);
}

}  // namespace
}  // namespace strayd
