// A tree that is being ended: its members, what was sent to each, and what
// became of each. Every member is accounted for exactly once.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "strayd/core/plan.h"
#include "strayd/core/process.h"
#include "strayd/core/report.h"
#include "strayd/reap/reaper.h"

#include "grip.h"

namespace strayd {

// A freeze that finds more than this gives up.
inline constexpr std::size_t kLargestTree = 512;

// Why a tree is spared, as a whole.
struct Veto {
  Outcome outcome = Outcome::Refused;
  FailureWhy why = FailureWhy::Changed;
  std::string detail{};
};

struct Member {
  ProcId id{};
  Grip process{};
  // What was seen of it when the pidfd was opened; nullopt: it was found in a
  // freeze and nothing but its parent is known yet.
  std::optional<Process> witness{};
  std::optional<std::chrono::nanoseconds> first_signal{};  // steady_time()
  bool terminated = false;                                 // SIGTERM was sent
  bool killed = false;                                     // SIGKILL was sent
  std::optional<Veto> unsent{};  // why a signal could not be sent
  bool resolved = false;         // its outcome was told
};

enum class Phase { Grace, Dying };

struct Tree {
  std::string reap{};
  TreeOrder order{};
  // Parents before children.
  std::vector<Member> members{};
  Phase phase = Phase::Grace;
  std::chrono::nanoseconds deadline{};  // steady_time()
  // Set once the tree is spared: no one gets another signal, and those that
  // got SIGTERM are awaited, for they may end of it.
  std::optional<Veto> veto{};
};

std::string pid_text(const ProcId& id);  // "pid 12"

Member* find_member(Tree& tree, const ProcId& id);
bool is_over(const Tree& tree);  // every member is resolved

// Sends one signal and takes note of the time of the first one.
Result<void> send(Member& member, int signal);

// Tells the outcome, unless it was told before.
void resolve(const ReaperPorts& ports,
             const Tree& tree,
             Member& member,
             const Veto& outcome);

// Resolves those that have exited, by what was sent to them.
void settle(const ReaperPorts& ports, Tree& tree);

// Settles, then resolves all others alike.
void resolve_rest(const ReaperPorts& ports, Tree& tree, const Veto& outcome);

// Tells the outcome of those whose signal failed, and of those that got none
// because of tree.veto. Not while they stand still: the outcome is the last
// word, and nobody would look for one that is frozen after it.
void resolve_unsent(const ReaperPorts& ports, Tree& tree);

// Tells the outcome of all but those that were sent SIGTERM.
void spare(const ReaperPorts& ports, Tree& tree, const Veto& veto);

// Why no signal may be sent now, whatever the tree looks like.
std::optional<Veto> forbidden_now(const ReaperPorts& ports, const Tree& tree);

// Durable promises of these steps for members not resolved, in this order.
Result<void> promise(const ReaperPorts& ports,
                     const Tree& tree,
                     std::span<const Member> members,
                     std::span<const Step> steps);

}  // namespace strayd
