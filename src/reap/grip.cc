#include "grip.h"

#include <unistd.h>

#include <csignal>
#include <string>
#include <utility>

#include "strayd/sys/pidfd.h"

namespace strayd {
namespace {

bool is_ours_to_send(int signal) {
  return signal == SIGTERM || signal == SIGSTOP || signal == SIGCONT ||
         signal == SIGKILL;
}

}  // namespace

Grip::Grip(UniqueFd fd, const ProcId& id) : fd_(std::move(fd)), id_(id) {}

Result<Grip> Grip::open(const ProcId& id, const StillThere& still_there) {
  if (id.pid <= 1 || id.pid == ::getpid()) {
    return fail(Fault::Denied,
                "pid " + std::to_string(id.pid) + " is never to be signalled");
  }
  Result<UniqueFd> fd = open_pidfd(id.pid);
  if (!fd) return std::unexpected(std::move(fd.error()));
  Grip held(std::move(*fd), id);
  if (!still_there(id) || held.exited()) {
    return fail(Fault::NotFound, "pid " + std::to_string(id.pid) + " is gone");
  }
  return held;
}

bool Grip::exited() const {
  return !fd_ || has_exited(fd_.get());
}

Result<void> Grip::signal(int signal) const {
  if (!fd_) return fail(Fault::NotFound, "signal: no process is held");
  if (!is_ours_to_send(signal)) {
    return fail(Fault::Malformed,
                "signal " + std::to_string(signal) + " is none of ours");
  }
  return signal_pidfd(fd_.get(), signal);
}

}  // namespace strayd
