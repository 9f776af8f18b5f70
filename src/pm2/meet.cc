#include "meet.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "strayd/core/result.h"

#include "peer.h"

namespace strayd {
namespace {

constexpr std::size_t kNamedRivals = 8;

// Why there is no connection. `traces` are those in the home's directory.
Pm2Silence no_connection(const Error& error, const Pm2Home& home, bool traces) {
  Pm2Silence silence = silent(advice(error));
  const bool nobody =
      error.fault == Fault::NotFound || error.fault == Fault::Unreachable;
  const auto& living = home.daemons.empty() ? home.answered : home.daemons;
  if (!living.empty()) {
    silence.why += ", but its daemon lives (pid " +
                   std::to_string(living.front().pid) + ")";
  } else if (nobody) {
    silence.kind = home.seen || traces ? Pm2Quiet::Dead : Pm2Quiet::NeverSeen;
  }
  return silence;
}

// Two daemons can't both own the list, and neither knows the other's apps.
std::optional<std::string> rivals(const Pm2Home& home, const Forest& forest) {
  const std::vector<ProcId> known = known_daemons(home, forest);
  if (known.size() < 2) return std::nullopt;
  std::string why = std::to_string(known.size()) + " daemons for one home:";
  for (std::size_t i = 0; i < std::min(known.size(), kNamedRivals); ++i) {
    why += (i == 0 ? " pids " : ", ") + std::to_string(known[i].pid);
  }
  return why;
}

}  // namespace

Pm2Silence silent(std::string why) {
  return {.kind = Pm2Quiet::Silent, .why = std::move(why)};
}

std::string advice(const Error& error) {
  if (error.fault != Fault::Denied) return error.what;
  return "permission denied: " + error.what +
         "; run strayd as root or as the user of this PM2";
}

std::expected<Pm2Exchange, Pm2Silence> meet(const Place& place,
                                            const Forest& forest,
                                            std::size_t limit) {
  const Pm2Home& home = place.home;
  if (!place.directory) {
    const Error& error = place.directory.error();
    Pm2Silence silence = no_connection(error, home, false);
    silence.home_gone = error.fault == Fault::NotFound;
    return std::unexpected(std::move(silence));
  }
  if (std::optional<std::string> why = rivals(home, forest)) {
    return std::unexpected(silent(*std::move(why)));
  }
  Result<Pm2Exchange> exchange = Pm2Exchange::open(*place.directory, limit);
  if (!exchange) {
    return std::unexpected(no_connection(exchange.error(), home, place.traces));
  }
  if (std::optional<std::string> why =
          doubt_of(exchange->peer(), home, forest)) {
    return std::unexpected(silent(*std::move(why)));
  }
  return *std::move(exchange);
}

}  // namespace strayd
