#include "world.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "strayd/proc/parse.h"
#include "strayd/sys/os.h"

#include "puppet.h"

namespace strayd::test {
namespace {

std::optional<ProcStat> stat_of(const std::string& directory) {
  const Result<std::string> text = read_file(directory + "/stat", 4096);
  if (!text) return std::nullopt;
  Result<ProcStat> stat = parse_stat(*text);
  if (!stat) return std::nullopt;
  return std::move(*stat);
}

bool runs(const ProcStat& stat) {
  return (stat.state != 'Z' && stat.state != 'X') || stat.threads > 1;
}

// PF_EXITING of the kernel's sched.h: it ends by itself, and does no more.
bool is_exiting(const ProcStat& stat) {
  constexpr std::uint32_t kExiting = 0x4;
  return (stat.flags & kExiting) != 0 && stat.threads <= 1;
}

std::vector<ProcId> everybody(const Snapshot& snapshot) {
  std::vector<ProcId> ids;
  for (const Process& process : snapshot.processes) ids.push_back(process.id);
  return ids;
}

int milliseconds_until(std::optional<std::chrono::nanoseconds> deadline) {
  constexpr std::chrono::milliseconds kLongest{1000};
  if (!deadline) return static_cast<int>(kLongest.count());
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*deadline - steady_time());
  return static_cast<int>(
      std::clamp(left, std::chrono::milliseconds{0}, kLongest).count());
}

}  // namespace

World::World()
    : procfs_(Procfs::open({.read_timeout = std::chrono::seconds{20}}).value()),
      reaper(ports()) {
  // The reader's helper is there from now on, and is no child of any test's.
  EXPECT_TRUE(procfs_.snapshot(everybody));
}

ReaperPorts World::ports() {
  return {
      .snapshot = [this]() -> Result<Snapshot> {
        on_snapshot();
        if (fail_snapshot) return fail(Fault::Exhausted, "no fds");
        return procfs_.snapshot(everybody);
      },
      .read = [this](const ProcId& id) -> Result<Process> {
        on_read(id);
        if (fail_read) return fail(Fault::Exhausted, "no fds");
        return procfs_.read(id);
      },
      .claims =
          [this](const Snapshot&, std::span<const ProcId> ids) {
            ++claim_looks;
            std::vector<std::optional<Claim>> claims;
            for (const ProcId& id : ids) claims.push_back(on_claim(id));
            return claims;
          },
      .intend =
          [this](std::span<const Intent> intents) {
            Result<void> done = on_intend(intents);
            for (const Intent& intent : intents) {
              if (!done) break;
              promised.push_back(
                  {.reap = intent.reap, .id = intent.id, .step = intent.step});
            }
            return done;
          },
      .outcome =
          [this](const std::string& name, const Reaped& reaped) {
            on_outcome(name, reaped);
            outcomes.push_back(reaped);
          },
      .stopping = [this] { return on_stopping(); },
      .withdrawn =
          [this](const TreeOrder& order) {
            return on_withdrawn(order);
          }};
}

Snapshot World::snapshot() {
  return procfs_.snapshot(everybody).value();
}

Process World::process(pid_t pid) {
  const Snapshot now = snapshot();
  const Process* found = Forest(now).find(pid);
  if (found == nullptr) {
    ADD_FAILURE() << "there is no pid " << pid;
    return {};
  }
  return *found;
}

TreeOrder World::order(pid_t root, std::chrono::nanoseconds grace) {
  const Snapshot now = snapshot();
  const Forest forest(now);
  const Process* top = forest.find(root);
  TreeOrder order{.rule = "work", .grace = grace};
  if (top == nullptr) {
    ADD_FAILURE() << "there is no pid " << root;
    return order;
  }
  order.root = top->id;
  for (const Process* process : forest.subtree(*top)) {
    if (!is_dead(*process)) order.members.push_back(process->id);
  }
  return order;
}

void World::hold(const TreeOrder& order) {
  const Snapshot now = snapshot();
  const Forest forest(now);
  std::vector<const Process*> members;
  for (const ProcId& id : order.members) {
    const Process* process = forest.find(id);
    if (process != nullptr) members.push_back(process);
  }
  reaper.hold(members);
}

void World::run() {
  const std::chrono::nanoseconds end = steady_time() + std::chrono::seconds{30};
  while (reaper.awaited() > 0) {
    ASSERT_LT(steady_time(), end) << "the reap does not end";
    std::vector<pollfd> waits;
    for (const int fd : reaper.wait_fds()) {
      waits.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    }
    ::poll(waits.data(), waits.size(), milliseconds_until(reaper.deadline()));
    reaper.advance();
  }
}

void World::reap(const TreeOrder& order) {
  hold(order);
  reaper.begin(order);
  run();
}

std::vector<Outcome> World::outcomes_of(const ProcId& id) const {
  std::vector<Outcome> found;
  for (const Reaped& reaped : outcomes) {
    if (reaped.id == id) found.push_back(reaped.outcome);
  }
  return found;
}

std::optional<Reaped> World::outcome_of(const ProcId& id) const {
  EXPECT_EQ(outcomes_of(id).size(), 1U);
  const auto found = std::ranges::find(outcomes, id, &Reaped::id);
  if (found == outcomes.end()) return std::nullopt;
  return *found;
}

std::vector<Step> World::steps_of(const ProcId& id) const {
  std::vector<Step> steps;
  for (const Promised& one : promised) {
    if (one.id == id) steps.push_back(one.step);
  }
  return steps;
}

Claim a_claim(std::string text) {
  return {.standing = Standing::Managed,
          .reason = {.why = Why::ListedByPm2, .text = std::move(text)}};
}

char state_of(pid_t pid) {
  const auto stat = stat_of("/proc/" + std::to_string(pid));
  return stat ? stat->state : '-';
}

bool is_running(pid_t pid) {
  const auto stat = stat_of("/proc/" + std::to_string(pid));
  return stat && runs(*stat);
}

std::vector<ProcId> living_ids() {
  std::vector<ProcId> living;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto stat = stat_of(entry.path());
    if (stat && runs(*stat) && !is_exiting(*stat) && stat->comm == kWorkName) {
      living.push_back(stat->id);
    }
  }
  return living;
}

std::vector<pid_t> living_work() {
  std::vector<pid_t> pids;
  for (const ProcId& id : living_ids()) pids.push_back(id.pid);
  return pids;
}

// Its arguments come after its name.
bool became_sleep(pid_t pid) {
  const std::string arguments = "/proc/" + std::to_string(pid) + "/cmdline";
  return eventually([&] {
    const Result<std::string> text = read_file(arguments, 4096);
    return text && text->starts_with("sleep");
  });
}

bool eventually(const std::function<bool()>& is_so) {
  const std::chrono::nanoseconds end = steady_time() + std::chrono::seconds{60};
  while (!is_so()) {
    if (steady_time() > end) return false;
    const timespec pause{.tv_sec = 0, .tv_nsec = 200'000};
    ::ppoll(nullptr, 0, &pause, nullptr);
  }
  return true;
}

}  // namespace strayd::test
