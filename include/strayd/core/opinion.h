// What the agent of this host says of a process that another look has judged,
// too: `strayd scan` and `explain` beside it. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "strayd/core/report.h"
#include "strayd/core/verdict.h"

namespace strayd {

struct Opinion {
  Standing standing = Standing::Held;
  Reason reason{};
};

// "stray: nobody owns it (no_owner)", as the agent replies. nullopt: there is
// no verdict in it, or one that this strayd does not know.
std::optional<Opinion> parse_opinion(std::string_view reply);

// Whether it wants the process to live.
bool spares(const Opinion& opinion);

// Takes the agent's opinion of one process into the report of this look, and
// keeps what this look alone has said where that is another. The agent has
// looked for longer, and it is the one that acts.
void add_opinion(Report& report, const ProcId& id, const Opinion& agent);

}  // namespace strayd
