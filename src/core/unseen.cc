#include "strayd/core/unseen.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "strayd/core/fit.h"
#include "strayd/core/forest.h"
#include "strayd/core/judge.h"
#include "strayd/core/policy.h"
#include "strayd/core/verdict.h"

namespace strayd {
namespace {

// PF_EXITING of include/linux/sched.h, set before the memory is given back.
constexpr std::uint32_t kExiting = 0x00000004;

template <typename T>
bool is_missing(const Observed<T>& fact) {
  return !fact && fact.error() != Unread::NotAsked;
}

bool has_ended(const Process& process) {
  return leader_has_exited(process) && process.threads <= 1;
}

using Lacks = std::map<std::pair<std::string, Unread>, std::set<ProcId>>;

template <typename T>
void add_if_missing(Lacks& lacks,
                    std::string_view fact,
                    const Observed<T>& value,
                    const Process& process) {
  if (!is_missing(value)) return;
  lacks[{std::string(fact), value.error()}].insert(process.id);
}

// For want of which it is open whether a rule means the process.
void add_lacks(Lacks& lacks,
               const Process& process,
               const Evidence& evidence,
               const Policy& policy) {
  for (const Rule& rule : policy.rules) {
    const Match& match = rule.match;
    if (fit(match, process, evidence.memory) != Fit::Unknown) continue;
    if (match.pattern) {
      add_if_missing(lacks, "cmdline", process.argv, process);
    }
    if (match.exe) add_if_missing(lacks, "exe", process.exe, process);
    if (match.uid) add_if_missing(lacks, "uid", process.uid, process);
    if (match.cwd &&
        cwd_fit(*match.cwd, process, evidence.memory) == Fit::Unknown) {
      add_if_missing(lacks, "cwd", process.cwd, process);
    }
  }
}

bool may_be_meant(const Process& process,
                  const Evidence& evidence,
                  const Policy& policy) {
  return std::ranges::any_of(policy.rules, [&](const Rule& rule) {
    return fit(rule.match, process, evidence.memory) == Fit::Unknown;
  });
}

// Without its arguments a process gets no verdict: whether somebody owns it is
// asked here.
std::vector<ProcId> open_without_argv(const Evidence& evidence,
                                      const Policy& policy) {
  std::vector<ProcId> ids;
  for (const Process& process : evidence.snapshot.processes) {
    if (process.argv || has_ended(process) || is_kernel_thread(process)) {
      continue;
    }
    if (may_be_meant(process, evidence, policy)) ids.push_back(process.id);
  }
  if (ids.empty()) return ids;
  const std::vector<std::optional<Claim>> claims =
      claims_on(evidence, policy, ids);
  std::vector<ProcId> open;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!claims[i] || claims[i]->standing == Standing::Held) {
      open.push_back(ids[i]);
    }
  }
  return open;
}

// Of which nothing was read are those that are in no list of processes.
std::size_t refused(const Snapshot& snapshot) {
  const auto in_part = static_cast<std::size_t>(
      std::ranges::count_if(snapshot.processes, is_unreadable));
  return snapshot.unreadable - std::min(snapshot.unreadable, in_part);
}

}  // namespace

bool leader_has_exited(const Process& process) {
  return process.state == 'Z' || process.state == 'X' || process.state == 'x' ||
         (process.flags & kExiting) != 0;
}

// Not those that stand beside another one: argv_at beside argv, and the file of
// exe beside its path.
bool is_unreadable(const Process& process) {
  if (has_ended(process)) return false;
  return is_missing(process.uid) || is_missing(process.pid_namespace_depth) ||
         is_missing(process.tracer) || is_missing(process.ignores_hangup) ||
         is_missing(process.argv) || is_missing(process.exe) ||
         is_missing(process.cwd) || is_missing(process.cgroup) ||
         is_missing(process.environment);
}

std::vector<Unseen> unseen(const Evidence& evidence,
                           const Policy& policy,
                           std::span<const Verdict> verdicts) {
  std::vector<ProcId> open = open_without_argv(evidence, policy);
  for (const Verdict& verdict : verdicts) {
    if (verdict.standing == Standing::Held) open.push_back(verdict.id);
  }
  const Forest forest(evidence.snapshot);
  Lacks lacks;
  for (const ProcId& id : open) {
    const Process* process = forest.find(id);
    if (process != nullptr) add_lacks(lacks, *process, evidence, policy);
  }
  std::vector<Unseen> all;
  if (const std::size_t count = refused(evidence.snapshot); count > 0) {
    all.push_back({.fact = "stat", .processes = count});
  }
  for (const auto& [lack, ids] : lacks) {
    all.push_back(
        {.fact = lack.first, .why = lack.second, .processes = ids.size()});
  }
  return all;
}

}  // namespace strayd
