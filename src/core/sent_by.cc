#include "sent_by.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <ranges>

#include "strayd/core/ends.h"

namespace strayd {
namespace {

constexpr int kSignalBase = 128;  // of a shell's code for a death by signal
// Between the end and PM2's word on it, and of clocks.
constexpr std::chrono::milliseconds kLate{500};
// What an app is asked to end by. SIGKILL asks nobody.
constexpr auto kRequests =
    std::to_array<int>({SIGHUP, SIGINT, SIGQUIT, SIGTERM});

bool is_request(int signal) {
  return std::ranges::find(kRequests, signal) != kRequests.end();
}

}  // namespace

bool is_from_outside(const SentSignal& sent) {
  switch (sent.sender.kind) {
    case Sender::Kind::Outside:
    case Sender::Kind::Pm2:
    case Sender::Kind::Strayd:
    case Sender::Kind::Kernel:
      return true;
    case Sender::Kind::Inside:
    case Sender::Kind::Itself:
      return false;
  }
  return true;
}

const SentSignal* that_ended(const Death& death,
                             std::span<const SentSignal> signals,
                             std::chrono::milliseconds patience) {
  const SentSignal* hit = nullptr;
  for (const SentSignal& sent : signals) {
    if (sent.target == death.id && sent.signal == death.status.value) {
      hit = &sent;
    }
  }
  if (hit == nullptr || is_from_outside(*hit)) return hit;
  // A fault is sent on by nobody but who caught it: node raises again the
  // SIGSEGV that is none of its own.
  const bool same = is_fault(hit->signal);
  const auto first = std::ranges::find_if(signals, [&](const auto& sent) {
    return is_from_outside(sent) && sent.at <= hit->at &&
           hit->at - sent.at <= patience &&
           (!same ||
            (sent.signal == hit->signal && sent.target == hit->target));
  });
  return first == signals.end() ? hit : &*first;
}

const SentSignal* that_asked(int exit_code,
                             std::optional<std::int64_t> ended_ms,
                             std::span<const SentSignal> signals,
                             std::chrono::milliseconds patience) {
  if (!ended_ms) return nullptr;
  const auto first = std::ranges::find_if(signals, [&](const auto& sent) {
    const std::chrono::milliseconds before{*ended_ms - sent.unix_ms};
    return is_from_outside(sent) && is_request(sent.signal) &&
           before >= -kLate && before <= patience + kLate &&
           (exit_code == 0 || exit_code == kSignalBase + sent.signal);
  });
  return first == signals.end() ? nullptr : &*first;
}

}  // namespace strayd
