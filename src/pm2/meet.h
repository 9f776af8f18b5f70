// From a home to a connection with its daemon, or what its silence means.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

#include "strayd/core/forest.h"
#include "strayd/core/supervisor.h"
#include "strayd/pm2/client.h"

#include "place.h"

namespace strayd {

// A connection on which nothing is sent yet, and whose peer may speak for this
// home. `limit` bounds the reply.
std::expected<Pm2Exchange, Pm2Silence> meet(const Place& place,
                                            const Forest& forest,
                                            std::size_t limit);

// An error as a silence tells it: with what to do where that is known.
Pm2Silence silent(std::string why);
std::string advice(const Error& error);

}  // namespace strayd
