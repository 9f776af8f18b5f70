// One connection with a home's pub.sock, read as it comes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "strayd/core/known_ports.h"
#include "strayd/core/pm2_event.h"
#include "strayd/core/process.h"
#include "strayd/core/result.h"
#include "strayd/pm2/bus_wire.h"
#include "strayd/sys/fd.h"

#include "port_errors.h"

namespace strayd {

// What one turn of reading brought.
struct BusHearing {
  std::vector<Pm2Event> events{};
  AskedPorts asked{};
  std::size_t bytes = 0;
  std::size_t lost = 0;
  bool dry = false;              // there was nothing to read
  std::optional<Error> ended{};  // the connection is over
};

class BusLine {
 public:
  BusLine(std::string home, UniqueFd socket)
      : home_(std::move(home)), socket_(std::move(socket)), errors_(home_) {}

  const std::string& home() const { return home_; }
  int fd() const { return socket_.get(); }

  // Reads what is there and fits in `room`, which is only lent: then others
  // have their turn. Where something is lost, there is a Gap.
  BusHearing hear(std::span<char> room);

  // A scan has taken what was heard.
  void begin_anew() { errors_.refill(); }

 private:
  void take(std::string_view bytes, BusHearing& heard);
  void take_frame(const Pm2BusFrame& frame, BusHearing& heard);

  std::string home_;
  UniqueFd socket_;
  Pm2BusDecoder decoder_{};
  PortErrors errors_;
};

// Connects to the bus of the daemon that answered for this home.
Result<BusLine> dial_bus(const std::string& home, const ProcId& daemon);

}  // namespace strayd
