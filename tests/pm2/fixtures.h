// Bytes captured from PM2 7.0.4, and frames around JSON of our own.
#pragma once

#include <string>
#include <string_view>

#include "strayd/pm2/wire.h"

namespace strayd::test {

std::string fixture(std::string_view name);

std::string argument(std::string_view bytes);  // its length, then it

// {"args":[[…]]} and the like, as PM2 would send it.
std::string reply_frame(std::string_view json,
                        std::string_view id = kPm2RequestId);

// What PM2 sends on its bus: a topic such as "log:PM2", and JSON.
std::string bus_frame(std::string_view topic, std::string_view json);

// A line of PM2's own log, as a frame. It must need no escapes but newlines.
std::string log_frame(std::string_view line);

// A process:event of app `api` (pm_id 7) with the given fields besides.
std::string event_frame(std::string_view event,
                        std::string_view more = "",
                        std::string_view manually = "false");

// A list of these entries.
std::string list_json(std::string_view entries);

// One right entry: app `name` with the given pm2_env fields besides.
std::string entry_json(std::string_view name, std::string_view more = "");

}  // namespace strayd::test
