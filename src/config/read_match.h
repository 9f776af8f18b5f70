// The keys by which rules and protect entries name processes.
#pragma once

#include "strayd/core/policy.h"

#include "section.h"

namespace strayd::config {

// `pattern`, `exe`, `user` and `cwd`, each where it is there.
Match read_match(Section& keys);

}  // namespace strayd::config
