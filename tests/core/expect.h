// What a verdict is expected to be, with its text where it is not.
#pragma once

#include <gtest/gtest.h>

#include "support/world.h"

namespace strayd::testing {

inline void expect(const World& world, pid_t pid, Standing standing, Why why) {
  const Verdict verdict = world.verdict(pid);
  EXPECT_EQ(to_string(verdict.standing), to_string(standing))
      << verdict.reason.text;
  EXPECT_EQ(to_string(verdict.reason.why), to_string(why))
      << verdict.reason.text;
}

}  // namespace strayd::testing
