// What the agent that runs on this host says, beside what a command has seen
// for itself.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "strayd/core/judge.h"
#include "strayd/core/report.h"

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

// Takes what the agent says of the candidates in question into the report of a
// look beside it; of one that `acted`, only whom the agent spares: what it says
// of the others is of before. What lacks, for a person; nullopt: no agent runs,
// or it has answered.
std::optional<std::string> ask_for_opinions(const std::string& state_dir,
                                            bool acted,
                                            Report& report);

// The claim of an agent that wants a process to live; nullopt: it does not, or
// nobody answers. One that does not answer is asked once.
std::function<std::optional<Claim>(const ProcId&)> claims_of_agent(
    const std::string& state_dir);

}  // namespace strayd
