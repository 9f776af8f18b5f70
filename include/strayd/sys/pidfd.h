// A process, held by a descriptor: it stays that process whatever becomes of
// its pid (pidfd_open(2), Linux 5.3). These are the calls and nothing more; who
// may be signalled, and when, is for the caller to know. A reap signals through
// a Grip alone (src/reap/grip.h).
//
// Not the wrappers of <sys/pidfd.h>: glibc 2.36 declares them without C
// linkage.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <vector>

#include "strayd/core/result.h"
#include "strayd/sys/fd.h"

namespace strayd {

// Fault::NotFound where there is no such process. A dying one may be refused
// with EINVAL for a moment; that is said as NotFound, too.
Result<UniqueFd> open_pidfd(pid_t pid);

// Fault::NotFound: it has ended and was reaped. Flags are always 0.
Result<void> signal_pidfd(int pidfd, int signal);

// Its last thread has ended; it may still be a zombie. Does not wait.
bool has_exited(int pidfd);

// The same of many in one call: which of them, by their place, ascending.
std::vector<std::size_t> all_exited(std::span<const int> pidfds);

}  // namespace strayd
