// From a home to a connection with its daemon, or what its silence means.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <expected>
#include <optional>
#include <string>

#include "strayd/core/forest.h"
#include "strayd/core/supervisor.h"
#include "strayd/pm2/client.h"
#include "strayd/pm2/observe.h"

namespace strayd {

struct Meeting {
  // Of the home's daemons, else of its directory, else what is known of it.
  std::optional<uid_t> uid{};
  // Nothing is sent yet, and the peer may speak for this home.
  std::expected<Pm2Exchange, Pm2Silence> met = std::unexpected(Pm2Silence{});
};

// `limit` bounds the reply.
Meeting meet(const Pm2Home& home, const Forest& forest, std::size_t limit);

// An error as a silence tells it: with what to do where that is known.
Pm2Silence silent(std::string why);
std::string advice(const Error& error);

}  // namespace strayd
