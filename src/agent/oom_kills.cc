#include "strayd/agent/oom_kills.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <system_error>
#include <utility>

#include "strayd/sys/os.h"

namespace strayd {
namespace {

constexpr std::chrono::seconds kRecent{10};
constexpr std::size_t kLongestFile = std::size_t{64} * 1024;
constexpr std::string_view kKey = "oom_kill ";

// Both files have a line "oom_kill N": memory.events of a cgroup (with those
// below it; Documentation/admin-guide/cgroup-v2.rst, Linux 4.13) and
// /proc/vmstat (Linux 4.13).
std::optional<std::uint64_t> count_in(const std::string& path) {
  const Result<std::string> text = read_file(path, kLongestFile);
  if (!text) return std::nullopt;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (!line.starts_with(kKey)) continue;
    const std::string_view digits = line.substr(kKey.size());
    std::uint64_t count = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (error == std::errc{}) return count;
  }
  return std::nullopt;
}

}  // namespace

OomKills::OomKills() : OomKills(Roots{}) {}

OomKills::OomKills(Roots roots) : roots_(std::move(roots)) {
  read(host_, of_host());
}

void OomKills::follow(const std::set<std::string>& cgroups) {
  std::erase_if(cgroups_, [&](const auto& entry) {
    return !cgroups.contains(entry.first);
  });
  for (const std::string& cgroup : cgroups) {
    const auto [counter, fresh] = cgroups_.try_emplace(cgroup);
    if (fresh) read(counter->second, of_cgroup(cgroup));
  }
}

void OomKills::look(BootTime now) {
  now_ = now;
  read(host_, of_host());
  for (auto& [cgroup, counter] : cgroups_) read(counter, of_cgroup(cgroup));
}

bool OomKills::anywhere() const {
  return host_.rose_at && host_.looks == 0;
}

bool OomKills::recently_in(const std::string& cgroup) const {
  const auto counter = cgroups_.find(cgroup);
  return counter != cgroups_.end() && is_recent(counter->second);
}

// What could not be read says nothing; a lower one is that of a new cgroup of
// the old name.
void OomKills::read(Counter& counter, std::optional<std::uint64_t> count) {
  ++counter.looks;
  if (!count) return;
  if (counter.count && *count > *counter.count) {
    counter.looks = 0;
    counter.rose_at = now_;
  }
  counter.count = count;
}

bool OomKills::is_recent(const Counter& counter) const {
  return counter.rose_at &&
         (counter.looks <= 1 || now_ - *counter.rose_at <= kRecent);
}

std::optional<std::uint64_t> OomKills::of_host() const {
  return count_in(roots_.vmstat);
}

std::optional<std::uint64_t> OomKills::of_cgroup(
    const std::string& cgroup) const {
  const auto count = count_in(roots_.cgroup + cgroup + "/memory.events");
  return count ? count : of_host();
}

}  // namespace strayd
