#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "strayd/agent/scanner.h"
#include "strayd/agent/signals.h"
#include "strayd/agent/start.h"
#include "strayd/cli/options.h"
#include "strayd/reap/reaper.h"
#include "strayd/report/render.h"
#include "strayd/sys/os.h"

#include "agent_word.h"

namespace strayd {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

// Beyond the settle time: PM2 is given its own time to end an old launch, and
// no list says when that is over.
constexpr auto kLongestWait = seconds{45};

// What another look may still decide.
bool may_ripen(const Report& report) {
  return std::ranges::any_of(report.verdicts, [](const Verdict& verdict) {
    return verdict.reason.why == Why::Unconfirmed ||
           verdict.reason.why == Why::Pm2Unsettled ||
           verdict.reason.why == Why::NewerTooFresh;
  });
}

// Looks while it lasts confirm nothing.
bool awaits_pm2(const Report& report) {
  return std::ranges::any_of(report.verdicts, [](const Verdict& verdict) {
    return verdict.reason.why == Why::NewerTooFresh ||
           verdict.reason.why == Why::Pm2Unsettled;
  });
}

class Pass {
 public:
  Pass(const CommandLine& line, Signals& signals, Scanner& scanner)
      : line_(line), signals_(signals), scanner_(scanner) {}

  Report run() {
    const nanoseconds began = steady_time();
    const Policy& policy = scanner_.config().policy;
    const nanoseconds patience = policy.settle + kLongestWait;
    // One look more than confirmations: PM2's list must be seen twice before
    // the first of them counts.
    const int wanted = policy.confirmations + 1;
    int scans = 1;
    int since_settled = 1;
    Report report = *scanner_.scan();
    keep(report);
    while (!line_.quick && !signals_.stop() && may_ripen(report)) {
      const bool patient =
          awaits_pm2(report) && steady_time() - began < patience;
      if (patient) since_settled = 0;
      if (since_settled >= wanted) break;
      progress(scans, scans - since_settled + wanted);
      wait_until(steady_time() + policy.interval);
      if (signals_.stop()) break;
      report = *scanner_.scan();
      keep(report);
      ++scans;
      ++since_settled;
    }
    finish_reaps();
    Report last = *scanner_.latest();
    keep(last);
    last.reaped = std::move(reaped_);
    return last;
  }

 private:
  void keep(const Report& report) {
    for (const Reaped& reaped : report.reaped) reaped_.push_back(reaped);
  }

  void finish_reaps() {
    while (scanner_.awaited() > 0 && !signals_.stop()) {
      wait_until(scanner_.deadline().value_or(steady_time() + seconds{1}));
    }
    scanner_.abandon();
    clear_progress();
  }

  static void progress(int scans, int wanted) {
    if (::isatty(STDERR_FILENO) == 0) return;
    fmt::print(stderr,
               "\rlooking again to be sure: {} of at least {} snapshots …",
               scans,
               wanted);
  }

  static void clear_progress() {
    if (::isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r\x1b[K");
  }

  // Until then, or a signal; reaps under way go on.
  void wait_until(nanoseconds until) {
    while (!signals_.stop() && steady_time() < until) {
      std::vector<pollfd> awaited{
          {.fd = signals_.fd(), .events = POLLIN, .revents = 0}};
      for (const int fd : scanner_.wait_fds()) {
        awaited.push_back({.fd = fd, .events = POLLIN, .revents = 0});
      }
      const nanoseconds wake =
          std::min(until, scanner_.deadline().value_or(until));
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(
          std::max(wake - steady_time(), nanoseconds{0}));
      const int ready = ::poll(
          awaited.data(), awaited.size(), static_cast<int>(left.count()));
      signals_.take();
      scanner_.advance();
      if (ready > 0 && scanner_.awaited() == 0 && awaited.size() > 1) return;
    }
  }

  const CommandLine& line_;
  Signals& signals_;
  Scanner& scanner_;
  std::vector<Reaped> reaped_{};
};

// Orphans that are still there, or whose end is not known.
bool orphans_left(const Report& report) {
  const auto ended = [&](const ProcId& id) {
    return std::ranges::any_of(report.reaped, [&](const Reaped& reaped) {
      return reaped.id == id && reaped.outcome != Outcome::Refused &&
             reaped.outcome != Outcome::Failed;
    });
  };
  return std::ranges::any_of(report.verdicts, [&](const Verdict& verdict) {
    return verdict.kind.has_value() && !ended(verdict.id);
  });
}

ExitCode exit_code(const Report& report) {
  if (report.failure) return ExitCode::Failed;
  if (evidence_missing(report)) return ExitCode::EvidenceMissing;
  return orphans_left(report) ? ExitCode::OrphansLeft : ExitCode::Done;
}

}  // namespace

ExitCode scan_command(const CommandLine& line) {
  Result<Config> config = config_of_this_host(line, "rules");
  if (!config) return complain(config.error(), ExitCode::Usage);
  Result<Signals> signals = Signals::block();
  if (!signals) return complain(signals.error(), ExitCode::Failed);
  const Wish wish = line.reap ? Wish::Reap : Wish::Look;
  Result<Scanner::Parts> parts = prepare(*config, line.procfs, wish);
  if (!parts) return complain(parts.error(), ExitCode::Failed);
  const std::string state_dir = config->state_dir;
  if (line.reap) parts->beside = claims_of_agent(state_dir);
  parts->stopping = [&] {
    signals->take();
    return signals->stop();
  };
  if (auto forbidden = forbid_pid_signals(); !forbidden) {
    return complain(forbidden.error(), ExitCode::Failed);
  }
  Scanner scanner(*std::move(parts));
  Report report = Pass(line, *signals, scanner).run();
  if (report.failure) return complain(*report.failure, ExitCode::Failed);
  const auto silence = ask_for_opinions(state_dir, line.reap, report);
  if (silence) {
    fmt::print(stderr, "{}; what follows is this look alone.\n", *silence);
  }
  if (line.json) {
    fmt::print("{}", scan_json(report));
  } else {
    fmt::print("{}", scan_text(report));
  }
  return exit_code(report);
}

}  // namespace strayd
