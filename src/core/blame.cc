#include "blame.h"

#include <csignal>

namespace strayd {

bool is_sent(const ExitStatus& how) {
  if (how.how != ExitStatus::How::Signalled) return false;
  // What a program does to itself, or befalls it without anybody's wish.
  switch (how.value) {
    case SIGSEGV:
    case SIGABRT:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGTRAP:
    case SIGSYS:
    case SIGPIPE:
      return false;
    default:
      return true;
  }
}

bool may_be_ours(Cause cause) {
  switch (cause) {
    case Cause::ExitCode:
    case Cause::Signal:
    case Cause::Strayd:
    case Cause::Unknown:
      return true;
    case Cause::Operator:
    case Cause::Watch:
    case Cause::MemoryLimit:
    case Cause::Oom:
    case Cause::PortConflict:
      return false;
  }
  return true;
}

bool is_own(Cause cause) {
  return may_be_ours(cause) || cause == Cause::Oom ||
         cause == Cause::PortConflict;
}

}  // namespace strayd
