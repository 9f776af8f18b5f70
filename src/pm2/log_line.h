// The lines of PM2's own log that say why an app restarts.
#pragma once

#include <optional>
#include <string_view>

#include "strayd/core/pm2_event.h"

namespace strayd {

// Watch, MemoryLimit or Signal; nullopt: any other line. `line` is one call of
// PM2's console.log(), whole, with or without its newline: names may hold any
// bytes, newlines and the words around them too, so it is read from both ends.
//
// The formats are those of PM2 7.0.4, lib/Watcher.js, lib/Worker.js and
// lib/God.js; 5.4.3 and 6.0.14 have the same.
std::optional<Pm2Event> parse_log_line(std::string_view line);

}  // namespace strayd
