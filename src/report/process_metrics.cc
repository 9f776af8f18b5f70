#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <system_error>
#include <vector>

#include "strayd/report/self_usage.h"
#include "strayd/sys/os.h"

namespace strayd {

namespace {

// The fields of /proc/PID/stat, counted from 1 as in proc(5), that follow the
// command name (field 2, in parentheses, and it may hold any byte).
constexpr std::size_t kFirstAfterName = 3;
constexpr std::size_t kUserTicks = 14;
constexpr std::size_t kSystemTicks = 15;
constexpr std::size_t kThreads = 20;
constexpr std::size_t kStartTicks = 22;
constexpr std::size_t kVirtualBytes = 23;
constexpr std::size_t kResidentPages = 24;

constexpr std::size_t kSmallFile = 64UL * 1024;
// One line for each interrupt: tens of kilobytes on a large host.
constexpr std::size_t kHostStat = 4UL * 1024 * 1024;

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const char* const start = text.data();
  const char* const end = start + text.size();
  const auto [rest, error] = std::from_chars(start, end, value);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return value;
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> found;
  while (true) {
    const std::size_t start = line.find_first_not_of(" \t\n");
    if (start == std::string_view::npos) return found;
    line.remove_prefix(start);
    const std::size_t length = line.find_first_of(" \t\n");
    found.push_back(line.substr(0, length));
    line.remove_prefix(found.back().size());
  }
}

// The words of the first line that starts so, after that start.
std::vector<std::string_view> line_after(std::string_view text,
                                         std::string_view start) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(start)) return words(line.substr(start.size()));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return {};
}

class StatFields {
 public:
  explicit StatFields(std::string_view stat) {
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string_view::npos) return;
    fields_ = words(stat.substr(name_end + 1));
  }

  std::optional<std::uint64_t> at(std::size_t field) const {
    const std::size_t index = field - kFirstAfterName;
    if (index >= fields_.size()) return std::nullopt;
    return number(fields_[index]);
  }

 private:
  std::vector<std::string_view> fields_{};
};

double seconds(std::uint64_t ticks, const SelfFiles& files) {
  return static_cast<double>(ticks) /
         static_cast<double>(files.ticks_per_second);
}

std::optional<std::uint64_t> soft_limit(const SelfFiles& files) {
  const std::vector<std::string_view> values =
      line_after(files.limits, "Max open files");
  return values.empty() ? std::nullopt : number(values.front());
}

std::optional<double> start_time(const StatFields& stat,
                                 const SelfFiles& files) {
  const std::vector<std::string_view> boot =
      line_after(files.host_stat, "btime ");
  const std::optional<std::uint64_t> booted =
      boot.empty() ? std::nullopt : number(boot.front());
  const std::optional<std::uint64_t> ticks = stat.at(kStartTicks);
  if (!booted || !ticks) return std::nullopt;
  return static_cast<double>(*booted) + seconds(*ticks, files);
}

std::string text_of(const std::string& path, std::size_t limit) {
  return read_file(path, limit).value_or(std::string{});
}

std::optional<std::uint64_t> count_open_fds() {
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc/self/fd", error);
  std::uint64_t count = 0;
  while (!error && entry != std::filesystem::directory_iterator{}) {
    ++count;
    entry.increment(error);
  }
  // One of them is the descriptor that lists them.
  return error || count == 0 ? std::nullopt : std::optional(count - 1);
}

std::uint64_t system_constant(int name, std::uint64_t otherwise) {
  const long value = ::sysconf(name);
  return value > 0 ? static_cast<std::uint64_t>(value) : otherwise;
}

}  // namespace

SelfUsage parse_self_usage(const SelfFiles& files) {
  SelfUsage usage{.open_fds = files.open_fds, .max_fds = soft_limit(files)};
  const StatFields stat(files.stat);
  const std::optional<std::uint64_t> user = stat.at(kUserTicks);
  const std::optional<std::uint64_t> system = stat.at(kSystemTicks);
  if (user && system) usage.cpu_seconds = seconds(*user + *system, files);
  usage.virtual_memory_bytes = stat.at(kVirtualBytes);
  const std::optional<std::uint64_t> pages = stat.at(kResidentPages);
  if (pages) usage.resident_memory_bytes = *pages * files.page_bytes;
  usage.start_time_seconds = start_time(stat, files);
  usage.threads = stat.at(kThreads);
  return usage;
}

SelfUsage self_usage() {
  const SelfFiles defaults;
  return parse_self_usage(
      {.stat = text_of("/proc/self/stat", kSmallFile),
       .limits = text_of("/proc/self/limits", kSmallFile),
       .host_stat = text_of("/proc/stat", kHostStat),
       .open_fds = count_open_fds(),
       .ticks_per_second =
           system_constant(_SC_CLK_TCK, defaults.ticks_per_second),
       .page_bytes = system_constant(_SC_PAGESIZE, defaults.page_bytes)});
}

}  // namespace strayd
