#include "early_scans.h"

#include <poll.h>

#include <algorithm>
#include <set>
#include <utility>

#include <spdlog/spdlog.h>

#include "strayd/sys/os.h"

namespace strayd {
namespace {

using std::chrono::nanoseconds;

// Scans that events bring on come no closer, and take no more than so small a
// part of the time.
constexpr std::chrono::milliseconds kLeastGap{200};
constexpr int kGapOfScans = 20;

// Below which there is a candidate: pid 1 does not end.
std::vector<ProcId> parents_in(std::span<const Verdict> verdicts) {
  std::set<ProcId> parents;
  for (const Verdict& verdict : verdicts) {
    parents.insert(verdict.chain.begin(), verdict.chain.end());
  }
  std::erase_if(parents, [](const ProcId& id) { return id.pid == 1; });
  return {parents.begin(), parents.end()};
}

bool is_readable(int fd) {
  pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&ready, 1, 0) == 1;
}

}  // namespace

void EarlyScans::listen() {
  listens_ = true;
  // Where the kernel does not tell, the feature "process_events" says why.
  if (Result<ProcessEvents> events = ProcessEvents::open()) {
    wakes_.listen(*std::move(events));
  }
}

void EarlyScans::heed(int bus) {
  heed(bus, steady_time());
}

void EarlyScans::heed(int bus, nanoseconds now) {
  if (!listens_) return;
  const WakeUps::News news = wakes_.take(now);
  woken_ = woken_ || news.look || is_readable(bus);
  if (!news.lost || std::exchange(lost_, true)) return;
  spdlog::debug("the kernel had more to tell than was heard: all is read anew");
}

void EarlyScans::begin(int bus) {
  // What is let gather, too.
  const nanoseconds now = steady_time();
  heed(bus, wakes_.deadline(now).value_or(now));
  woken_ = false;
}

Life EarlyScans::take_life() {
  std::optional<Life> life = wakes_.take_life();
  if (life) return *std::move(life);
  spdlog::debug("of the births and ends since the last scan not all were kept");
  return {};
}

void EarlyScans::know(std::span<const Verdict> verdicts) {
  lost_ = false;
  if (listens_) wakes_.hold(parents_in(verdicts));
}

void EarlyScans::end(nanoseconds duration) {
  ended_ = steady_time();
  took_ = duration;
}

std::vector<int> EarlyScans::fds(int bus) const {
  if (!listens_) return {};
  std::vector<int> fds = wakes_.fds(steady_time());
  // It stays readable until a scan takes what was said.
  if (!woken_ && bus >= 0) fds.push_back(bus);
  return fds;
}

std::optional<nanoseconds> EarlyScans::deadline() const {
  return wakes_.deadline(steady_time());
}

std::optional<nanoseconds> EarlyScans::due(
    std::optional<BootTime> ripens) const {
  std::optional<nanoseconds> at;
  if (ripens) at = steady_time() + (*ripens - boot_time());
  if (woken_) at = ended_;
  if (!at) return std::nullopt;
  const auto gap = std::max<nanoseconds>(kLeastGap, kGapOfScans * took_);
  return std::max(*at, ended_ + gap);
}

}  // namespace strayd
