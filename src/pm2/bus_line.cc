#include "bus_line.h"

#include <sys/socket.h>

#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

#include "strayd/pm2/bus_event.h"
#include "strayd/pm2/client.h"

#include "dial.h"

namespace strayd {

BusHearing BusLine::hear(std::span<char> room) {
  BusHearing heard;
  const ssize_t count =
      ::recv(socket_.get(), room.data(), room.size(), MSG_DONTWAIT);
  if (count > 0) {
    take({room.data(), static_cast<std::size_t>(count)}, heard);
  } else if (count == 0) {
    heard.ended =
        Error{.fault = Fault::Unreachable, .what = "PM2 ended the connection"};
  } else if (errno == EAGAIN) {
    heard.dry = true;
  } else if (errno != EINTR) {
    heard.ended = pm2_fault("read from pub.sock", errno).error();
  }
  return heard;
}

void BusLine::take(std::string_view bytes, BusHearing& heard) {
  heard.bytes += bytes.size();
  for (;;) {
    const std::uint64_t skipped = decoder_.skipped();
    const auto frame = decoder_.next(bytes);
    if (decoder_.skipped() != skipped) {
      heard.lost += decoder_.skipped() - skipped;
      heard.events.push_back({.kind = Pm2Event::Kind::Gap, .home = home_});
    }
    if (!frame) {
      heard.ended = frame.error();
      return;
    }
    const std::optional<Pm2BusFrame>& whole = *frame;
    if (!whole) return;
    take_frame(*whole, heard);
  }
}

void BusLine::take_frame(const Pm2BusFrame& frame, BusHearing& heard) {
  if (frame.topic == Pm2Topic::Error) {
    errors_.hear(frame, heard.asked);
    return;
  }
  Result<std::optional<Pm2Event>> parsed = parse_pm2_event(frame);
  if (!parsed) {
    ++heard.lost;
    heard.events.push_back({.kind = Pm2Event::Kind::Gap, .home = home_});
    return;
  }
  std::optional<Pm2Event>& event = *parsed;
  if (!event) return;
  event->home = home_;
  heard.events.push_back(*std::move(event));
}

Result<BusLine> dial_bus(const std::string& home, const ProcId& daemon) {
  const Result<UniqueFd> directory = open_pm2_home(home);
  if (!directory) return std::unexpected(directory.error());
  Result<Pm2Line> line = dial(*directory, "pub.sock");
  if (!line) return std::unexpected(std::move(line).error());
  if (line->peer.pid != daemon.pid) {
    return fail(Fault::Denied,
                "pub.sock belongs to pid " + std::to_string(line->peer.pid) +
                    ", and pid " + std::to_string(daemon.pid) +
                    " answered for this home");
  }
  return BusLine(home, std::move(line->socket));
}

}  // namespace strayd
