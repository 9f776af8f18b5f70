// What holds where the file says nothing.
#pragma once

#include "strayd/config/config.h"

namespace strayd::config {

// The meaning of the embedded default, without paths.
Config defaults();

// For root /var/lib/strayd; else below XDG_STATE_HOME, which is ~/.local/state
// unless set (XDG Base Directory Specification 0.8).
std::string default_state_dir();

}  // namespace strayd::config
