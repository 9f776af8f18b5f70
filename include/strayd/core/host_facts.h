// What files of the host say of who owns a process: pidfiles, and the
// invocations of systemd's units. Read where a read can be abandoned.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "strayd/core/process.h"

namespace strayd {

// A regular file *.pid that holds one number.
struct PidFile {
  std::string path{};
  uid_t owner = 0;
  pid_t pid = 0;
  std::chrono::nanoseconds written{};  // st_mtime, Unix time

  bool operator==(const PidFile&) const = default;
};

struct HostFacts {
  // Those in the directories that were looked into. Unread: one of these
  // directories could not be read, so there may be more.
  Observed<std::vector<PidFile>> pidfiles = std::vector<PidFile>{};
  // By the cgroup of a unit ("/system.slice/api.service"): its present
  // invocation (systemd's /run/systemd/units/invocation:NAME, for a user's
  // /run/user/UID/systemd/units/…). nullopt: it does not run.
  std::map<std::string, Observed<std::optional<std::string>>> invocations{};

  bool operator==(const HostFacts&) const = default;
};

// What to look for. Pure: from the strays that a first judgement found.
struct HostQuestions {
  std::vector<std::string> pidfile_directories{};  // each once
  struct Unit {
    std::string cgroup{};
    std::string name{};
    std::optional<uid_t> manager{};  // a user's; nullopt: the system's
    bool operator==(const Unit&) const = default;
  };
  std::vector<Unit> units{};

  bool operator==(const HostQuestions&) const = default;
};

}  // namespace strayd
