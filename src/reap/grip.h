// A process under our hand: the only thing that a reap can signal. A pid alone
// never becomes one: it takes a look at the process behind its pidfd.
//
// A pidfd keeps naming the same process after its death and the reuse of its
// pid, and survives an exec (strayd/sys/pidfd.h).
#pragma once

#include <functional>

#include "strayd/core/process.h"
#include "strayd/core/result.h"
#include "strayd/sys/fd.h"

namespace strayd {

// Whether the pid, read again now, is still that of this process.
using StillThere = std::function<bool(const ProcId&)>;

class Grip {
 public:
  // Holds nothing: it counts as exited and cannot be signalled.
  Grip() = default;

  // Opens by number, then asks `still_there`, then makes sure that it has not
  // exited: so the process that was asked about is the one that is held.
  // Fault::NotFound: it is gone, or the pid is another's. pid 1, the calling
  // process and what is no pid at all are Fault::Denied.
  static Result<Grip> open(const ProcId& id, const StillThere& still_there);

  const ProcId& id() const { return id_; }
  int fd() const { return fd_.get(); }  // readable once it has exited

  // Its last thread has exited; it may still be a zombie.
  bool exited() const;

  // SIGTERM, SIGSTOP, SIGCONT and SIGKILL; any other is Fault::Malformed.
  // Fault::NotFound: it has exited. Fault::Denied: EPERM.
  Result<void> signal(int signal) const;

 private:
  Grip(UniqueFd fd, const ProcId& id);

  UniqueFd fd_{};
  ProcId id_{};
};

}  // namespace strayd
