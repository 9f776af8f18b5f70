#include "patience.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "strayd/sys/os.h"

#include "facts.h"

namespace strayd {
namespace {

constexpr int kSlices = 8;
// A scan must come to an end on the busiest machine, too.
constexpr int kMostStarved = 20;  // timeouts

}  // namespace

Patience::Patience(pid_t helper, std::chrono::nanoseconds timeout)
    : helper_(helper),
      timeout_(timeout),
      slice_(std::max(std::chrono::milliseconds{1},
                      std::chrono::duration_cast<std::chrono::milliseconds>(
                          timeout / kSlices))),
      looked_(steady_time()) {}

void Patience::renew() {
  looked_ = steady_time();
  idle_ = {};
  cpu_ticks_.reset();
}

bool Patience::is_over() {
  const std::chrono::nanoseconds now = steady_time();
  const std::chrono::nanoseconds passed = now - looked_;
  looked_ = now;
  if (starved_ < kMostStarved * timeout_ && waits_for_cpu()) {
    starved_ += passed;
    return false;
  }
  // Where more has passed it was us who had no CPU.
  idle_ += std::min<std::chrono::nanoseconds>(passed, slice_);
  return idle_ >= timeout_;
}

// What waits for a lock or for a page sleeps (D or S in proc(5)). What could
// run and has used no CPU since the last look was given none.
bool Patience::waits_for_cpu() {
  const std::string path = "/proc/" + std::to_string(helper_) + "/stat";
  const Result<StatReading> reading = read_stat(AT_FDCWD, path, helper_);
  if (!reading || reading->sight != Presence::Seen) return false;
  const ProcStat& stat = reading->stat;
  if (stat.parent != ::getpid() || stat.state != 'R') return false;
  const std::optional<std::uint64_t> before = cpu_ticks_;
  cpu_ticks_ = stat.cpu_ticks;
  return !before || *before == stat.cpu_ticks;
}

}  // namespace strayd
