// What earlier scans leave to later ones, and what a scan must read.
#include <algorithm>
#include <functional>
#include <set>

#include "strayd/core/fit.h"

#include "remember.h"
#include "scene.h"

namespace strayd {
namespace {

// Of the entries' identities only: in a crash loop pids, launches and states
// change with every scan, and a list that never settles would hold for ever.
std::uint64_t fingerprint(const Pm2Answer& answer) {
  std::vector<std::string> entries;
  entries.reserve(answer.instances.size());
  for (const Pm2Instance& instance : answer.instances) {
    entries.push_back(instance.unique_id + '\n' +
                      std::to_string(instance.pm_id) + '\n' +
                      app_name(instance));
  }
  std::ranges::sort(entries);
  std::string whole = std::to_string(answer.daemon.pid) + '\n' +
                      std::to_string(answer.daemon.start_ticks);
  for (const std::string& entry : entries) whole += '\n' + entry;
  return std::hash<std::string>{}(whole);
}

// Whether a daemon was here that is not the one that answers now, or will next.
bool is_lost(const HomeMemory& memory, const Pm2View& view) {
  // Seen by another strayd only, before this one: it may have been any.
  if (memory.seen && !memory.daemon && !memory.quiet) return true;
  if (!view.reply) return view.reply.error().kind == Pm2Quiet::Dead;
  return memory.daemon && *memory.daemon != view.reply->daemon;
}

// A silence is none: something is there again, and nobody knows what it is.
bool has_ended(const HomeMemory& memory, const Pm2Silence& silence) {
  if (silence.kind != Pm2Quiet::Dead) return false;
  const bool told = memory.daemon && memory.told_to_end == memory.daemon;
  return memory.ended || memory.lists_nothing || told;
}

// What was heard before this scan is of the daemon that answered last.
void note_told(std::map<std::string, HomeMemory>& homes, const Life& life) {
  for (const std::string& home : life.told_to_end) {
    const auto found = homes.find(home);
    if (found != homes.end()) found->second.told_to_end = found->second.daemon;
  }
}

HomeMemory remember_home(HomeMemory memory, const Pm2View& view, BootTime now) {
  if (is_lost(memory, view)) {
    memory.predecessors.insert(memory.uid ? memory.uid : view.uid);
  }
  if (view.uid) memory.uid = view.uid;
  if (!view.reply) {
    if (memory.ended && view.reply.error().kind == Pm2Quiet::Silent) {
      // What is there now was told nothing, and its list is not known.
      memory.told_to_end.reset();
      memory.lists_nothing = false;
    }
    memory.ended = has_ended(memory, view.reply.error());
    memory.same_list = 0;
    memory.seen = memory.seen || view.reply.error().kind != Pm2Quiet::NeverSeen;
    const Pm2Quiet quiet = view.reply.error().kind;
    const bool died = quiet == Pm2Quiet::Dead && memory.quiet != Pm2Quiet::Dead;
    if (!memory.lost || died) memory.lost = now;
    memory.quiet = quiet;
    return memory;
  }
  const std::uint64_t list = fingerprint(*view.reply);
  memory.same_list = list == memory.list ? memory.same_list + 1 : 1;
  memory.list = list;
  memory.lists_nothing = view.reply->instances.empty();
  memory.ended = false;
  memory.daemon = view.reply->daemon;
  memory.answered.insert(view.reply->daemon);
  memory.lost.reset();
  memory.quiet.reset();
  memory.seen = true;
  return memory;
}

// What it may have owned is held no more.
bool is_long_dead(const HomeMemory& memory,
                  BootTime now,
                  std::chrono::nanoseconds loss_hold) {
  return memory.quiet == Pm2Quiet::Dead && memory.lost &&
         now - *memory.lost >= loss_hold;
}

using Homes = std::map<std::string, HomeMemory>;

// Of the home, and then of its other paths that are remembered.
std::vector<HomeMemory*> memories_of(Homes& homes, const Pm2View& view) {
  std::vector<HomeMemory*> memories{&homes[view.home]};
  for (const std::string& path : view.aliases) {
    const auto known = homes.find(path);
    if (known != homes.end()) memories.push_back(&known->second);
  }
  return memories;
}

// Any path of a home may give it its name in the next scan, and none may then
// bring a loss that is over, or another home's from before it led here.
void remember_view(Homes& homes,
                   const Pm2View& view,
                   BootTime now,
                   std::chrono::nanoseconds loss_hold) {
  const std::vector<HomeMemory*> memories = memories_of(homes, view);
  HomeMemory& own = *memories.front();
  for (HomeMemory* memory : memories) {
    *memory = remember_home(std::move(*memory), view, now);
    own.lost = std::max(own.lost, memory->lost);
    own.predecessors.insert(memory->predecessors.begin(),
                            memory->predecessors.end());
  }
  for (HomeMemory* memory : memories) {
    memory->long_dead = is_long_dead(*memory, now, loss_hold);
  }
}

bool is_candidate(const Policy& policy, const Process& process) {
  return std::ranges::any_of(policy.rules, [&](const Rule& rule) {
    return pattern_fit(rule.match, process) == Fit::Yes;
  });
}

// By what is known without details.
bool is_supervised(const std::vector<const Process*>& ancestors) {
  return std::ranges::any_of(ancestors, [](const Process* ancestor) {
    const auto kind = supervisor_kind(*ancestor);
    return kind && *kind != SupervisorKind::Systemd;
  });
}

// The longest lost of each user who has too many.
void bound_homes(Homes& homes) {
  std::map<std::optional<uid_t>, std::vector<Homes::iterator>> of_user;
  for (auto home = homes.begin(); home != homes.end(); ++home) {
    of_user[home->second.uid].push_back(home);
  }
  for (auto& [uid, all] : of_user) {
    if (all.size() <= kMostHomesOfUser) continue;
    std::ranges::stable_sort(all, {}, [](Homes::iterator home) {
      return home->second.lost.value_or(BootTime::max());
    });
    all.resize(all.size() - kMostHomesOfUser);
    for (const Homes::iterator home : all) homes.erase(home);
  }
}

// What was never more than a path in somebody's cookie is not remembered, and
// neither is what has left no trace.
void forget_homes(Homes& homes, std::span<const Pm2View> pm2) {
  std::map<std::string, const Pm2View*> asked;
  for (const Pm2View& view : pm2) asked.emplace(view.home, &view);
  std::erase_if(homes, [&](const auto& entry) {
    const auto view = asked.find(entry.first);
    if (!entry.first.starts_with('/')) return true;  // stands for others
    if (view == asked.end()) return !entry.second.seen;
    return entry.second.long_dead && view->second->reply.error().home_gone;
  });
  bound_homes(homes);
}

void forget_dead_daemons(Homes& homes, const Snapshot& snapshot) {
  std::set<ProcId> alive;
  for (const Process& process : snapshot.processes) {
    if (!is_dead(process)) alive.insert(process.id);
  }
  for (auto& [home, memory] : homes) {
    std::erase_if(memory.answered,
                  [&](const ProcId& id) { return !alive.contains(id); });
  }
}

// The process, or the topmost of the wrappers in line above it.
const Process& topmost_wrapper(const Process& process,
                               const std::vector<const Process*>& ancestors) {
  const Process* top = &process;
  for (const Process* ancestor : ancestors) {
    if (!is_wrapper(*ancestor)) break;
    top = ancestor;
  }
  return *top;
}

}  // namespace

std::set<std::string> ended_homes(const Memory& memory) {
  std::set<std::string> ended;
  for (const auto& [home, known] : memory.homes) {
    if (known.ended) ended.insert(home);
  }
  return ended;
}

Memory remember(const Memory& before,
                const Snapshot& snapshot,
                std::span<const Pm2View> pm2,
                const Policy& policy,
                const Life& life) {
  Memory after;
  after.taken = snapshot.taken;
  after.homes = before.homes;
  after.directories = before.directories;
  after.places = before.places;
  after.kept = before.kept;
  std::erase_if(after.kept, [&](const auto& entry) {
    return entry.second.until <= snapshot.taken;
  });
  note_told(after.homes, life);
  for (const Pm2View& view : pm2) {
    remember_view(after.homes, view, snapshot.taken, policy.loss_hold);
  }
  forget_dead_daemons(after.homes, snapshot);
  {
    const Evidence evidence{.snapshot = snapshot, .pm2 = pm2, .memory = after};
    const Scene scene(evidence, policy);
    remember_launches(after, before, scene, life);
    remember_origins(after, before, scene, life);
    forget_launches(after, scene);
  }
  forget_homes(after.homes, pm2);
  return after;
}

std::vector<ProcId> details_needed(const Snapshot& snapshot,
                                   const Policy& policy) {
  const Forest forest(snapshot);
  std::set<ProcId> needed{snapshot.self};
  std::vector<ProcId> of_units;
  bool unowned = false;
  const auto add_all = [&](const std::vector<const Process*>& processes) {
    for (const Process* process : processes) needed.insert(process->id);
  };
  for (const Process& process : snapshot.processes) {
    if (is_kernel_thread(process)) continue;
    if (supervisor_kind(process)) needed.insert(process.id);
    if (is_child_of_systemd(forest, process)) of_units.push_back(process.id);
    // Without its arguments, its program may still tell that no rule means it.
    if (!process.argv) needed.insert(process.id);
    if (!is_candidate(policy, process)) continue;
    const std::vector<const Process*> ancestors =
        forest.chain(process).ancestors;
    unowned = unowned || !is_supervised(ancestors);
    add_all(ancestors);
    add_all(forest.subtree(topmost_wrapper(process, ancestors)));
  }
  if (unowned) needed.insert(of_units.begin(), of_units.end());
  return {needed.begin(), needed.end()};
}

}  // namespace strayd
