#include "strayd/reap/pidfd.h"

#include <poll.h>
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

Pidfd::Pidfd(UniqueFd fd, const ProcId& id) : fd_(std::move(fd)), id_(id) {}

Result<Pidfd> Pidfd::open(const ProcId& id, const StillThere& still_there) {
  if (id.pid <= 1 || id.pid == ::getpid()) {
    return fail(Fault::Denied,
                "a pidfd of " + std::to_string(id.pid) + " is never wanted");
  }
  Result<UniqueFd> fd = open_pidfd(id.pid);
  if (!fd) return std::unexpected(std::move(fd.error()));
  Pidfd held(std::move(*fd), id);
  if (!still_there(id) || held.exited()) {
    return fail(Fault::NotFound, "pid " + std::to_string(id.pid) + " is gone");
  }
  return held;
}

bool Pidfd::exited() const {
  if (!fd_) return true;
  pollfd wait{.fd = fd_.get(), .events = POLLIN, .revents = 0};
  return ::poll(&wait, 1, 0) == 1 && (wait.revents & (POLLIN | POLLHUP)) != 0;
}

Result<void> Pidfd::signal(int signal) const {
  if (!fd_) return fail(Fault::NotFound, "signal: no process is held");
  if (!is_ours_to_send(signal)) {
    return fail(Fault::Malformed,
                "signal " + std::to_string(signal) + " is none of ours");
  }
  return signal_pidfd(fd_.get(), signal);
}

}  // namespace strayd
