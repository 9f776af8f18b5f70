#include "meet.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "strayd/core/result.h"
#include "strayd/sys/fd.h"

#include "peer.h"

namespace strayd {
namespace {

constexpr std::size_t kNamedRivals = 8;
constexpr std::array kFilesOfPm2{"pm2.pid", "rpc.sock", "dump.pm2", "pids"};

std::optional<uid_t> owner_of(const UniqueFd& directory) {
  struct stat status{};
  if (::fstat(directory.get(), &status) != 0) return std::nullopt;
  return status.st_uid;
}

// Has a PM2 ever lived in this directory? An answer that can't be had is yes.
bool has_traces(const UniqueFd& directory) {
  return std::ranges::any_of(kFilesOfPm2, [&](const char* file) {
    struct stat status{};
    return ::fstatat(directory.get(), file, &status, AT_SYMLINK_NOFOLLOW) ==
               0 ||
           errno != ENOENT;
  });
}

// Why there is no connection. `traces` are those in the home's directory.
Pm2Silence no_connection(const Error& error, const Pm2Home& home, bool traces) {
  Pm2Silence silence = silent(advice(error));
  silence.socket_left = error.fault == Fault::Unreachable;
  const bool nobody = error.fault == Fault::NotFound || silence.socket_left;
  if (!home.daemons.empty()) {
    silence.why += ", but its daemon lives (pid " +
                   std::to_string(home.daemons.front().pid) + ")";
  } else if (nobody) {
    silence.kind = home.seen || traces ? Pm2Quiet::Dead : Pm2Quiet::NeverSeen;
  }
  return silence;
}

// Two daemons can't both own the list, and neither knows the other's apps.
std::optional<std::string> rivals(const Pm2Home& home, const Forest& forest) {
  const std::vector<ProcId> titled = titled_daemons(home, forest);
  if (titled.size() < 2) return std::nullopt;
  std::string why = std::to_string(titled.size()) + " daemons for one home:";
  for (std::size_t i = 0; i < std::min(titled.size(), kNamedRivals); ++i) {
    why += (i == 0 ? " pids " : ", ") + std::to_string(titled[i].pid);
  }
  return why;
}

std::expected<Pm2Exchange, Pm2Silence> meet_in(const UniqueFd& directory,
                                               const Pm2Home& home,
                                               const Forest& forest,
                                               std::size_t limit) {
  if (std::optional<std::string> why = rivals(home, forest)) {
    return std::unexpected(silent(*std::move(why)));
  }
  Result<Pm2Exchange> exchange = Pm2Exchange::open(directory, limit);
  if (!exchange) {
    return std::unexpected(
        no_connection(exchange.error(), home, has_traces(directory)));
  }
  if (std::optional<std::string> why =
          doubt_of(exchange->peer(), home, forest)) {
    return std::unexpected(silent(*std::move(why)));
  }
  return *std::move(exchange);
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

Meeting meet(const Pm2Home& home, const Forest& forest, std::size_t limit) {
  const Result<UniqueFd> directory = open_pm2_home(home.path);
  if (!directory) {
    return {
        .uid = home.uid,
        .met = std::unexpected(no_connection(directory.error(), home, false))};
  }
  // Anybody may name any home in his own cookie, so the directory is believed
  // before a cookie is.
  std::optional<uid_t> uid = home.uid;
  if (home.daemons.empty() || !uid) {
    if (const std::optional<uid_t> owner = owner_of(*directory)) uid = owner;
  }
  return {.uid = uid, .met = meet_in(*directory, home, forest, limit)};
}

}  // namespace strayd
