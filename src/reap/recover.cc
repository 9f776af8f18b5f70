#include "strayd/reap/recover.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "strayd/sys/os.h"

#include "grip.h"
#include "kin.h"

namespace strayd {
namespace {

constexpr std::chrono::milliseconds kDyingTime{500};
constexpr std::size_t kLongestStatus = std::size_t{64} * 1024;

struct Case {
  Grip process{};
  Recovered recovered{};
};

bool may_be_frozen(Step last_step) {
  return last_step == Step::Freeze || last_step == Step::Kill;
}

// A SIGSTOP may be sent and not yet have arrived: SIGCONT takes it back, so it
// goes to all that may be frozen, and hurts none that is not.
void thaw(Case& found) {
  if (!may_be_frozen(found.recovered.left.last_step)) return;
  const Result<Kin> now = read_kin(found.process.id().pid);
  const Result<void> sent = found.process.signal(SIGCONT);
  if (!sent) {
    found.recovered.detail = sent.error().what;
  } else if (now && now->state == 'T') {
    found.recovered.finding = Finding::Thawed;
  }
}

Case examine(const LeftOver& left, std::string_view boot_id) {
  Case found{.recovered = {.left = left}};
  if (left.boot_id != boot_id) return found;
  std::string unread;  // it may be there all the same
  Result<Grip> process = Grip::open(left.id, [&](const ProcId& id) {
    const Result<Kin> now = read_kin(id.pid);
    if (!now && now.error().fault != Fault::NotFound) unread = now.error().what;
    return now && now->id == id && is_alive(*now);
  });
  if (process) {
    found.recovered.finding = Finding::StillAlive;
    found.process = std::move(*process);
    thaw(found);
  } else if (!unread.empty() || process.error().fault != Fault::NotFound) {
    found.recovered.finding = Finding::StillAlive;
    found.recovered.detail = unread.empty() ? process.error().what : unread;
  }
  return found;
}

// A line of /proc/PID/status (proc(5)): the signals pending for the first
// thread, in hex. The kernel puts a SIGKILL there for each thread.
bool has_pending_kill(std::string_view status) {
  constexpr std::string_view kPending = "\nSigPnd:\t";
  const std::size_t at = status.find(kPending);
  if (at == std::string_view::npos) return false;
  status.remove_prefix(at + kPending.size());
  std::uint64_t signals = 0;
  std::from_chars(status.data(), status.data() + status.size(), signals, 16);
  return (signals >> (SIGKILL - 1) & 1) != 0;
}

// What the ended strayd had sent is there: nobody sends any more.
bool is_about_to_exit(const Case& found) {
  if (found.process.exited()) return false;
  const ProcId& id = found.process.id();
  const Result<std::string> status =
      read_file("/proc/" + std::to_string(id.pid) + "/status", kLongestStatus);
  return is_dying(id) || (status && has_pending_kill(*status));
}

void await_exits(const std::vector<Case>& cases) {
  const std::chrono::nanoseconds end = steady_time() + kDyingTime;
  for (const Case& found : cases) {
    while (is_about_to_exit(found)) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          end - steady_time());
      if (left.count() <= 0) return;
      pollfd wait{.fd = found.process.fd(), .events = POLLIN, .revents = 0};
      if (::poll(&wait, 1, static_cast<int>(left.count())) < 0 &&
          errno != EINTR) {
        return;
      }
    }
  }
}

}  // namespace

std::string_view to_string(Finding finding) {
  switch (finding) {
    case Finding::Exited:
      return "exited";
    case Finding::StillAlive:
      return "still_alive";
    case Finding::Thawed:
      return "thawed";
  }
  return "exited";
}

std::vector<Recovered> recover(std::span<const LeftOver> left,
                               std::string_view boot_id) {
  std::vector<Case> cases;
  cases.reserve(left.size());
  for (const LeftOver& one : left) cases.push_back(examine(one, boot_id));
  await_exits(cases);
  std::vector<Recovered> all;
  all.reserve(cases.size());
  for (Case& found : cases) {
    if (found.process.fd() >= 0 && found.process.exited()) {
      found.recovered.finding = Finding::Exited;
    }
    all.push_back(std::move(found.recovered));
  }
  return all;
}

}  // namespace strayd
