// Whether the kernel just ended processes for want of memory, by its counters.
//
// A process may take a while to end after the counter has risen. So a rise is
// recent for ten seconds, and at least until the look after the next.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "strayd/core/process.h"

namespace strayd {

class OomKills {
 public:
  struct Roots {
    std::string cgroup = "/sys/fs/cgroup";  // where cgroup2 is mounted
    std::string vmstat = "/proc/vmstat";
  };
  OomKills();
  explicit OomKills(Roots roots);

  // Counts in these cgroups (Process::cgroup) from now on, and no longer in
  // others. The host is always counted in.
  void follow(const std::set<std::string>& cgroups);

  // Reads the counters.
  void look(BootTime now);

  // Since the look before this one.
  bool anywhere() const;
  // Of a cgroup that is followed: recently. Where it has no counter of its own
  // (the root, or no cgroup2), that of the host stands for it.
  bool recently_in(const std::string& cgroup) const;

 private:
  struct Counter {
    std::optional<std::uint64_t> count{};
    std::uint64_t looks = 0;  // since it rose
    std::optional<BootTime> rose_at{};
  };
  void read(Counter& counter, std::optional<std::uint64_t> count);
  bool is_recent(const Counter& counter) const;
  std::optional<std::uint64_t> of_host() const;
  std::optional<std::uint64_t> of_cgroup(const std::string& cgroup) const;

  Roots roots_{};
  BootTime now_{};
  Counter host_{};
  std::map<std::string, Counter> cgroups_{};
};

}  // namespace strayd
