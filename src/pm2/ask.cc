#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "strayd/core/forest.h"
#include "strayd/core/result.h"
#include "strayd/pm2/client.h"
#include "strayd/pm2/list.h"
#include "strayd/pm2/observe.h"
#include "strayd/sys/os.h"

#include "meet.h"
#include "peer.h"
#include "place.h"

namespace strayd {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// The bound of all replies together, so that a crowd of fake homes does not
// cost 16 MiB each.
constexpr std::size_t kAllReplies = 8 * kPm2ReplyLimit;
constexpr milliseconds kLongestPoll = std::chrono::hours{1};  // fits an int

// One exchange on its way. It is over once it is whole or failed.
struct Talk {
  std::size_t view = 0;  // index
  nanoseconds began{};
  nanoseconds ended{};
  Pm2Exchange exchange;
  Result<Progress> progress = Progress::Partial;
};

bool is_open(const Talk& talk) {
  return talk.progress == Progress::Partial;
}

void advance(Talk& talk) {
  talk.progress = talk.exchange.advance();
  if (!is_open(talk)) talk.ended = steady_time();
}

void give_up(std::span<Talk> talks, Fault fault, const std::string& why) {
  for (Talk& talk : talks) {
    if (!is_open(talk)) continue;
    const std::string received = std::to_string(talk.exchange.received());
    talk.progress = fail(fault, why + " (" + received + " bytes came)");
    talk.ended = steady_time();
  }
}

// poll(2) leaves out entries with a negative descriptor.
std::vector<pollfd> poll_set(std::span<const Talk> talks) {
  std::vector<pollfd> set;
  for (const Talk& talk : talks) {
    set.push_back({.fd = is_open(talk) ? talk.exchange.fd() : -1,
                   .events = talk.exchange.events(),
                   .revents = 0});
  }
  return set;
}

// One round for all that can go on.
void advance_all(std::span<Talk> talks, nanoseconds left) {
  std::vector<pollfd> set = poll_set(talks);
  const milliseconds wait =
      std::min(std::chrono::ceil<milliseconds>(left), kLongestPoll);
  if (::poll(set.data(), set.size(), static_cast<int>(wait.count())) < 0) {
    if (errno == EINTR) return;
    const Error error = errno_error("poll", errno);
    give_up(talks, error.fault, error.what);
    return;
  }
  for (std::size_t i = 0; i < talks.size(); ++i) {
    if (set[i].revents != 0) advance(talks[i]);
  }
}

// All exchanges to their end, under one deadline.
void finish(std::span<Talk> talks, milliseconds timeout) {
  const nanoseconds deadline = steady_time() + timeout;
  while (std::ranges::any_of(talks, is_open)) {
    const nanoseconds left = deadline - steady_time();
    if (left > nanoseconds::zero()) {
      advance_all(talks, left);
    } else {
      give_up(
          talks,
          Fault::TimedOut,
          "no whole answer within " + std::to_string(timeout.count()) + " ms");
    }
  }
}

// What a finished exchange means. The daemon is the peer as the snapshot has
// it.
std::expected<Pm2Answer, Pm2Silence> conclude(const Talk& talk,
                                              const Forest& forest) {
  if (!talk.progress) {
    return std::unexpected(silent(advice(talk.progress.error())));
  }
  Result<Pm2List> list = parse_pm2_list(talk.exchange.json());
  if (!list) return std::unexpected(silent(advice(list.error())));
  if (list->bad_entries > 0) {
    return std::unexpected(silent("its list has " +
                                  std::to_string(list->bad_entries) +
                                  " entries that make no sense"));
  }
  const Pm2Peer& peer = talk.exchange.peer();
  return Pm2Answer{.daemon = forest.find(peer.pid)->id,
                   .uid = peer.uid,
                   .instances = std::move(list->instances)};
}

Pm2View left_out_view(const Pm2Home& rest) {
  return {.home = rest.path,
          .reply = std::unexpected(silent(std::to_string(rest.left_out) +
                                          " more homes than strayd asks"))};
}

}  // namespace

std::vector<Pm2View> ask_pm2(std::span<const Pm2Home> homes,
                             const Snapshot& snapshot,
                             std::chrono::milliseconds timeout) {
  const Forest forest(snapshot);
  const std::size_t limit =
      kAllReplies / std::max<std::size_t>(homes.size(), 1);
  std::vector<Pm2View> views;
  std::vector<Talk> talks;
  const bool some_left_out = !homes.empty() && homes.back().left_out > 0;
  const auto asked = homes.first(homes.size() - (some_left_out ? 1 : 0));
  for (const Place& place : places_of(asked, forest)) {
    const nanoseconds began = steady_time();
    auto met = meet(place, forest, limit);
    Pm2View view{.home = place.home.path,
                 .aliases = place.home.aliases,
                 .uid = place.uid,
                 .daemons = titled_daemons(place.home, forest).size()};
    if (met) {
      talks.push_back(
          {.view = views.size(), .began = began, .exchange = *std::move(met)});
    } else {
      view.reply = std::unexpected(std::move(met).error());
      view.rpc_duration = steady_time() - began;
    }
    views.push_back(std::move(view));
  }
  if (some_left_out) views.push_back(left_out_view(homes.back()));
  finish(talks, timeout);
  // Only now: a long reply must not make another home miss the deadline.
  for (const Talk& talk : talks) {
    Pm2View& view = views[talk.view];
    view.reply = conclude(talk, forest);
    view.rpc_duration = talk.ended - talk.began;
    if (view.reply) view.uid = view.reply->uid;
  }
  return views;
}

}  // namespace strayd
