// Whose doing the end of an app may be, by its cause alone.
#pragma once

#include "strayd/core/exit_status.h"
#include "strayd/core/ledger.h"

namespace strayd {

// The app ended, and nobody is known who wanted it to.
bool may_be_ours(Cause cause);

// What an app does by itself, for whatever reason.
bool is_own(Cause cause);

// By a signal that somebody has sent: not strayd, or the cause were another.
bool is_sent(const ExitStatus& how);

}  // namespace strayd
