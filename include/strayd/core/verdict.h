// What strayd concluded of one process, with a reason that a person can check.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strayd/core/process.h"

namespace strayd {

// From the strongest claim to live to the weakest.
enum class Standing { Protected, Managed, Held, Pending, Leftover, Stray };
inline constexpr std::array kStandings{Standing::Protected,
                                       Standing::Managed,
                                       Standing::Held,
                                       Standing::Pending,
                                       Standing::Leftover,
                                       Standing::Stray};
std::string_view to_string(Standing standing);

// Fixed words: they become the label `reason`. The text beside them is for a
// person.
enum class Why {
  // protected
  Init,
  KernelThread,
  Strayd,
  Zombie,
  OtherPidNamespace,
  Container,
  ProtectRule,
  ProtectMarker,
  Traced,
  NeverEligible,  // sshd, a database, a terminal multiplexer …
  // managed
  SupervisorProcess,
  BelowSupervisor,
  ListedByPm2,
  SystemdService,  // also held: it may be what a unit runs
  // held
  BrokenChain,
  Unreadable,
  CookieBroken,
  Pm2Silent,
  Pm2Lost,
  Pm2Unsettled,
  Pm2ListEmpty,
  Pm2ListStale,    // it lists a pid whose start time does not fit
  Pm2Contradicts,  // two daemons, a peer of another user …
  SameGeneration,
  NewerTooFresh,
  OnlyCopy,             // no newer incarnation serves
  LetGo,                // its app let it go on purpose
  ToldToLeave,          // PM2 is told to leave it (treekill)
  SeenBelowSupervisor,  // another supervisor's, which it has parted from
  Forgotten,            // what was known of its origin is lost
  PossibleSupervisor,   // a living process above it may own it
  Pidfile,              // a pidfile names it
  ComesBack,            // somebody starts it again whenever it is ended
  ForeignDescendant,
  ProtectedDescendant,
  ManagedSibling,  // the wrapper above it carries something managed too
  TreeTooLarge,
  // pending
  TooYoung,
  Unconfirmed,
  // orphan
  Superseded,         // leftover: a newer generation of its app is listed
  Deleted,            // leftover: its own daemon lists the app no more
  EarlierInvocation,  // leftover: of a unit that systemd has started anew
  NoOwner             // stray
};
std::string_view to_string(Why why);  // snake_case

struct Reason {
  Why why = Why::Unreadable;
  std::string text{};  // one line; may hold foreign bytes, escaped at the edge

  bool operator==(const Reason&) const = default;
};

// What an operator could do to change a verdict; one sentence.
std::string_view remedy(Why why);

// Its place in the tree that would be ended together.
enum class Role {
  Candidate,  // a rule matches it
  Wrapper,    // an ancestor that only carries it: sh -c, npm, npx
  Descendant  // comes along with a candidate above it
};
std::string_view to_string(Role role);

struct Verdict {
  ProcId id{};
  Standing standing = Standing::Held;
  Reason reason{};
  Role role = Role::Candidate;
  std::string rule{};  // the rule's name; of the tree for a wrapper, descendant
  std::string app{};   // the app it belongs, or belonged, to; empty: none
  std::string home{};  // that app's PM2_HOME; empty: none
  // From its parent to pid 1, as far as the snapshot shows.
  std::vector<ProcId> chain{};
  // The topmost process of the orphan tree that it is a member of; itself
  // where there is no tree.
  ProcId tree{};
  // Leftover or Stray for a member of an orphan tree, also while it is pending.
  std::optional<Standing> kind{};

  bool operator==(const Verdict&) const = default;
};

inline bool is_orphan(Standing standing) {
  return standing == Standing::Leftover || standing == Standing::Stray;
}

// Held, and for nothing but that somebody starts it again.
inline bool is_kept(const Verdict& verdict) {
  return verdict.standing == Standing::Held &&
         verdict.reason.why == Why::ComesBack;
}

}  // namespace strayd
