// The kernel's own events of real processes. Skipped where it does not tell
// them: in another pid or network namespace, or without the right.
#include "strayd/proc/process_events.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace strayd {
namespace {

using What = ProcessEvent::What;

pid_t birth_and_end() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  return child;
}

// Until that was told, or nothing more is said for seconds.
bool hears(ProcessEvents& events, const ProcessEvent& wanted) {
  for (;;) {
    pollfd ready{.fd = events.fd(), .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, 5000) <= 0) return false;
    const ProcessEventBatch batch = events.take();
    if (std::ranges::find(batch.events, wanted) != batch.events.end()) {
      return true;
    }
  }
}

class ProcessEventsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Result<ProcessEvents> opened = ProcessEvents::open(buffer_);
    if (!opened) GTEST_SKIP() << opened.error().what;
    events_.push_back(*std::move(opened));
  }
  ProcessEvents& events() { return events_.front(); }

  int buffer_ = ProcessEvents::kBuffer;

 private:
  std::vector<ProcessEvents> events_{};
};

TEST_F(ProcessEventsTest, tell_of_a_birth_and_of_an_end) {
  const pid_t child = birth_and_end();
  EXPECT_TRUE(hears(
      events(), {.what = What::Forked, .pid = child, .parent = ::getpid()}));
}

TEST_F(ProcessEventsTest, tell_of_an_end_that_nobody_took_note_of) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(3);
  EXPECT_TRUE(hears(
      events(),
      {.what = What::Exited,
       .pid = child,
       .status = ExitStatus{.how = ExitStatus::How::Exited, .value = 3}}));
  ::waitpid(child, nullptr, 0);
}

TEST_F(ProcessEventsTest, tell_of_an_end_by_a_signal) {
  const pid_t child = ::fork();
  if (child == 0) {
    for (;;) ::pause();
  }
  ::kill(child, SIGKILL);
  EXPECT_TRUE(hears(events(),
                    {.what = What::Exited,
                     .pid = child,
                     .status = ExitStatus{.how = ExitStatus::How::Signalled,
                                          .value = SIGKILL}}));
  ::waitpid(child, nullptr, 0);
}

TEST_F(ProcessEventsTest, are_not_waited_for) {
  while (!events().take().events.empty()) {
  }
  SUCCEED();
}

class SmallBufferTest : public ProcessEventsTest {
 public:
  SmallBufferTest() { buffer_ = 4096; }
};

// CAP_NET_ADMIN or not, so small a buffer is allowed.
TEST_F(SmallBufferTest, what_there_was_no_room_for_is_said) {
  for (int i = 0; i < 200; ++i) birth_and_end();
  EXPECT_TRUE(events().take().lost);
}

TEST_F(SmallBufferTest, goes_on_after_a_loss) {
  for (int i = 0; i < 200; ++i) birth_and_end();
  events().take();
  const pid_t child = birth_and_end();
  EXPECT_TRUE(hears(
      events(), {.what = What::Forked, .pid = child, .parent = ::getpid()}));
}

}  // namespace
}  // namespace strayd
