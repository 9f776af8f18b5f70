// What works here. Blind means disarmed: where one of the required features
// lacks, nothing is signalled and the reason is said.
#pragma once

#include <string>
#include <vector>

#include "strayd/core/result.h"

namespace strayd {

struct Feature {
  std::string name{};  // fixed word, a label: "pidfd", "foreign_environ" …
  bool available = false;
  bool required = false;  // without it strayd does not arm
  std::string detail{};   // what was tried and what came back
  std::string remedy{};   // what an operator can do; empty if available
};

// Tries each on the real thing: pidfd_open and pidfd_send_signal on ourselves
// (kernel 5.3), foreign processes visible (hidepid, CAP_SYS_PTRACE), exe and
// environ of other users readable (CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH),
// signalling other users (CAP_KILL), own pid namespace is the initial one or
// its pid 1 is visible, seccomp, own network namespace is that of pid 1. With
// another root than /proc, `live_procfs` is not available.
std::vector<Feature> probe_features(const std::string& procfs_root);

}  // namespace strayd
