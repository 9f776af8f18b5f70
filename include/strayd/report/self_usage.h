// What strayd itself costs: the `process_*` set of the Prometheus client
// libraries, read from its own /proc/self whatever procfs it judges.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace strayd {

// nullopt: it could not be read, and is left out of the metrics.
struct SelfUsage {
  std::optional<double> cpu_seconds{};  // user and system
  std::optional<std::uint64_t> open_fds{};
  std::optional<std::uint64_t> max_fds{};  // nullopt also where unlimited
  std::optional<std::uint64_t> virtual_memory_bytes{};
  std::optional<std::uint64_t> resident_memory_bytes{};
  std::optional<double> start_time_seconds{};  // Unix time
  std::optional<std::uint64_t> threads{};
};

// The texts that it is made of; an empty one was not readable.
struct SelfFiles {
  std::string stat{};                       // /proc/self/stat, proc(5)
  std::string limits{};                     // /proc/self/limits
  std::string host_stat{};                  // /proc/stat, for the line "btime"
  std::optional<std::uint64_t> open_fds{};  // entries of /proc/self/fd
  std::uint64_t ticks_per_second = 100;     // sysconf(_SC_CLK_TCK)
  std::uint64_t page_bytes = 4096;          // sysconf(_SC_PAGESIZE)
};

// Pure.
SelfUsage parse_self_usage(const SelfFiles& files);

// Reads the files. Takes well under a millisecond and never fails: what can't
// be read is missing.
SelfUsage self_usage();

}  // namespace strayd
