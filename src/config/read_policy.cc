#include <array>
#include <chrono>

#include "strayd/core/policy.h"

#include "section.h"
#include "sections.h"
#include "value.h"

namespace strayd::config {
namespace {

using namespace std::chrono_literals;

// Until strays that a lost PM2 may have owned are judged again, in settle
// times: long enough for an operator, or systemd, to bring the PM2 back.
constexpr int kLossHoldFactor = 10;

using Source = Word<ScanSource>;
constexpr std::array kSources{
    Source{.text = "auto", .meaning = ScanSource::Automatic},
    Source{.text = "procfs", .meaning = ScanSource::Procfs},
    Source{.text = "bpf", .meaning = ScanSource::Bpf}};

}  // namespace

void read_scan(const Value& value, Config& config) {
  Policy& out = config.policy;
  Section scan(value);
  scan.duration("interval", {.least = 100ms, .most = 1h}, out.interval);
  // A process that was never seen a second after its birth may share its
  // identity with the one before it under the same pid.
  scan.duration("min_age", {.least = 1s, .most = 720h}, out.min_age);
  scan.whole("confirmations", {.least = 1, .most = 100}, out.confirmations);
  scan.whole("rotation", {.least = 0, .most = 1000}, config.rotation);
  scan.word("source", kSources, config.source);
  scan.truth("events", config.events);
  scan.duration("settle", {.least = 0s, .most = 24h}, out.settle);
  out.loss_hold = kLossHoldFactor * out.settle;
  scan.finish();
}

void read_limits(const Value& value, Limits& out) {
  Section limits(value);
  limits.whole(
      "kills_per_scan", {.least = 1, .most = 1000}, out.kills_per_scan);
  limits.whole(
      "kills_per_hour", {.least = 1, .most = 10'000}, out.kills_per_hour);
  limits.finish();
}

}  // namespace strayd::config
