#include "moment.h"

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <limits>
#include <string_view>

#include "strayd/sys/os.h"

#include "files.h"
#include "live.h"
#include "text.h"

namespace strayd {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::size_t kLimit = std::size_t{1} << 20U;
constexpr std::uint64_t kSecond = 1'000'000'000;  // in nanoseconds
constexpr std::int64_t kLongest = 1'000'000'000;  // in seconds

std::uint64_t ticks_per_second() {
  const long asked = ::sysconf(_SC_CLK_TCK);
  return asked > 0 ? static_cast<std::uint64_t>(asked) : 100;
}

// The two clocks differ by what stays the same until somebody sets the time,
// but are read one after the other. Rounded to a tick, which is how finely a
// start is told: in milliseconds it would tremble, and every start time look
// new.
std::int64_t boot_epoch() {
  constexpr milliseconds kTick{10};
  nanoseconds closest = nanoseconds::max();
  nanoseconds epoch{};
  for (int i = 0; i < 3; ++i) {
    const BootTime before = boot_time();
    const nanoseconds now = std::chrono::system_clock::now().time_since_epoch();
    const nanoseconds apart = boot_time() - before;
    if (apart >= closest) continue;
    closest = apart;
    epoch = now - before - apart / 2;
  }
  return (epoch + kTick / 2) / kTick * kTick.count();
}

// "1234.56 7890.12": seconds since boot, of idling (proc(5)).
std::optional<BootTime> parse_uptime(std::string_view text) {
  std::string_view word = take_until(text, ' ');
  const std::optional<std::int64_t> seconds =
      to_number<std::int64_t>(take_until(word, '.'));
  if (!seconds || *seconds < 0 || *seconds > kLongest) return std::nullopt;
  const std::int64_t hundredths =
      to_number<std::int64_t>(word.substr(0, 2)).value_or(0);
  return std::chrono::seconds{*seconds} + milliseconds{hundredths * 10};
}

// The line "btime 1795386502" of /proc/stat.
std::optional<std::int64_t> parse_boot_seconds(std::string_view text) {
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    if (take_until(line, ' ') == "btime") return to_number<std::int64_t>(line);
  }
  return std::nullopt;
}

}  // namespace

BootTime ticks_to_time(std::uint64_t ticks) {
  const std::uint64_t tick = kSecond / ticks_per_second();
  const std::uint64_t most = std::numeric_limits<BootTime::rep>::max();
  if (ticks > most / tick) return BootTime::max();
  return nanoseconds{static_cast<BootTime::rep>(ticks * tick)};
}

std::optional<BootTime> time_of(int root) {
  if (is_procfs(root)) return boot_time();
  const Read<std::string> uptime = read_text_at(root, "uptime", kLimit);
  if (!uptime) return std::nullopt;
  return parse_uptime(*uptime);
}

std::int64_t boot_epoch_of(int root) {
  if (!is_procfs(root)) {
    const Read<std::string> stat = read_text_at(root, "stat", kLimit);
    const std::optional<std::int64_t> seconds =
        stat ? parse_boot_seconds(*stat) : std::nullopt;
    if (seconds && *seconds > 0 && *seconds < 1'000'000'000'000) {
      return *seconds * 1000;
    }
  }
  return boot_epoch();
}

std::string boot_id_of(int root) {
  const Read<std::string> text =
      read_text_at(root, "sys/kernel/random/boot_id", 128);
  if (!text || text->empty()) return "unknown";
  return text->substr(0, text->find('\n'));
}

}  // namespace strayd
