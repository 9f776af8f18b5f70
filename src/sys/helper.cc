#include "strayd/sys/helper.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "strayd/sys/os.h"
#include "strayd/sys/pidfd.h"
#include "strayd/sys/signal_mask.h"

namespace strayd {
namespace {

// The child begins only when its parent holds it: one that could not be held
// could not be ended.
struct Leash {
  UniqueFd child;
  UniqueFd parent;
};

Result<Leash> make_leash() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return std::unexpected(errno_error("make a pipe for a helper", errno));
  }
  return Leash{.child = UniqueFd{ends[0]}, .parent = UniqueFd{ends[1]}};
}

[[noreturn]] void run(const std::function<void()>& serve,
                      Leash& leash,
                      pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it went before the prctl
  leash.parent = UniqueFd{};
  char go = 0;
  ssize_t got = 0;
  do {
    got = ::read(leash.child.get(), &go, 1);
  } while (got < 0 && errno == EINTR);
  if (got != 1) ::_exit(1);
  serve();
  ::_exit(0);
}

}  // namespace

Result<Helper> Helper::start(const std::function<void()>& serve) {
  Result<Leash> leash = make_leash();
  if (!leash) return std::unexpected(leash.error());
  const pid_t parent = ::getpid();
  pid_t pid = -1;
  {
    // A handler of the parent's must not run in the child.
    const AllSignalsBlocked blocked;
    pid = ::fork();
    if (pid == 0) run(serve, *leash, parent);
  }
  if (pid < 0) return std::unexpected(errno_error("fork a helper", errno));

  // Our own child, not yet reaped: the number is still its own.
  Result<UniqueFd> pidfd = open_pidfd(pid);
  if (!pidfd) {
    leash->parent = UniqueFd{};
    ::waitpid(pid, nullptr, 0);
    return std::unexpected(pidfd.error());
  }
  // It waits there; if something else has ended it, that will be seen.
  static_cast<void>(::write(leash->parent.get(), "g", 1) == 1);
  return Helper{pid, *std::move(pidfd)};
}

Helper::~Helper() {
  if (!pidfd_) return;
  kill();
  static_cast<void>(ended(std::chrono::seconds{1}));
}

void Helper::kill() {
  // It may be gone; nothing else can be wrong with a child of ours.
  if (pidfd_) static_cast<void>(signal_pidfd(pidfd_.get(), SIGKILL));
}

bool Helper::ended(std::chrono::milliseconds within) {
  if (!pidfd_) return true;
  pollfd watched{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
  if (::poll(&watched, 1, static_cast<int>(within.count())) <= 0) return false;
  siginfo_t ignored{};
  ::waitid(
      P_PIDFD, static_cast<id_t>(pidfd_.get()), &ignored, WEXITED | WNOHANG);
  pidfd_ = UniqueFd{};
  return true;
}

void close_from(unsigned first) {
  if (::close_range(first, ~0U, 0) == 0) return;
  rlimit limit{};  // before Linux 5.9
  ::getrlimit(RLIMIT_NOFILE, &limit);
  for (unsigned fd = first; fd < limit.rlim_cur; ++fd) {
    ::close(static_cast<int>(fd));
  }
}

}  // namespace strayd
