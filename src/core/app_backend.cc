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

// All that lives and does not merely carry or help another.
Choices servers(const InstanceTree& tree) {
  Choices found;
  for (const TreeMember& member : tree.members) {
    const Process& process = *member.process;
    if (is_dead(process) || is_carrier(process) || is_helper(process)) continue;
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

}  // namespace

std::optional<Backend> find_backend(const AppScene& scene,
                                    const Holders& holders,
                                    const InstanceTree& tree) {
  if (!tree.known) return std::nullopt;
  if (tree.members.empty()) return Backend{};
  // The God Daemon listens, and hands the connections to this worker.
  if (is_cluster(*tree.instance)) {
    return backend(scene, tree.members.front().process);
  }
  const Choices choices = servers(tree);
  const Process* found = listening(scene, holders, choices);
  if (found == nullptr) found = matched(scene, choices);
  if (found != nullptr) return backend(scene, found);
  if (any_unreadable(tree)) return std::nullopt;
  // The server that the carriers were to carry is gone.
  if (any_matched(scene, tree)) return Backend{};
  found = topmost(choices);
  return backend(scene, found != nullptr ? found : lone_shell(scene, tree));
}

}  // namespace strayd
