#include "cause.h"

#include <csignal>
#include <span>
#include <string_view>

#include "strayd/core/ends.h"

#include "sent_by.h"

namespace strayd {
namespace {

using How = ExitStatus::How;

constexpr int kSignalBase = 128;  // of a shell's code for a death by signal
constexpr int kLargestSignal = 64;

const Death* own(const CauseEvidence& evidence) {
  if (evidence.deaths == nullptr || !evidence.deaths->own) return nullptr;
  return &*evidence.deaths->own;
}

const Death* served(const CauseEvidence& evidence) {
  if (evidence.deaths == nullptr || !evidence.deaths->served) return nullptr;
  return &*evidence.deaths->served;
}

std::span<const SentSignal> signals(const CauseEvidence& evidence) {
  if (evidence.deaths == nullptr) return {};
  return evidence.deaths->signals;
}

bool was_signalled(const Death* death) {
  return death != nullptr && death->status.how == How::Signalled;
}

bool by_strayd(const CauseEvidence& evidence, const Death* death) {
  return was_signalled(death) && evidence.signalled.contains(death->id);
}

// Who raises a fault by itself, or is ended for want of memory, was sent
// nothing. Where nobody told of a sender the number says what it was.
Cause cause_by(const Death& death, const SentSignal* sent) {
  const bool nobody_sent_it = sent == nullptr ||
                              sent->sender.kind == Sender::Kind::Itself ||
                              sent->sender.kind == Sender::Kind::Kernel;
  if (sent != nullptr && sent->sender.kind == Sender::Kind::Strayd) {
    return Cause::Strayd;
  }
  if (is_fault(death.status.value) && nobody_sent_it) return Cause::Fault;
  const bool killed = death.status.value == SIGKILL;
  return killed && death.oom && nobody_sent_it ? Cause::Oom : Cause::Signal;
}

Explained by_signal(const Death& death, const CauseEvidence& evidence) {
  const SentSignal* const sent =
      that_ended(death, signals(evidence), evidence.patience);
  return {.cause = cause_by(death, sent), .how = death.status, .sent = sent};
}

// Whether what npm or a shell ended with can be of that signal: theirs is 128
// and the signal, or any code of their own.
bool may_come_of(int exit_code, const Death& served) {
  const int signal = exit_code - kSignalBase;
  const bool tells = signal > 0 && signal <= kLargestSignal;
  return !tells || signal == served.status.value;
}

int signal_of(std::string_view word) {
  for (int signal = 1; signal < kLargestSignal; ++signal) {
    if (signal_name(signal) == word) return signal;
  }
  return 0;
}

// Where the kernel can't say how it ended, PM2's word for the signal.
Cause of_word(const Ending& ending,
              const Death* process,
              const std::set<ProcId>& signalled) {
  if (ending.signal.empty() || ending.signal == "SIGINT") {
    return Cause::Unknown;
  }
  if (process != nullptr && signalled.contains(process->id)) {
    return Cause::Strayd;
  }
  if (is_fault(signal_of(ending.signal))) return Cause::Fault;
  if (ending.signal != "SIGKILL") return Cause::Signal;
  if (process != nullptr) return process->oom ? Cause::Oom : Cause::Signal;
  return ending.starving ? Cause::Unknown : Cause::Signal;
}

ExitStatus how_by_word(const Ending& ending) {
  if (ending.signal.empty() || ending.signal == "SIGINT") return {};
  return {.how = How::Signalled, .value = signal_of(ending.signal)};
}

// An app that catches a signal from outside, and ends as it should.
std::optional<Explained> on_request(const CauseEvidence& evidence, int code) {
  const SentSignal* const sent = that_asked(
      code, evidence.ending->at_ms, signals(evidence), evidence.patience);
  if (sent == nullptr) return std::nullopt;
  return Explained{.cause = sent->sender.kind == Sender::Kind::Strayd
                                ? Cause::Strayd
                                : Cause::Signal,
                   .how = {.how = How::Exited, .value = code},
                   .sent = sent};
}

// PM2 says 0, and SIGINT, both of an exit with 0 and of a real SIGINT; and 0 of
// all other signals.
Explained of_code_zero(const CauseEvidence& evidence) {
  const Death* const process = own(evidence);
  if (was_signalled(process)) return by_signal(*process, evidence);
  if (process != nullptr && process->status.how == How::Exited) {
    return on_request(evidence, 0)
        .value_or(Explained{.cause = Cause::ExitCode, .how = process->status});
  }
  const Ending& ending = *evidence.ending;
  return {.cause = of_word(ending, process, evidence.signalled),
          .how = how_by_word(ending)};
}

Explained of_death(const CauseEvidence& evidence) {
  const std::optional<int> code = evidence.ending->exit_code;
  if (!code) return {};
  const Death* const server = served(evidence);
  const bool signalled = was_signalled(own(evidence));
  if (!signalled && was_signalled(server) && may_come_of(*code, *server)) {
    return by_signal(*server, evidence);
  }
  if (*code == 0) return of_code_zero(evidence);
  if (const auto asked = on_request(evidence, *code)) return *asked;
  const Ending& ending = *evidence.ending;
  return {.cause = ending.port_conflict ? Cause::PortConflict : Cause::ExitCode,
          .how = {.how = How::Exited, .value = *code},
          .by_word = ending.port_by_word};
}

// PM2 doesn't say why it ends one, only beforehand that it is about to.
Cause of_wish(const Ending& ending) {
  if (ending.asked) return Cause::Operator;
  if (!ending.whole) return Cause::Unknown;
  if (ending.watch && ending.memory_limit) return Cause::Unknown;
  if (ending.watch) return Cause::Watch;
  return ending.memory_limit ? Cause::MemoryLimit : Cause::Operator;
}

// For a change PM2 never reloads, but restarts.
Cause of_reload(const Ending& ending) {
  const Cause cause = of_wish(ending);
  return cause == Cause::Watch ? Cause::Unknown : cause;
}

// How PM2's own child ended, whatever for.
ExitStatus own_end(const CauseEvidence& evidence) {
  const Death* const process = own(evidence);
  return process == nullptr ? ExitStatus{} : process->status;
}

// Where PM2 told of no end, the kernel alone.
ExitStatus seen_end(const CauseEvidence& evidence) {
  const Death* const server = served(evidence);
  const bool by_server = !was_signalled(own(evidence)) && was_signalled(server);
  return by_server ? server->status : own_end(evidence);
}

}  // namespace

Explained cause_of(const CauseEvidence& evidence) {
  const Ending* const ending = evidence.ending;
  const Ending::How how =
      ending == nullptr ? Ending::How::Unclear : ending->how;
  switch (how) {
    case Ending::How::Wanted:
      return {.cause = of_wish(*ending), .how = own_end(evidence)};
    case Ending::How::Replaced:
      return {.cause = of_reload(*ending), .how = own_end(evidence)};
    case Ending::How::Died:
    case Ending::How::Unclear:
      break;
  }
  for (const Death* const death : {own(evidence), served(evidence)}) {
    if (!by_strayd(evidence, death)) continue;
    Explained found = by_signal(*death, evidence);
    found.cause = Cause::Strayd;
    return found;
  }
  if (how == Ending::How::Died) return of_death(evidence);
  return {.how = seen_end(evidence)};
}

}  // namespace strayd
