// Follows the event bus of one PM2 as the agent does, and says what that cost.
// Started by bus_load.mjs.
//
//   bus_listen HOME DAEMON_PID SECONDS
#include <poll.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include "strayd/pm2/bus.h"
#include "strayd/sys/os.h"

namespace {

using strayd::steady_time;

constexpr std::chrono::seconds kScanInterval{5};
constexpr std::chrono::milliseconds kDrainLimit{100};

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         (static_cast<double>(now.tv_nsec) / 1e9);
}

double ms(std::chrono::nanoseconds time) {
  return static_cast<double>(time.count()) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  strayd::Result<strayd::Pm2Bus> bus = strayd::Pm2Bus::start();
  if (!bus) return 1;
  const std::vector<strayd::Pm2View> views{
      {.home = argv[1],
       .reply = strayd::Pm2Answer{
           .daemon = {.pid = std::stoi(argv[2]), .start_ticks = 1}}}};
  bus->follow(views);

  const std::chrono::seconds duration{std::stoi(argv[3])};
  const double cpu_before = cpu_seconds();
  std::chrono::nanoseconds longest_drain{};
  std::size_t events = 0;
  bool all_whole = true;
  for (std::chrono::seconds past{}; past < duration; past += kScanInterval) {
    ::poll(nullptr, 0, static_cast<int>(ms(kScanInterval)));
    bus->follow(views);
    const std::chrono::nanoseconds began = steady_time();
    const strayd::Pm2Batch batch = bus->drain(kDrainLimit);
    longest_drain = std::max(longest_drain, steady_time() - began);
    events += batch.events.size();
    all_whole = all_whole && batch.whole;
  }
  const double cpu = cpu_seconds() - cpu_before;

  const strayd::Pm2BusState state = bus->states().front();
  std::printf(
      "{\"seconds\":%lld,\"bytes\":%llu,\"events\":%zu,\"breaks\":%llu,"
      "\"cpu_seconds\":%.3f,\"longest_drain_ms\":%.2f,\"all_whole\":%s,"
      "\"error\":\"%s\"}\n",
      static_cast<long long>(duration.count()),
      static_cast<unsigned long long>(state.bytes),
      events,
      static_cast<unsigned long long>(state.breaks),
      cpu,
      ms(longest_drain),
      all_whole ? "true" : "false",
      state.error.c_str());
  return 0;
}
