// What is about to happen to a process. Written durably before it does.
#pragma once

#include <string>
#include <string_view>

#include "strayd/core/plan.h"
#include "strayd/core/process.h"

namespace strayd {

enum class Step {
  Terminate,  // SIGTERM
  Freeze,     // SIGSTOP, of a condemned process only
  Kill,       // SIGKILL
  Thaw        // SIGCONT, when a reap is given up
};
std::string_view to_string(Step step);

struct Intent {
  std::string reap{};  // names the reap of one tree, unique over restarts
  ProcId id{};
  Step step = Step::Terminate;
  const TreeOrder* order = nullptr;  // the evidence; borrowed
  const Process* process = nullptr;  // as last seen; borrowed
};

}  // namespace strayd
