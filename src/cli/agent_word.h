// What the agent that runs on this host says, beside what a command has seen
// for itself.
#pragma once

#include <optional>
#include <string>

namespace strayd {

struct AgentWord {
  bool heard = false;
  // Its reply; else what follows "the agent" in a sentence: "did not reply
  // within 2 s". One line, for a terminal.
  std::string text{};
};

// nullopt: no agent runs on that state directory. A request of control.h.
std::optional<AgentWord> ask_for_word(const std::string& state_dir,
                                      const std::string& request);

}  // namespace strayd
