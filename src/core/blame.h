// Whose doing the end of an app may be, by its cause alone.
#pragma once

#include "strayd/core/ledger.h"
#include "strayd/core/restarts.h"

namespace strayd {

// The app ended, and nobody is known who wanted it to.
bool may_be_ours(Cause cause);

// The same of one restart: for a port conflict an app's word is not enough.
bool may_be_ours(const Restart& restart);

// What an app does by itself, for whatever reason.
bool is_own(Cause cause);

// By a signal that somebody has sent: not strayd, or the cause were another.
// Where nobody told of its sender, its number says whether it was sent.
bool is_sent(const Restart& restart);

// The same, and its sender is known.
bool is_known_as_sent(const Restart& restart);

}  // namespace strayd
