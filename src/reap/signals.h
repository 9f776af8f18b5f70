// The two volleys: SIGTERM after a last look at each, SIGKILL of what stands
// still.
#pragma once

#include "tree.h"

namespace strayd {

// Parents first. The first veto ends it: tree.veto is set, and whoever got no
// signal yet is to be refused (resolve_unsent()). A stopped process is
// continued, so that its SIGTERM arrives; but in a `frozen` tree that is the
// freeze's.
void terminate_all(const ReaperPorts& ports, Tree& tree, bool frozen);

// Call it while the tree stands still.
void kill_all(const ReaperPorts& ports, Tree& tree);

}  // namespace strayd
