// The cookie: what PM2 puts into the environment of each child it starts, and
// what the child's descendants inherit. Evidence, never proof by itself: an app
// hands its cookie on to whatever it starts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "strayd/core/process.h"

namespace strayd {

struct Cookie {
  std::string home{};  // PM2_HOME, absolute, in its one spelling
  std::int64_t pm_id = 0;
  std::string unique_id{};
  std::string name{};
  std::string name_space = "default";
  std::int64_t pm_uptime_ms = 0;  // its generation
  // Where PM2 started what; empty: it does not say.
  std::string pm_cwd{};
  std::string pm_exec_path{};
  std::optional<int> slot{};  // NODE_APP_INSTANCE
  bool cluster = false;

  bool operator==(const Cookie&) const = default;
};

struct NoCookie {
  bool operator==(const NoCookie&) const = default;
};
// Some of it is there and does not fit together.
struct BrokenCookie {
  std::string why{};
  bool operator==(const BrokenCookie&) const = default;
};
using CookieReading = std::variant<NoCookie, BrokenCookie, Cookie>;

// A lone PM2_HOME is no cookie (an operator's shell has one). One with a
// relative home is broken here: see CookieReader.
CookieReading read_cookie(const Environment& environment);

}  // namespace strayd
