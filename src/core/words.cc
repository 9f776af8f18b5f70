// The fixed words of design, metrics and logs, each in one place.
#include <cstdlib>
#include <string_view>

#include "strayd/core/app_report.h"
#include "strayd/core/harm.h"
#include "strayd/core/intent.h"
#include "strayd/core/ledger.h"
#include "strayd/core/plan.h"
#include "strayd/core/report.h"
#include "strayd/core/supervisor.h"
#include "strayd/core/ties.h"
#include "strayd/core/verdict.h"

namespace strayd {

std::string_view to_string(Pm2Status status) {
  switch (status) {
    case Pm2Status::Online:
      return "online";
    case Pm2Status::Launching:
      return "launching";
    case Pm2Status::Stopping:
      return "stopping";
    case Pm2Status::Stopped:
      return "stopped";
    case Pm2Status::Errored:
      return "errored";
    case Pm2Status::WaitingRestart:
      return "waiting restart";
    case Pm2Status::Unknown:
      return "unknown";
  }
  std::abort();
}

std::string_view to_string(SupervisorKind kind) {
  switch (kind) {
    case SupervisorKind::Pm2Daemon:
      return "PM2 God Daemon";
    case SupervisorKind::Pm2Runtime:
      return "pm2-runtime";
    case SupervisorKind::Systemd:
      return "systemd";
    case SupervisorKind::Container:
      return "container runtime";
    case SupervisorKind::Other:
      return "supervisor";
  }
  std::abort();
}

std::string_view to_string(Owner owner) {
  switch (owner) {
    case Owner::Managed:
      return "managed";
    case Owner::Orphan:
      return "orphan";
    case Owner::Foreign:
      return "foreign";
  }
  std::abort();
}

std::string_view to_string(Standing standing) {
  switch (standing) {
    case Standing::Protected:
      return "protected";
    case Standing::Managed:
      return "managed";
    case Standing::Held:
      return "held";
    case Standing::Pending:
      return "pending";
    case Standing::Leftover:
      return "leftover";
    case Standing::Stray:
      return "stray";
  }
  std::abort();
}

std::string_view to_string(Role role) {
  switch (role) {
    case Role::Candidate:
      return "candidate";
    case Role::Wrapper:
      return "wrapper";
    case Role::Descendant:
      return "descendant";
  }
  std::abort();
}

std::string_view to_string(Withheld why) {
  switch (why) {
    case Withheld::Observing:
      return "observing";
    case Withheld::RuleForbids:
      return "rule_forbids";
    case Withheld::BreakerOpen:
      return "breaker_open";
    case Withheld::OverBudget:
      return "over_budget";
    case Withheld::Disarmed:
      return "disarmed";
    case Withheld::EvidenceMissing:
      return "evidence_missing";
  }
  std::abort();
}

std::string_view to_string(Step step) {
  switch (step) {
    case Step::Terminate:
      return "terminate";
    case Step::Freeze:
      return "freeze";
    case Step::Kill:
      return "kill";
    case Step::Thaw:
      return "thaw";
  }
  std::abort();
}

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::Operator:
      return "operator";
    case Cause::Watch:
      return "watch";
    case Cause::MemoryLimit:
      return "memory_limit";
    case Cause::ExitCode:
      return "exit_code";
    case Cause::Signal:
      return "signal";
    case Cause::Fault:
      return "fault";
    case Cause::Oom:
      return "oom";
    case Cause::PortConflict:
      return "port_conflict";
    case Cause::Strayd:
      return "strayd";
    case Cause::Missed:
      return "missed";
    case Cause::Unknown:
      return "unknown";
  }
  std::abort();
}

std::string_view to_string(TieKind kind) {
  switch (kind) {
    case TieKind::Connection:
      return "connection";
    case TieKind::UnixSocket:
      return "unix_socket";
    case TieKind::Pipe:
      return "pipe";
    case TieKind::Session:
      return "session";
    case TieKind::ProcessGroup:
      return "process_group";
  }
  std::abort();
}

std::string_view to_string(HarmKind kind) {
  switch (kind) {
    case HarmKind::LostProcess:
      return "lost_process";
    case HarmKind::LostListener:
      return "lost_listener";
    case HarmKind::Restarted:
      return "restarted";
    case HarmKind::FollowsKills:
      return "follows_kills";
  }
  std::abort();
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::Terminated:
      return "terminated";
    case Outcome::Killed:
      return "killed";
    case Outcome::Gone:
      return "gone";
    case Outcome::Refused:
      return "refused";
    case Outcome::Failed:
      return "failed";
  }
  std::abort();
}

std::string_view to_string(FailureWhy why) {
  switch (why) {
    case FailureWhy::None:
      return "none";
    case FailureWhy::Changed:
      return "changed";
    case FailureWhy::Claimed:
      return "claimed";
    case FailureWhy::IntentFailed:
      return "intent_failed";
    case FailureWhy::Denied:
      return "denied";
    case FailureWhy::Survived:
      return "survived";
    case FailureWhy::GaveUp:
      return "gave_up";
    case FailureWhy::Withdrawn:
      return "withdrawn";
    case FailureWhy::Interrupted:
      return "interrupted";
    case FailureWhy::Error:
      return "error";
  }
  std::abort();
}

}  // namespace strayd
