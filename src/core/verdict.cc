#include "strayd/core/verdict.h"

#include <cstdlib>

namespace strayd {

// NOLINTNEXTLINE(readability-function-size): a table of words
std::string_view to_string(Why why) {
  switch (why) {
    case Why::Init:
      return "init";
    case Why::KernelThread:
      return "kernel_thread";
    case Why::Strayd:
      return "strayd";
    case Why::Zombie:
      return "zombie";
    case Why::OtherPidNamespace:
      return "other_pid_namespace";
    case Why::Container:
      return "container";
    case Why::ProtectRule:
      return "protect_rule";
    case Why::ProtectMarker:
      return "protect_marker";
    case Why::Traced:
      return "traced";
    case Why::NeverEligible:
      return "never_eligible";
    case Why::SupervisorProcess:
      return "supervisor_process";
    case Why::BelowSupervisor:
      return "below_supervisor";
    case Why::ListedByPm2:
      return "listed_by_pm2";
    case Why::SystemdService:
      return "systemd_service";
    case Why::BrokenChain:
      return "broken_chain";
    case Why::Unreadable:
      return "unreadable";
    case Why::CookieBroken:
      return "cookie_broken";
    case Why::Pm2Silent:
      return "pm2_silent";
    case Why::Pm2Lost:
      return "pm2_lost";
    case Why::Pm2Unsettled:
      return "pm2_unsettled";
    case Why::Pm2ListEmpty:
      return "pm2_list_empty";
    case Why::Pm2ListStale:
      return "pm2_list_stale";
    case Why::Pm2Contradicts:
      return "pm2_contradicts";
    case Why::SameGeneration:
      return "same_generation";
    case Why::NewerTooFresh:
      return "newer_too_fresh";
    case Why::OnlyCopy:
      return "only_copy";
    case Why::LetGo:
      return "let_go";
    case Why::ToldToLeave:
      return "told_to_leave";
    case Why::SeenBelowSupervisor:
      return "seen_below_supervisor";
    case Why::Forgotten:
      return "forgotten";
    case Why::PossibleSupervisor:
      return "possible_supervisor";
    case Why::Pidfile:
      return "pidfile";
    case Why::ComesBack:
      return "comes_back";
    case Why::ForeignDescendant:
      return "foreign_descendant";
    case Why::ProtectedDescendant:
      return "protected_descendant";
    case Why::ManagedSibling:
      return "managed_sibling";
    case Why::TreeTooLarge:
      return "tree_too_large";
    case Why::TooYoung:
      return "too_young";
    case Why::Unconfirmed:
      return "unconfirmed";
    case Why::Superseded:
      return "superseded";
    case Why::Deleted:
      return "deleted";
    case Why::EarlierInvocation:
      return "earlier_invocation";
    case Why::NoOwner:
      return "no_owner";
  }
  std::abort();
}

// NOLINTNEXTLINE(readability-function-size): a table of words
std::string_view remedy(Why why) {
  switch (why) {
    case Why::Init:
    case Why::KernelThread:
    case Why::Strayd:
    case Why::NeverEligible:
      return "Nothing: strayd never ends a process of this kind.";
    case Why::Zombie:
      return "Nothing: it has exited; its parent must collect it.";
    case Why::OtherPidNamespace:
    case Why::Container:
      return "Nothing from here: it belongs to its container.";
    case Why::ProtectRule:
      return "Remove or narrow the protect rule.";
    case Why::ProtectMarker:
      return "Start it without STRAYD_PROTECT=1 in its environment.";
    case Why::Traced:
      return "Detach the debugger.";
    case Why::SupervisorProcess:
    case Why::BelowSupervisor:
    case Why::ListedByPm2:
      return "Stop it through its supervisor (pm2 stop, pm2 delete).";
    case Why::SystemdService:
      return "Stop the unit (systemctl stop).";
    case Why::BrokenChain:
      return "Nothing, if the tree was only in motion: the next scan looks "
             "again. Else strayd needs to see all processes (CAP_SYS_PTRACE, "
             "no hidepid).";
    case Why::Unreadable:
      return "Let strayd read it: see `strayd doctor` for the capability that "
             "lacks.";
    case Why::CookieBroken:
      return "Its PM2 variables contradict each other; end it by hand if it is "
             "yours.";
    case Why::Pm2Silent:
      // No command of pm2's: where the daemon is gone, it would start another.
      return "Look at its PM2 daemon: it is stopped (`kill -CONT` lets it go "
             "on), or busy.";
    case Why::Pm2Lost:
      return "Start its PM2 daemon again (`pm2 resurrect`), or end the process "
             "by hand.";
    case Why::Pm2Unsettled:
      return "Wait: the daemon is young, or its list has just changed.";
    case Why::Pm2ListEmpty:
      return "`pm2 resurrect` if apps are missing; `pm2 kill` if that daemon "
             "was started by accident.";
    case Why::Pm2ListStale:
      return "Wait for PM2 to notice, or `pm2 restart` the app.";
    case Why::Pm2Contradicts:
      return "Find out why two answers disagree (two daemons for one home, a "
             "socket of another user).";
    case Why::SameGeneration:
      return "Restart or delete the app in PM2; what then remains becomes a "
             "leftover.";
    case Why::NewerTooFresh:
      return "Wait: PM2 may still be ending it itself.";
    case Why::OnlyCopy:
      return "`pm2 resurrect`, or start the app where it was: the old process "
             "becomes a leftover. If PM2 gave the app up (errored): `pm2 "
             "stop` it, wait until the old process is gone, `pm2 restart` it.";
    case Why::LetGo:
      return "Its app started it to live on (nohup, setsid); end it by hand if "
             "it is not wanted.";
    case Why::ToldToLeave:
      return "Set `treekill` of the app to true, or end the process by hand.";
    case Why::SeenBelowSupervisor:
      return "Stop it through that supervisor, or end it by hand.";
    case Why::Forgotten:
      return "End it by hand if nobody owns it; what starts from now on is "
             "remembered.";
    case Why::PossibleSupervisor:
      return "If that program owns nothing of what it starts, name it in "
             "`carriers`; if it does, in `supervisors`.";
    case Why::Pidfile:
      return "Stop it through what wrote the pidfile, or remove the file if it "
             "is stale.";
    case Why::ComesBack:
      return "Stop what starts it: `strayd explain` names its parent. It is "
             "judged again after a day.";
    case Why::ManagedSibling:
      return "Stop what the wrapper carries beside it, or end the process by "
             "hand.";
    case Why::ForeignDescendant:
    case Why::ProtectedDescendant:
      return "End the descendant first, or leave the tree alone.";
    case Why::TreeTooLarge:
      return "Look at it by hand: a tree this large is not ended unasked.";
    case Why::TooYoung:
    case Why::Unconfirmed:
      return "Wait: the next scans confirm it.";
    case Why::Superseded:
    case Why::Deleted:
    case Why::EarlierInvocation:
    case Why::NoOwner:
      return "Enforce (`mode`: \"enforce\", or `strayd scan --reap`) ends it; "
             "a "
             "protect rule or STRAYD_PROTECT=1 spares it.";
  }
  std::abort();
}

}  // namespace strayd
