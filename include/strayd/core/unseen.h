// What a scan could not see of what its rules may mean: to have found nothing
// there is no all-clear.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "strayd/core/process.h"

namespace strayd {

struct Evidence;
struct Policy;
struct Verdict;

struct Unseen {
  // What is lacking, as /proc/PID calls it: "cmdline", "exe", "cwd", "uid";
  // "stat" where nothing of the process can be read, and "pid" where it is not
  // even listed.
  std::string fact{};
  Unread why = Unread::Denied;
  std::optional<std::size_t> processes{};  // nullopt: nobody can know
  std::string detail{};                    // what was tried; may be empty

  bool operator==(const Unseen&) const = default;
};

// By fact and reason; empty: all that a rule may mean was seen. A process is
// not counted where what could be read of it decides: a condition of each rule
// fails, or it is protected or managed whatever else it is.
std::vector<Unseen> unseen(const Evidence& evidence,
                           const Policy& policy,
                           std::span<const Verdict> verdicts);

// Whether it has given back what it had; other threads of it may live on.
bool leader_has_exited(const Process& process);

// Whether any fact of it was asked for and is missing. What has exited has none
// to give.
bool is_unreadable(const Process& process);

}  // namespace strayd
