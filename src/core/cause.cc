#include "cause.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <string_view>
#include <utility>

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

bool was_signalled(const Death* death) {
  return death != nullptr && death->status.how == How::Signalled;
}

bool by_strayd(const CauseEvidence& evidence, const Death* death) {
  return was_signalled(death) && evidence.signalled.contains(death->id);
}

Cause by_signal(const Death& death) {
  const bool killed = death.status.value == SIGKILL;
  return killed && death.oom ? Cause::Oom : Cause::Signal;
}

// Whether what npm or a shell ended with can be of that signal: theirs is 128
// and the signal, or any code of their own.
bool may_come_of(int exit_code, const Death& served) {
  const int signal = exit_code - kSignalBase;
  const bool tells = signal > 0 && signal <= kLargestSignal;
  return !tells || signal == served.status.value;
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
  if (ending.signal != "SIGKILL") return Cause::Signal;
  if (process != nullptr) return process->oom ? Cause::Oom : Cause::Signal;
  return ending.starving ? Cause::Unknown : Cause::Signal;
}

// PM2 says 0, and SIGINT, both of an exit with 0 and of a real SIGINT; and 0 of
// all other signals.
Cause of_code_zero(const CauseEvidence& evidence) {
  const Death* const process = own(evidence);
  if (was_signalled(process)) return by_signal(*process);
  if (process != nullptr && process->status.how == How::Exited) {
    return Cause::ExitCode;
  }
  return of_word(*evidence.ending, process, evidence.signalled);
}

Cause of_death(const CauseEvidence& evidence) {
  const std::optional<int> code = evidence.ending->exit_code;
  if (!code) return Cause::Unknown;
  const Death* const server = served(evidence);
  const bool signalled = was_signalled(own(evidence));
  if (!signalled && was_signalled(server) && may_come_of(*code, *server)) {
    return by_signal(*server);
  }
  if (*code == 0) return of_code_zero(evidence);
  return evidence.port_conflict ? Cause::PortConflict : Cause::ExitCode;
}

// 0: none that matters here.
int number_of(std::string_view signal) {
  constexpr std::array<std::pair<std::string_view, int>, 11> kNames{
      {{"SIGHUP", SIGHUP},
       {"SIGKILL", SIGKILL},
       {"SIGTERM", SIGTERM},
       {"SIGPIPE", SIGPIPE},
       {"SIGABRT", SIGABRT},
       {"SIGSEGV", SIGSEGV},
       {"SIGBUS", SIGBUS},
       {"SIGILL", SIGILL},
       {"SIGFPE", SIGFPE},
       {"SIGTRAP", SIGTRAP},
       {"SIGSYS", SIGSYS}}};
  const auto* const found = std::ranges::find(
      kNames, signal, &std::pair<std::string_view, int>::first);
  return found == kNames.end() ? 0 : found->second;
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

}  // namespace

Cause cause_of(const CauseEvidence& evidence) {
  const Ending* const ending = evidence.ending;
  const Ending::How how =
      ending == nullptr ? Ending::How::Unclear : ending->how;
  switch (how) {
    case Ending::How::Wanted:
      return of_wish(*ending);
    case Ending::How::Replaced:
      return of_reload(*ending);
    case Ending::How::Died:
    case Ending::How::Unclear:
      break;
  }
  if (by_strayd(evidence, own(evidence)) ||
      by_strayd(evidence, served(evidence))) {
    return Cause::Strayd;
  }
  return how == Ending::How::Died ? of_death(evidence) : Cause::Unknown;
}

ExitStatus end_of(const CauseEvidence& evidence) {
  const Ending* const ending = evidence.ending;
  const bool wished =
      ending != nullptr && (ending->how == Ending::How::Wanted ||
                            ending->how == Ending::How::Replaced);
  if (wished) return {};
  const Death* const process = own(evidence);
  const Death* const server = served(evidence);
  if (!was_signalled(process) && was_signalled(server)) return server->status;
  if (process != nullptr && (process->status.how == How::Exited ||
                             process->status.how == How::Signalled)) {
    return process->status;
  }
  if (ending == nullptr || !ending->exit_code) return {};
  if (*ending->exit_code != 0) {
    return {.how = How::Exited, .value = *ending->exit_code};
  }
  if (ending->signal.empty() || ending->signal == "SIGINT") return {};
  return {.how = How::Signalled, .value = number_of(ending->signal)};
}

}  // namespace strayd
