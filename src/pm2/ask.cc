#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "strayd/core/forest.h"
#include "strayd/pm2/client.h"
#include "strayd/pm2/list.h"
#include "strayd/pm2/observe.h"
#include "strayd/sys/os.h"

#include "peer.h"

namespace strayd {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// The bound of all replies together, so that a crowd of fake homes does not
// cost 16 MiB each.
constexpr std::size_t kAllReplies = 8 * kPm2ReplyLimit;

// One home while it is being asked. Without an exchange, `view.reply` is final.
struct Asking {
  const Pm2Home* home = nullptr;
  Pm2View view{};
  nanoseconds began{};
  std::optional<Pm2Exchange> exchange{};
  bool whole = false;
};

std::optional<uid_t> owner_of(const UniqueFd& home) {
  struct stat status{};
  if (::fstat(home.get(), &status) != 0) return std::nullopt;
  return status.st_uid;
}

// Has a PM2 ever lived in this directory? An answer that can't be had is yes.
bool has_traces(const UniqueFd& home) {
  constexpr auto kFiles =
      std::to_array<const char*>({"pm2.pid", "rpc.sock", "dump.pm2", "pids"});
  return std::ranges::any_of(kFiles, [&](const char* file) {
    struct stat status{};
    return ::fstatat(home.get(), file, &status, AT_SYMLINK_NOFOLLOW) == 0 ||
           errno != ENOENT;
  });
}

std::string advice(const Error& error) {
  if (error.fault != Fault::Denied) return error.what;
  return "permission denied: " + error.what +
         "; run strayd as root or as the user of this PM2";
}

// There was no connection. `traces` are those in the home's directory.
Pm2Silence no_connection(const Error& error, const Pm2Home& home, bool traces) {
  Pm2Silence silence{.kind = Pm2Quiet::Silent, .why = advice(error)};
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

Pm2Silence silent(std::string why) {
  return {.kind = Pm2Quiet::Silent, .why = std::move(why)};
}

// Two daemons can't both own the list, and a listener does not tell which one
// the other's apps belong to.
std::optional<Pm2Silence> rivals(const Pm2Home& home, const Forest& forest) {
  const std::vector<ProcId> titled = titled_daemons(home, forest);
  if (titled.size() < 2) return std::nullopt;
  constexpr std::size_t kNamed = 8;
  std::string pids;
  for (const ProcId& id : titled | std::views::take(kNamed)) {
    pids += ' ' + std::to_string(id.pid);
  }
  return silent(std::to_string(titled.size()) + " daemons for one home: pids" +
                pids);
}

void end(Asking& asking, Pm2Silence silence) {
  asking.exchange.reset();
  asking.view.reply = std::unexpected(std::move(silence));
  asking.view.rpc_duration = steady_time() - asking.began;
}

void connect(Asking& asking, const Forest& forest, std::size_t limit) {
  const Pm2Home& home = *asking.home;
  const Result<UniqueFd> directory = open_pm2_home(home.path);
  if (!directory)
    return end(asking, no_connection(directory.error(), home, false));
  if (home.daemons.empty() || !home.uid) {
    asking.view.uid = owner_of(*directory).or_else([&] { return home.uid; });
  }
  if (auto two = rivals(home, forest)) return end(asking, *std::move(two));
  Result<Pm2Exchange> exchange = Pm2Exchange::open(*directory, limit);
  if (!exchange) {
    const bool traces = has_traces(*directory);
    return end(asking, no_connection(exchange.error(), home, traces));
  }
  if (auto doubt = doubt_of(exchange->peer(), home, forest)) {
    return end(asking, silent(*std::move(doubt)));
  }
  asking.exchange = *std::move(exchange);
}

void advance(Asking& asking) {
  const Result<Progress> progress = asking.exchange->advance();
  if (!progress) return end(asking, silent(advice(progress.error())));
  if (*progress == Progress::Partial) return;
  asking.whole = true;
  asking.view.rpc_duration = steady_time() - asking.began;
}

bool is_open(const Asking& asking) {
  return asking.exchange && !asking.whole;
}

void give_up(std::span<Asking> all, const std::string& why) {
  for (Asking& asking : all) {
    if (!is_open(asking)) continue;
    const std::size_t received = asking.exchange->received();
    end(asking, silent(why + " (" + std::to_string(received) + " bytes came)"));
  }
}

// poll(2) leaves out entries with a negative descriptor.
std::vector<pollfd> poll_set(std::span<const Asking> all) {
  std::vector<pollfd> set;
  for (const Asking& asking : all) {
    set.push_back(is_open(asking)
                      ? pollfd{.fd = asking.exchange->fd(),
                               .events = asking.exchange->events(),
                               .revents = 0}
                      : pollfd{.fd = -1, .events = 0, .revents = 0});
  }
  return set;
}

// One round for all that can go on; false: none was left, or poll failed.
bool advance_all(std::span<Asking> all, nanoseconds left) {
  std::vector<pollfd> set = poll_set(all);
  const auto ms = std::chrono::ceil<milliseconds>(left).count();
  if (::poll(set.data(), set.size(), static_cast<int>(ms)) < 0) {
    if (errno == EINTR) return true;
    give_up(all, errno_error("poll", errno).what);
    return false;
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (set[i].revents != 0) advance(all[i]);
  }
  return std::ranges::any_of(all, is_open);
}

// The whole exchange of all of them, under one deadline.
void talk(std::span<Asking> all, milliseconds timeout) {
  const nanoseconds deadline = steady_time() + timeout;
  bool going = std::ranges::any_of(all, is_open);
  while (going) {
    const nanoseconds left = deadline - steady_time();
    if (left <= nanoseconds::zero()) break;
    going = advance_all(all, left);
  }
  give_up(all,
          "no whole answer within " + std::to_string(timeout.count()) + " ms");
}

// The daemon is the peer as the snapshot has it.
void conclude(Asking& asking, const Forest& forest) {
  if (!asking.whole) return;
  const Pm2Peer peer = asking.exchange->peer();
  Result<Pm2List> list = parse_pm2_list(asking.exchange->json());
  asking.exchange.reset();
  if (!list) {
    asking.view.reply = std::unexpected(silent(list.error().what));
  } else if (list->bad_entries > 0) {
    asking.view.reply = std::unexpected(
        silent("its list has " + std::to_string(list->bad_entries) +
               " entries that make no sense"));
  } else {
    asking.view.uid = peer.uid;
    asking.view.reply = Pm2Answer{.daemon = forest.find(peer.pid)->id,
                                  .uid = peer.uid,
                                  .instances = std::move(list->instances)};
  }
}

}  // namespace

std::vector<Pm2View> ask_pm2(std::span<const Pm2Home> homes,
                             const Snapshot& snapshot,
                             std::chrono::milliseconds timeout) {
  const Forest forest(snapshot);
  const std::size_t limit =
      kAllReplies / std::max<std::size_t>(homes.size(), 1);
  std::vector<Asking> all;
  for (const Pm2Home& home : homes) {
    Asking& asking = all.emplace_back();
    asking.home = &home;
    asking.view.home = home.path;
    asking.view.uid = home.uid;
    asking.began = steady_time();
    connect(asking, forest, limit);
  }
  talk(all, timeout);
  std::vector<Pm2View> views;
  for (Asking& asking : all) {
    conclude(asking, forest);
    views.push_back(std::move(asking.view));
  }
  return views;
}

}  // namespace strayd
