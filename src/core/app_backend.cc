// The process that serves, at the end of an instance's chain.
#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "strayd/core/text.h"

#include "app_parts.h"

namespace strayd {
namespace {

struct Choice {
  const Process* process = nullptr;
  int depth = 0;
  bool matched = false;  // a rule matches it
};
using Choices = std::vector<Choice>;

bool older(const Process& a, const Process& b) {
  return std::tuple(a.id.start_ticks, a.id.pid) <
         std::tuple(b.id.start_ticks, b.id.pid);
}

// What a rule matches, then the deepest, then the oldest.
const Process* best(const Choices& choices) {
  const auto found =
      std::ranges::min_element(choices, [](const Choice& a, const Choice& b) {
        if (a.matched != b.matched) return a.matched;
        if (a.depth != b.depth) return a.depth > b.depth;
        return older(*a.process, *b.process);
      });
  return found == choices.end() ? nullptr : found->process;
}

// tsx keeps esbuild beside the server, also when it has lost the server.
bool is_helper(const Process& process) {
  if (!process.argv || process.argv->size() < 2) return false;
  const std::vector<std::string>& argv = *process.argv;
  return base_name(argv[0]) == "esbuild" && argv[1].starts_with("--service");
}

// It accepts connections, and answers none.
bool is_stopped(const Process& process) {
  return process.state == 'T' || process.state == 't';
}

// PM2 writes a title over the arguments of what it runs by node: one argument,
// "node" and the path of the script.
bool is_told_to_carry(const InstanceTree& tree, const TreeMember& member) {
  const std::string& script = tree.instance->pm_exec_path;
  const Process& process = *member.process;
  const bool has_title = process.argv && process.argv->size() == 1 &&
                         process.argv->front() == "node " + script;
  if (!has_title) return false;
  const Process told{.argv = std::vector<std::string>{"node", script}};
  return is_carrier(told);
}

// All that runs and does not merely carry or help another.
Choices servers(const InstanceTree& tree) {
  Choices found;
  for (const TreeMember& member : tree.members) {
    const Process& process = *member.process;
    if (is_dead(process) || is_stopped(process) || is_carrier(process) ||
        is_told_to_carry(tree, member) || is_helper(process)) {
      continue;
    }
    found.push_back({.process = member.process, .depth = member.depth});
  }
  return found;
}

const Process* listening(const AppScene& scene,
                         const Holders& holders,
                         Choices servers) {
  std::erase_if(servers, [&](const Choice& choice) {
    return !holders.listens(*choice.process);
  });
  if (servers.size() == 1) return servers.front().process;
  for (Choice& choice : servers) {
    choice.matched = scene.rule_matches(*choice.process);
  }
  return best(servers);
}

const Process* matched(const AppScene& scene, Choices servers) {
  std::erase_if(servers, [&](const Choice& choice) {
    return !scene.rule_matches(*choice.process);
  });
  return best(servers);
}

bool any_unreadable(const InstanceTree& tree) {
  return std::ranges::any_of(tree.members, [](const TreeMember& member) {
    return !is_dead(*member.process) && !member.process->argv;
  });
}

bool any_matched(const AppScene& scene, const InstanceTree& tree) {
  return std::ranges::any_of(tree.members, [&](const TreeMember& member) {
    return !is_dead(*member.process) && scene.rule_matches(*member.process);
  });
}

const Process* topmost(const Choices& servers) {
  const auto found =
      std::ranges::min_element(servers, [](const Choice& a, const Choice& b) {
        if (a.depth != b.depth) return a.depth < b.depth;
        return older(*a.process, *b.process);
      });
  return found == servers.end() ? nullptr : found->process;
}

// An app may be a shell's own words: a shell that carries nothing is one.
const Process* lone_shell(const AppScene& scene, const InstanceTree& tree) {
  Choices shells;
  for (const TreeMember& member : tree.members) {
    const Process& process = *member.process;
    if (is_dead(process) || !is_shell_command(process)) continue;
    if (!std::ranges::all_of(scene.forest().children(process.id.pid),
                             [](const Process* p) { return is_dead(*p); })) {
      continue;
    }
    shells.push_back({.process = &process, .depth = member.depth});
  }
  return best(shells);
}

Backend backend(const AppScene& scene, const Process* process) {
  if (process == nullptr) return {};
  return {.id = process->id,
          .start_unix_ms = unix_ms(scene.evidence.snapshot, *process)};
}

// Whoever runs what the app is there for, where nobody listens. nullptr:
// nobody; nullopt: it can't be told.
std::optional<const Process*> without_port(const AppScene& scene,
                                           const InstanceTree& tree,
                                           const Choices& choices) {
  if (const Process* found = matched(scene, choices)) return found;
  if (any_unreadable(tree)) return std::nullopt;
  // The server that the carriers were to carry is gone.
  if (any_matched(scene, tree)) return nullptr;
  const Process* found = topmost(choices);
  return found != nullptr ? found : lone_shell(scene, tree);
}

// What was there before the one that served, and let that one serve for long,
// waits for the next one: a watcher, whatever it is called.
bool watches(const SlotPast& past,
             const InstanceTree& tree,
             const Process* process) {
  if (process == nullptr || past.account == nullptr) return false;
  const std::optional<ProcId>& last = past.account->last;
  const bool same_launch =
      past.account->root == tree.members.front().process->id;
  return last && last->pid > 0 && past.account->steady && same_launch &&
         process->id != *last && process->id.start_ticks < last->start_ticks;
}

}  // namespace

std::optional<Backend> find_backend(const AppScene& scene,
                                    const Holders& holders,
                                    const InstanceTree& tree,
                                    const SlotPast& past) {
  if (!tree.known) return std::nullopt;
  if (tree.members.empty()) return Backend{};
  // The God Daemon listens, and hands the connections to this worker.
  if (is_cluster(*tree.instance)) {
    const Process& worker = *tree.members.front().process;
    return is_stopped(worker) ? Backend{} : backend(scene, &worker);
  }
  const Choices choices = servers(tree);
  if (const Process* found = listening(scene, holders, choices)) {
    Backend serves = backend(scene, found);
    serves.listens = true;
    return serves;
  }
  if (past.has_port) {
    if (!holders.available() || past.unclaimed) return std::nullopt;
    return Backend{};
  }
  std::optional<const Process*> found = without_port(scene, tree, choices);
  if (!found) return std::nullopt;
  if (watches(past, tree, *found)) return Backend{};
  return backend(scene, *found);
}

}  // namespace strayd
