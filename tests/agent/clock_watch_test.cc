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

}  // namespace
}  // namespace strayd
