#include "strayd/reap/reaper.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <expected>
#include <set>
#include <utility>

#include "strayd/sys/os.h"

#include "freeze.h"
#include "grip.h"
#include "look.h"
#include "signals.h"
#include "tree.h"
#include "watch.h"

namespace strayd {
namespace {

constexpr std::size_t kMostPidfds = 4096;
// For all that strayd opens besides.
constexpr std::size_t kSpareFiles = 256;
constexpr std::chrono::seconds kDyingTime{5};
constexpr std::chrono::seconds kSparedTime{1};

// The freeze's is the last promise, so that recovery continues it.
constexpr std::array kTerminate{Step::Terminate};
constexpr std::array kFreeze{Step::Freeze};
constexpr std::array kTerminateFrozen{Step::Terminate, Step::Freeze};
constexpr std::array kKillFrozen{Step::Freeze, Step::Kill};

std::size_t pidfds_allowed() {
  const std::size_t files = lift_file_limit();
  return std::min(kMostPidfds, files - std::min(files, kSpareFiles));
}

std::optional<Veto> promise_all(const ReaperPorts& ports,
                                const Tree& tree,
                                std::span<const Step> steps) {
  const Result<void> promised = promise(ports, tree, tree.members, steps);
  if (promised) return std::nullopt;
  return Veto{.why = FailureWhy::IntentFailed, .detail = promised.error().what};
}

// nullopt: SIGTERM was sent to all that were left.
std::optional<Veto> terminate_frozen(const ReaperPorts& ports, Tree& tree) {
  if (std::optional<Veto> veto = promise_all(ports, tree, kFreeze)) return veto;
  Freeze freeze(ports, tree, kTerminateFrozen);
  if (std::optional<Veto> veto = freeze.stand_still()) return veto;
  terminate_all(ports, tree, true);
  return std::nullopt;
}

std::optional<Veto> terminate_tree(const ReaperPorts& ports, Tree& tree) {
  if (std::optional<Veto> veto = promise_all(ports, tree, kTerminate)) {
    return veto;
  }
  const std::expected<Sight, Veto> sight = look(ports, tree);
  if (!sight) return sight.error();
  if (std::optional<Veto> veto = forbidden_now(ports, tree)) return veto;
  // A tree that grows could lose a newborn when its parent ends.
  if (sight->grown) return terminate_frozen(ports, tree);
  terminate_all(ports, tree, false);
  return std::nullopt;
}

std::optional<Veto> kill_tree(const ReaperPorts& ports, Tree& tree) {
  if (std::optional<Veto> veto = forbidden_now(ports, tree)) return veto;
  const std::expected<Sight, Veto> sight = look(ports, tree);
  if (!sight) return sight.error();
  if (std::optional<Veto> veto = promise_all(ports, tree, kKillFrozen)) {
    return veto;
  }
  Freeze freeze(ports, tree, kKillFrozen);
  if (std::optional<Veto> veto = freeze.stand_still()) return veto;
  kill_all(ports, tree);
  return std::nullopt;
}

}  // namespace

struct Reaper::Impl {
  explicit Impl(ReaperPorts given) : ports(std::move(given)) {}

  std::string next_name();
  Tree assemble(const TreeOrder& order);
  void refuse(Tree& tree, const Veto& veto);
  void step(Tree& tree);
  void outlived(Tree& tree);
  std::size_t in_reaps() const;

  ReaperPorts ports;
  std::size_t room = pidfds_allowed();
  Watch watch{};
  std::vector<Tree> trees{};
  // Alive after SIGKILL. Accounted for, and not forgotten while they live.
  std::vector<Grip> undying{};
  std::uint64_t names = 0;
};

std::string Reaper::Impl::next_name() {
  return std::to_string(unix_ms()) + "-" + std::to_string(::getpid()) + "-" +
         std::to_string(++names);
}

// A member that is not under watch is gone, or vetoes the tree.
Tree Reaper::Impl::assemble(const TreeOrder& order) {
  Tree tree{.reap = next_name(), .order = order};
  for (const ProcId& id : order.members) {
    std::optional<Member> member = watch.take(id);
    if (member) {
      tree.members.push_back(std::move(*member));
      continue;
    }
    tree.members.push_back({.id = id});
    const Result<Process> now = ports.read(id);
    if (now || now.error().fault != Fault::NotFound) {
      tree.veto = Veto{.detail = pid_text(id) + " was not under watch"};
      resolve(ports, tree, tree.members.back(), *tree.veto);
    }
  }
  settle(ports, tree);
  return tree;
}

// Those that did not change stay under watch.
void Reaper::Impl::refuse(Tree& tree, const Veto& veto) {
  resolve_rest(ports, tree, veto);
  if (veto.why == FailureWhy::Changed) return;
  for (Member& member : tree.members) {
    if (!member.witness || member.process.exited()) continue;
    watch.give_back({.id = member.id,
                     .process = std::move(member.process),
                     .witness = std::move(member.witness)});
  }
}

void Reaper::Impl::step(Tree& tree) {
  settle(ports, tree);
  if (is_over(tree) || steady_time() < tree.deadline) return;
  if (tree.phase == Phase::Dying) {
    outlived(tree);
    return;
  }
  // One that was spared while the SIGTERMs were sent has had its grace.
  std::optional<Veto> veto = tree.veto;
  if (!veto) veto = kill_tree(ports, tree);
  if (veto) {
    spare(ports, tree, *veto);
  } else {
    resolve_unsent(ports, tree);
  }
  tree.phase = Phase::Dying;
  // The spared shut down at their own pace, and are given their grace again.
  const std::chrono::nanoseconds patience =
      veto ? std::max<std::chrono::nanoseconds>(kSparedTime, tree.order.grace)
           : kDyingTime;
  tree.deadline = steady_time() + patience;
}

void Reaper::Impl::outlived(Tree& tree) {
  if (tree.veto) {
    resolve_rest(ports, tree, *tree.veto);
    return;
  }
  for (Member& member : tree.members) {
    if (member.resolved) continue;
    resolve(ports,
            tree,
            member,
            {.outcome = Outcome::Failed,
             .why = FailureWhy::Survived,
             .detail = "it lives on after SIGKILL"});
    undying.push_back(std::move(member.process));
  }
}

std::size_t Reaper::Impl::in_reaps() const {
  std::size_t count = undying.size();
  for (const Tree& tree : trees) count += tree.members.size();
  return count;
}

Reaper::Reaper(ReaperPorts ports)
    : impl_(std::make_unique<Impl>(std::move(ports))) {}

Reaper::~Reaper() = default;

void Reaper::hold(std::span<const Process* const> members) {
  std::vector<const Process*> suspects;
  for (const Process* process : members) {
    if (!is_dead(*process) && !reaping(process->id)) {
      suspects.push_back(process);
    }
  }
  const std::size_t room = impl_->room;
  const std::size_t used = std::min(impl_->in_reaps(), room);
  impl_->watch.keep(impl_->ports, suspects, room - used);
}

void Reaper::begin(const TreeOrder& order) {
  const auto in_a_reap = [this](const ProcId& id) {
    return reaping(id);
  };
  if (std::ranges::any_of(order.members, in_a_reap)) return;
  Tree tree = impl_->assemble(order);
  std::optional<Veto> veto = tree.veto;
  if (!veto && !is_over(tree)) veto = terminate_tree(impl_->ports, tree);
  if (veto) {
    impl_->refuse(tree, *veto);
    return;
  }
  resolve_unsent(impl_->ports, tree);
  // Who was signalled is awaited, however soon he exits.
  if (std::ranges::none_of(tree.members, &Member::terminated)) {
    settle(impl_->ports, tree);
  }
  if (is_over(tree)) return;
  tree.deadline = steady_time() + order.grace;
  impl_->trees.push_back(std::move(tree));
}

void Reaper::advance() {
  std::erase_if(impl_->undying, &Grip::exited);
  for (Tree& tree : impl_->trees) impl_->step(tree);
  std::erase_if(impl_->trees, is_over);
}

std::vector<int> Reaper::wait_fds() const {
  std::vector<int> fds;
  for (const Tree& tree : impl_->trees) {
    for (const Member& member : tree.members) {
      if (!member.resolved) fds.push_back(member.process.fd());
    }
  }
  for (const Grip& process : impl_->undying) fds.push_back(process.fd());
  return fds;
}

std::optional<std::chrono::nanoseconds> Reaper::deadline() const {
  const auto first =
      std::ranges::min_element(impl_->trees, {}, &Tree::deadline);
  if (first == impl_->trees.end()) return std::nullopt;
  return first->deadline;
}

std::size_t Reaper::awaited() const {
  std::size_t count = 0;
  for (const Tree& tree : impl_->trees) {
    count += static_cast<std::size_t>(
        std::ranges::count(tree.members, false, &Member::resolved));
  }
  return count;
}

bool Reaper::reaping(const ProcId& id) const {
  const auto has = [&](const Tree& tree) {
    return std::ranges::find(tree.members, id, &Member::id) !=
           tree.members.end();
  };
  return std::ranges::any_of(impl_->trees, has) ||
         std::ranges::find(impl_->undying, id, &Grip::id) !=
             impl_->undying.end();
}

std::set<ProcId> Reaper::processes() const {
  std::set<ProcId> all;
  for (const Tree& tree : impl_->trees) {
    for (const Member& member : tree.members) all.insert(member.id);
  }
  for (const Grip& process : impl_->undying) all.insert(process.id());
  return all;
}

void Reaper::abandon() {
  for (Tree& tree : impl_->trees) {
    resolve_rest(impl_->ports,
                 tree,
                 {.outcome = Outcome::Failed,
                  .why = FailureWhy::Interrupted,
                  .detail = "strayd was told to stop"});
  }
  impl_->trees.clear();
}

}  // namespace strayd
