// How a process that is held by a pidfd ended, also where it is no child of
// ours (PIDFD_GET_INFO with PIDFD_INFO_EXIT, Linux 6.15).
#pragma once

#include "strayd/core/exit_status.h"
#include "strayd/core/result.h"

namespace strayd {

// Does not wait, and takes no note of the end in the parent's place: NotYet
// also of a zombie. The descriptor must have been opened while the process
// lived. Unknown where it ended and the kernel is too old to say how.
Result<ExitStatus> exit_status(int pidfd);

// Of an end, as waitpid(2) codes it.
ExitStatus decode_end(int status);

}  // namespace strayd
