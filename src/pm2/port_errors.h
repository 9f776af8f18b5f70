// The ports that the apps of one bus say are taken, out of all that they write
// to their error outputs.
//
// That may be much, and a word on a port is rare. So only what has the words is
// parsed, and no more of it between two scans than costs nearly nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "strayd/core/known_ports.h"
#include "strayd/pm2/bus_wire.h"

namespace strayd {

class PortErrors {
 public:
  explicit PortErrors(std::string home) : home_(std::move(home)) {}

  // Adds what this frame of Pm2Topic::Error names, in order with all the
  // others.
  void hear(const Pm2BusFrame& frame, AskedPorts& asked);

  // Once for each scan: it may parse as much again.
  void refill() { left_ = kParsedPerScan; }

 private:
  static constexpr std::size_t kParsedPerScan = std::size_t{1024} * 1024;

  bool is_of_interest(std::string_view json) const;
  void keep(std::int64_t pm_id, std::string_view rest);

  std::string home_;
  std::size_t left_ = kParsedPerScan;
  // By pm_id: a line with the words, or with the beginning of them, of which
  // more is to come.
  std::map<std::int64_t, std::string> open_{};
};

// Adds a port of an app, if there is room: the bounds are those of one scan of
// one home.
void add_asked(AskedPorts& to, const AppKey& app, std::uint16_t port);
void add_asked(AskedPorts& to, const AskedPorts& from);

}  // namespace strayd
