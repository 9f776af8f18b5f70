// What an operator is told of harm, and of what may be none: one line each.
#pragma once

#include <cstdint>
#include <string>

#include "strayd/core/harm.h"

namespace strayd {

std::string lost_process_text(const AppKey& app,
                              const ProcId& id,
                              const Kill& kill);
// It is known by how its launch ended.
std::string signalled_text(const AppKey& app, const Kill& kill);

// A restart, or the loss of a listener.
std::string event_text(const Restart& restart);
std::string event_text(std::uint16_t port);

// The event happened to one that something ties to what was ended.
std::string tied_text(const AppKey& app,
                      const std::string& event,
                      const Tie& tie,
                      const WatchedKill& kill,
                      BootTime now);
// The tree had listened on the port itself.
std::string held_text(const AppKey& app,
                      std::uint16_t port,
                      const WatchedKill& kill,
                      BootTime now);
std::string improbable_text(const AppKey& app,
                            const std::string& event,
                            const Improbable& found,
                            const AppHistory& history,
                            const Kill& kill);
std::string coincidence_text(const AppKey& app,
                             const std::string& event,
                             const AppTies& ties,
                             const WatchedKill& kill,
                             BootTime now);

}  // namespace strayd
