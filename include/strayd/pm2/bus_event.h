// What a frame of PM2's bus says. Pure.
//
// A process:event carries the app's environment, and so its secrets: it is
// filtered while it is parsed, as the process list is (list.h), and no error
// message quotes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "strayd/core/pm2_event.h"
#include "strayd/core/result.h"
#include "strayd/pm2/bus_wire.h"

namespace strayd {

// nullopt: nothing of interest, or said by an app in PM2's place (an app can
// send any topic, but not who it is). The event's home is left empty.
// Fault::Malformed: no JSON object, deeper than 64 levels, or an event that
// can't be told from another: no name, or a string of ours beyond 4 KiB.
Result<std::optional<Pm2Event>> parse_pm2_event(const Pm2BusFrame& frame);

// What an app wrote to its standard error: a piece of its text, which begins
// and ends anywhere. Of which launch it is PM2 does not say: what an orphan
// writes comes under the name of its app.
struct Pm2ErrorText {
  std::int64_t pm_id = -1;
  std::string app{};  // see app_name()
  std::string text{};
};

// Of a frame of Pm2Topic::Error. nullopt: of no app that PM2 lists. Malformed
// as above.
Result<std::optional<Pm2ErrorText>> parse_pm2_error(const Pm2BusFrame& frame);

}  // namespace strayd
