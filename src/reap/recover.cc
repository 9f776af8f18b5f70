#include "strayd/reap/recover.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "strayd/reap/pidfd.h"
#include "strayd/sys/os.h"

#include "kin.h"

namespace strayd {
namespace {

constexpr std::chrono::milliseconds kKillOnItsWay{500};

struct Case {
  Pidfd process{};
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
  Result<Pidfd> process = Pidfd::open(left.id, [](const ProcId& id) {
    const Result<Kin> now = read_kin(id.pid);
    return now && now->id == id && is_alive(*now);
  });
  if (process) {
    found.recovered.finding = Finding::StillAlive;
    found.process = std::move(*process);
    thaw(found);
  } else if (process.error().fault != Fault::NotFound) {
    found.recovered.finding = Finding::StillAlive;
    found.recovered.detail = process.error().what;
  }
  return found;
}

bool awaits_a_kill(const Case& found) {
  return found.recovered.left.last_step == Step::Kill &&
         !found.process.exited();
}

void await_kills(const std::vector<Case>& cases) {
  const std::chrono::nanoseconds end = steady_time() + kKillOnItsWay;
  for (const Case& found : cases) {
    while (awaits_a_kill(found)) {
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
  for (const LeftOver& one : left) cases.push_back(examine(one, boot_id));
  await_kills(cases);
  std::vector<Recovered> all;
  for (Case& found : cases) {
    if (found.process.fd() >= 0 && found.process.exited()) {
      found.recovered.finding = Finding::Exited;
    }
    all.push_back(std::move(found.recovered));
  }
  return all;
}

}  // namespace strayd
