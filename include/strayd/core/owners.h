// What must be looked up on the host before anything there is nobody's. Pure.
#pragma once

#include <span>

#include "strayd/core/host_facts.h"
#include "strayd/core/judge.h"

namespace strayd {

// Of what a judgement without HostFacts holds for their lack alone, and of what
// it calls a unit's although the unit may have been started anew since: the
// directories in which a pidfile may name it, and the units that may own it.
// Empty where nothing hangs on them. With the answers it is to be judged again.
HostQuestions host_questions(const Evidence& evidence,
                             const Policy& policy,
                             std::span<const Verdict> verdicts);

}  // namespace strayd
