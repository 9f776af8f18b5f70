#include "freeze.h"

#include <sched.h>

#include <algorithm>
#include <csignal>
#include <expected>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "strayd/sys/os.h"

#include "look.h"

namespace strayd {
namespace {

constexpr std::chrono::seconds kLongestFreeze{5};
// A fork under way may wait for a lock of its family's memory, and what is
// signalled during it comes after it (copy_process() of kernel/fork.c): asleep
// with a stop waiting, it still gives birth. What sleeps for longer hangs.
constexpr std::chrono::milliseconds kLongestFork{250};
constexpr int kMostGrowths = 64;
constexpr int kQuietPasses = 2;
constexpr int kMostLooks = 4;

Veto gave_up(std::string why) {
  return {.outcome = Outcome::Failed,
          .why = FailureWhy::GaveUp,
          .detail = "its tree could not be frozen: " + std::move(why)};
}

Veto not_promised(const Error& error) {
  return {.why = FailureWhy::IntentFailed, .detail = error.what};
}

// Opened by number, and still the child of that parent after that.
Result<Grip> open_newborn(const Kin& newborn) {
  return Grip::open(newborn.id, [&](const ProcId& id) {
    const Result<Kin> now = read_kin(id.pid);
    return now && now->id == id && now->parent == newborn.parent;
  });
}

}  // namespace

Freeze::Freeze(const ReaperPorts& ports,
               Tree& tree,
               std::span<const Step> promises)
    : ports_(ports),
      tree_(tree),
      promises_(promises),
      deadline_(steady_time() + kLongestFreeze) {}

Freeze::~Freeze() {
  for (const ProcId& id : stopped_) {
    const Member* member = find_member(tree_, id);
    if (member == nullptr) continue;
    // It fails only for what has exited meanwhile.
    [[maybe_unused]] const Result<void> sent = member->process.signal(SIGCONT);
  }
}

std::optional<Veto> Freeze::stand_still() {
  if (std::optional<Veto> veto = stop_all_known()) return veto;
  for (int looks = 0; looks < kMostLooks; ++looks) {
    if (std::optional<Veto> veto = freeze()) return veto;
    const std::expected<Sight, Veto> seen = look(ports_, tree_);
    if (!seen) return seen.error();
    if (!seen->grown) return std::nullopt;
  }
  return gave_up("it grew while it stood still");
}

std::optional<Veto> Freeze::stop(Member& member) {
  // What somebody else has stopped is not ours to continue.
  const Result<Kin> before = read_kin(member.id.pid);
  const bool stood = before && before->id == member.id && before->state == 'T';
  const Result<void> sent = send(member, SIGSTOP);
  if (sent) {
    if (!stood) stopped_.push_back(member.id);
    return std::nullopt;
  }
  if (sent.error().fault == Fault::NotFound) return std::nullopt;
  return Veto{.outcome = Outcome::Failed,
              .why = sent.error().fault == Fault::Denied ? FailureWhy::Denied
                                                         : FailureWhy::Error,
              .detail = sent.error().what};
}

std::optional<Veto> Freeze::stop_all_known() {
  for (Member& member : tree_.members) {
    if (member.resolved) continue;
    if (std::optional<Veto> veto = stop(member)) return veto;
  }
  return std::nullopt;
}

std::optional<Veto> Freeze::freeze() {
  for (int quiet = 0; quiet < kQuietPasses;) {
    if (std::optional<Veto> veto = out_of_bounds()) return veto;
    const Result<std::vector<Kin>> table = read_all_kin();
    if (!table) return gave_up(table.error().what);
    bool grown = false;
    if (std::optional<Veto> veto = adopt(*table, grown)) return veto;
    quiet = !grown && all_still(*table) ? quiet + 1 : 0;
    if (quiet == 0) ::sched_yield();
  }
  return std::nullopt;
}

std::optional<Veto> Freeze::out_of_bounds() const {
  if (std::optional<Veto> veto = forbidden_now(ports_, tree_)) return veto;
  if (steady_time() > deadline_) return gave_up("it took too long");
  if (growths_ > kMostGrowths) return gave_up("it never ceased to grow");
  return std::nullopt;
}

// Makes members of the newborns, promises and stops them.
std::optional<Veto> Freeze::adopt(const std::vector<Kin>& table, bool& grown) {
  settle(ports_, tree_);
  std::vector<Member> found;
  for (const Kin& newborn : newborns(table)) {
    Result<Grip> process = open_newborn(newborn);
    if (process) {
      found.push_back({.id = newborn.id, .process = std::move(*process)});
    } else if (process.error().fault != Fault::NotFound) {
      return gave_up(process.error().what);
    }
    grown = true;
  }
  if (!grown) return std::nullopt;
  ++growths_;
  const auto living =
      std::ranges::count(tree_.members, false, &Member::resolved);
  if (static_cast<std::size_t>(living) + found.size() > kLargestTree) {
    return gave_up("it has more than " + std::to_string(kLargestTree) +
                   " processes");
  }
  const Result<void> promised = promise(ports_, tree_, found, promises_);
  if (!promised) return not_promised(promised.error());
  const std::size_t known = tree_.members.size();
  std::ranges::move(found, std::back_inserter(tree_.members));
  for (Member& member : std::span(tree_.members).subspan(known)) {
    if (std::optional<Veto> veto = stop(member)) return veto;
  }
  return std::nullopt;
}

// Living children of members, and theirs. A member that has not exited now had
// its pid for itself while the table was read, so that its children are its.
std::vector<Kin> Freeze::newborns(const std::vector<Kin>& table) const {
  std::set<ProcId> known;
  std::vector<ProcId> parents;
  for (const Member& member : tree_.members) {
    known.insert(member.id);
    if (member.resolved || member.process.exited()) continue;
    parents.push_back(member.id);
  }
  std::unordered_map<pid_t, std::vector<const Kin*>> children;
  for (const Kin& kin : table) children[kin.parent].push_back(&kin);

  std::vector<Kin> found;
  for (std::size_t next = 0; next < parents.size(); ++next) {
    const ProcId parent = parents[next];
    for (const Kin* child : children[parent.pid]) {
      const bool too_old = child->id.start_ticks < parent.start_ticks;
      if (too_old || !is_alive(*child)) continue;
      if (!known.insert(child->id).second) continue;
      found.push_back(*child);
      parents.push_back(child->id);
    }
  }
  return found;
}

bool Freeze::all_still(const std::vector<Kin>& table) const {
  const bool hangs = steady_time() > deadline_ - kLongestFreeze + kLongestFork;
  return std::ranges::all_of(tree_.members, [&](const Member& member) {
    if (member.resolved || member.process.exited()) return true;
    const auto kin = std::ranges::lower_bound(table, member.id, {}, &Kin::id);
    if (kin == table.end() || kin->id != member.id) return false;
    return is_still(*kin) || (hangs && sleeps_in_kernel(*kin));
  });
}

}  // namespace strayd
