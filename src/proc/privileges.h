// What this process may do to processes of other users.
#pragma once

#include <sys/capability.h>

#include <string>
#include <vector>

namespace strayd {

struct Capability {
  cap_value_t value = 0;
  const char* name = "";
};
inline constexpr Capability kPtrace{.value = CAP_SYS_PTRACE,
                                    .name = "CAP_SYS_PTRACE"};
inline constexpr Capability kReadSearch{.value = CAP_DAC_READ_SEARCH,
                                        .name = "CAP_DAC_READ_SEARCH"};
inline constexpr Capability kBpf{.value = CAP_BPF, .name = "CAP_BPF"};
inline constexpr Capability kPerfmon{.value = CAP_PERFMON,
                                     .name = "CAP_PERFMON"};
inline constexpr Capability kKill{.value = CAP_KILL, .name = "CAP_KILL"};

bool is_effective(const Capability& capability);

// The names of those that are not effective, with ", " between; empty: none.
std::string missing_of(const std::vector<Capability>& wanted);

// In any other user namespace, capabilities do not reach the processes outside
// (user_namespaces(7)).
bool in_initial_user_namespace();

// Every process that is shown there runs as our effective user.
bool all_are_ours(int root);

}  // namespace strayd
