// Who may own a process that says nothing of an owner.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "scene.h"

namespace strayd {

// The process, and what is above it and has no part in it but to carry it: the
// processes of its own tree, shells and carriers, parent after child. Then who
// is found first above all these and may be what started it and keeps it;
// nullptr: it was started by hand or by cron, or what it came from is gone.
struct Line {
  std::vector<const Process*> members{};
  const Process* keeper = nullptr;
};
Line line_of(const Scene& scene, const Process& process);

// For a process without a cookie and without an origin, when nothing else
// claims it: a process above it of which nobody knows what it is to what is
// below, or a pidfile that names it. Without HostFacts it is held.
std::optional<Claim> possible_owner_claim(const Scene& scene,
                                          const Process& process);

// Why such a process is held where nobody has looked for HostFacts.
Reason facts_missing();

// Whether a rule means this process, which nothing protects.
bool is_meant(const Scene& scene, const Process& process);

}  // namespace strayd
