// Short ways to say a configuration and what came of it.
#pragma once

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "strayd/config/config.h"

namespace strayd {

// The configuration of a good text; a bad one fails the test.
inline Config parsed(std::string_view text) {
  Result<Config> config = parse_config(text, "t");
  EXPECT_TRUE(config) << config.error().what;
  return config ? *std::move(config) : Config{};
}

// What a bad text is told, "t:1:2: …"; a good one fails the test.
inline std::string refusal(std::string_view text) {
  const Result<Config> config = parse_config(text, "t");
  EXPECT_FALSE(config) << text;
  return config ? "" : config.error().what;
}

}  // namespace strayd
