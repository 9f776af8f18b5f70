#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "strayd/config/config.h"

#include "section.h"
#include "sections.h"
#include "value.h"

namespace strayd::config {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kAuto = "auto";
constexpr std::string_view kHomesWanted =
    "\"auto\" or an array of absolute paths";

// pm2_homes() asks no more in one scan.
constexpr WholeRange kHomeCount{.least = 1, .most = 64};

bool is_auto(const Value& value) {
  return value.node().kind == Node::Kind::String && value.node().text == kAuto;
}

void read_home(const Value& value, Pm2Config& out) {
  std::optional<std::string> home = value.absolute_path();
  if (!home) return;
  if (std::ranges::find(out.homes, *home) != out.homes.end()) {
    value.complain("this home is listed twice");
    return;
  }
  out.homes.push_back(*std::move(home));
}

void read_homes(const Value& value, Pm2Config& out) {
  out.automatic = is_auto(value);
  if (out.automatic) return;
  for (const Value& item : value.items(kHomeCount, kHomesWanted)) {
    // Beside paths: what is found, and these.
    if (is_auto(item)) {
      out.automatic = true;
    } else {
      read_home(item, out);
    }
  }
}

}  // namespace

void read_pm2(const Value& value, Pm2Config& out) {
  Section pm2(value);
  if (const auto homes = pm2.take("homes")) read_homes(*homes, out);
  std::chrono::nanoseconds timeout = out.timeout;
  pm2.duration("timeout", {.least = 100ms, .most = 30s}, timeout);
  // Exact: the finest unit of the file is the millisecond.
  out.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(timeout);
  pm2.truth("events", out.events);
  pm2.finish();
}

}  // namespace strayd::config
