#include "blame.h"

#include <csignal>

#include "strayd/core/ends.h"

namespace strayd {

bool is_known_as_sent(const Restart& restart) {
  return restart.sent && (restart.sent->sender.kind == Sender::Kind::Outside ||
                          restart.sent->sender.kind == Sender::Kind::Pm2);
}

bool is_sent(const Restart& restart) {
  if (restart.sent) return is_known_as_sent(restart);
  // The kernel's for a pipe without a reader is nobody's wish either.
  return restart.how.how == ExitStatus::How::Signalled &&
         !is_fault(restart.how.value) && restart.how.value != SIGPIPE;
}

bool may_be_ours(Cause cause) {
  switch (cause) {
    case Cause::ExitCode:
    case Cause::Signal:
    case Cause::Fault:
    case Cause::Strayd:
    case Cause::Missed:
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

bool may_be_ours(const Restart& restart) {
  return may_be_ours(restart.cause) || restart.by_word;
}

bool is_own(Cause cause) {
  return may_be_ours(cause) || cause == Cause::Oom ||
         cause == Cause::PortConflict;
}

}  // namespace strayd
