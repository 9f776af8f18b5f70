#include "strayd/agent/signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "strayd/sys/os.h"

namespace strayd {

Result<Signals> Signals::block() {
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGTERM);
  sigaddset(&awaited, SIGINT);
  sigaddset(&awaited, SIGHUP);
  sigset_t blocked = awaited;
  sigaddset(&blocked, SIGPIPE);
  if (const int error = pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
      error != 0) {
    return std::unexpected(errno_error("block signals", error));
  }
  UniqueFd fd(signalfd(-1, &awaited, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return std::unexpected(errno_error("signalfd", errno));
  return Signals(std::move(fd));
}

void Signals::take() {
  signalfd_siginfo info{};
  while (::read(fd_.get(), &info, sizeof info) ==
         static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo == SIGHUP) {
      reload_ = true;
    } else {
      stop_ = true;
    }
  }
}

bool Signals::reload() {
  return std::exchange(reload_, false);
}

}  // namespace strayd
