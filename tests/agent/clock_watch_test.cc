// What is a step of the wall clock, and what is not.
#include "clock_watch.h"

#include <gtest/gtest.h>

namespace strayd {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBooted{1'700'000'000'000};

TEST(ClockWatch, knows_no_step_when_it_looks_first) {
  ClockWatch watch;
  EXPECT_EQ(watch.step(kBooted), std::nullopt);
}

TEST(ClockWatch, tells_a_step_once_and_by_how_much) {
  ClockWatch watch;
  watch.step(kBooted);
  EXPECT_EQ(watch.step(kBooted - milliseconds{30'000}), milliseconds{-30'000});
  EXPECT_EQ(watch.step(kBooted - milliseconds{30'000}), std::nullopt);
  EXPECT_EQ(watch.step(kBooted), milliseconds{30'000});
}

TEST(ClockWatch, takes_a_second_and_less_for_discipline) {
  ClockWatch watch;
  watch.step(kBooted);
  EXPECT_EQ(watch.step(kBooted + milliseconds{1000}), std::nullopt);
  EXPECT_EQ(watch.step(kBooted), std::nullopt);
  EXPECT_EQ(watch.step(kBooted + milliseconds{1001}), milliseconds{1001});
}

TEST(ClockWatch, does_not_add_up_what_a_clock_drifts) {
  ClockWatch watch;
  for (int scan = 0; scan < 10; ++scan) {
    EXPECT_EQ(watch.step(kBooted + milliseconds{900 * scan}), std::nullopt);
  }
}

TEST(ClockWatch, tells_once_that_the_host_was_suspended) {
  std::chrono::nanoseconds suspended = std::chrono::hours{3};
  ClockWatch watch([&] { return suspended; });
  EXPECT_FALSE(watch.was_suspended()) << "that was before";
  suspended += std::chrono::seconds{6};
  EXPECT_TRUE(watch.was_suspended());
  EXPECT_FALSE(watch.was_suspended());
}

TEST(ClockWatch, takes_the_drift_between_two_clocks_for_no_suspend) {
  std::chrono::nanoseconds suspended{};
  ClockWatch watch([&] { return suspended; });
  for (int scan = 0; scan < 10; ++scan) {
    suspended += std::chrono::milliseconds{900};
    EXPECT_FALSE(watch.was_suspended());
  }
}

}  // namespace
}  // namespace strayd
