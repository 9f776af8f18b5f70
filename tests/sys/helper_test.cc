#include "strayd/sys/helper.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "strayd/sys/fd.h"
#include "strayd/sys/os.h"

namespace strayd {
namespace {

using namespace std::chrono_literals;

void stay() {
  for (;;) ::pause();
}

std::string children() {
  const std::string task = "/proc/self/task/" + std::to_string(::gettid());
  return read_file(task + "/children", 65536).value_or("?");
}

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    out = UniqueFd{ends[0]};
    in = UniqueFd{ends[1]};
  }
  UniqueFd out;
  UniqueFd in;
};

// Whether all who could write there are gone, within five seconds.
bool is_closed(const UniqueFd& reader) {
  pollfd watched{.fd = reader.get(), .events = POLLIN, .revents = 0};
  return ::poll(&watched, 1, 5000) == 1 && (watched.revents & POLLHUP) != 0;
}

TEST(Helper, does_its_work_and_ends) {
  const Pipe pipe;
  Result<Helper> helper =
      Helper::start([&] { static_cast<void>(::write(pipe.in.get(), "x", 1)); });
  ASSERT_TRUE(helper);
  EXPECT_TRUE(helper->ended(5s));
  char byte = 0;
  EXPECT_EQ(::read(pipe.out.get(), &byte, 1), 1);
  EXPECT_EQ(byte, 'x');
}

TEST(Helper, has_not_ended_while_it_serves) {
  Result<Helper> helper = Helper::start(stay);
  ASSERT_TRUE(helper);
  EXPECT_FALSE(helper->ended(0ms));
  helper->kill();
  EXPECT_TRUE(helper->ended(5s));
  EXPECT_TRUE(helper->ended(0ms));
}

TEST(Helper, is_ended_and_reaped_with_its_owner) {
  const std::string before = children();
  {
    const Result<Helper> helper = Helper::start(stay);
    ASSERT_TRUE(helper);
    EXPECT_NE(children(), before);
  }
  EXPECT_EQ(children(), before);
}

TEST(Helper, is_ended_where_another_takes_its_place) {
  const std::string before = children();
  std::optional<Helper> helper = *Helper::start(stay);
  helper = *Helper::start(stay);
  helper.reset();
  EXPECT_EQ(children(), before);
}

TEST(Helper, hears_no_signal_that_it_could_act_on) {
  Pipe pipe;
  const Result<Helper> helper = Helper::start([&] {
    sigset_t blocked{};
    ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
    const bool all = ::sigismember(&blocked, SIGTERM) == 1 &&
                     ::sigismember(&blocked, SIGCHLD) == 1;
    static_cast<void>(::write(pipe.in.get(), all ? "y" : "n", 1));
  });
  ASSERT_TRUE(helper);
  char answer = 0;
  EXPECT_EQ(::read(pipe.out.get(), &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
}

TEST(Helper, ends_with_the_thread_that_started_it) {
  Pipe pipe;
  std::optional<Helper> helper;
  std::thread starter([&] {
    const Pipe serving;
    helper = *Helper::start([&] {
      static_cast<void>(::write(serving.in.get(), "x", 1));
      stay();
    });
    char byte = 0;
    EXPECT_EQ(::read(serving.out.get(), &byte, 1), 1);
  });
  starter.join();
  pipe.in = UniqueFd{};
  EXPECT_TRUE(is_closed(pipe.out));
}

TEST(Helper, that_could_not_be_held_ends) {
  const std::string before = children();
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const UniqueFd lowest{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  rlimit few = limit;
  few.rlim_cur = static_cast<rlim_t>(lowest.get()) + 3;  // a pipe, no pidfd
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const Result<Helper> helper = Helper::start(stay);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ASSERT_FALSE(helper);
  EXPECT_EQ(helper.error().fault, Fault::Exhausted);
  EXPECT_EQ(children(), before);
}

TEST(Helper, can_let_go_of_all_descriptors) {
  Pipe pipe;
  const Result<Helper> helper = Helper::start([] {
    close_from(0);
    stay();
  });
  ASSERT_TRUE(helper);
  pipe.in = UniqueFd{};
  EXPECT_TRUE(is_closed(pipe.out));
}

}  // namespace
}  // namespace strayd
