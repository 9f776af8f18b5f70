// The event buses (pub.sock) of the PM2s that answer, as a subscriber that only
// reads.
//
// A subscriber that does not read makes its daemon grow without bound. So a
// thread reads all the time, whatever the scan does; and where events are not
// taken as fast as they come, it is the connection that ends.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "strayd/core/known_ports.h"
#include "strayd/core/pm2_event.h"
#include "strayd/core/process.h"
#include "strayd/core/result.h"
#include "strayd/core/supervisor.h"

namespace strayd {

// Events that wait, of one home. Thousands; beyond, the connection ends.
inline constexpr std::size_t kPm2EventsLimit = std::size_t{1024} * 1024;

struct Pm2Batch {
  // As they came; those of different homes in no certain order. A Gap is first
  // in each connection, and last in one that ended.
  std::vector<Pm2Event> events{};
  // What the apps' errors named meanwhile; some of it, where that is much. The
  // fd() does not tell of it.
  AskedPorts asked{};
  // All that was there when it was asked for. False: the limit came first.
  bool whole = false;
};

// One home that is followed.
struct Pm2BusState {
  std::string home{};
  ProcId daemon{};
  bool connected = false;
  BootTime since{};  // of being connected, or of not being
  // Since it is followed, over all its connections.
  std::uint64_t bytes = 0;
  std::uint64_t events = 0;
  std::uint64_t lost = 0;    // events that were too long or made no sense
  std::uint64_t breaks = 0;  // connections that ended
  std::string error{};       // the last; one line for a person

  bool operator==(const Pm2BusState&) const = default;
};

// Used by one thread; it has another one of its own, which takes no signals.
class Pm2Bus {
 public:
  static Result<Pm2Bus> start();
  Pm2Bus(Pm2Bus&&) noexcept;
  Pm2Bus& operator=(Pm2Bus&&) noexcept;
  Pm2Bus(const Pm2Bus&) = delete;
  Pm2Bus& operator=(const Pm2Bus&) = delete;
  ~Pm2Bus();

  // Follows the homes that answered, and those alone: connects where there is
  // no connection, if the listener is the daemon that answered. Never waits,
  // never writes. Call it with the views of each scan.
  void follow(std::span<const Pm2View> views);

  // What was said since the last call. What a daemon said before it answered a
  // request of ours is in it, unless it is behind with its writing to us.
  Pm2Batch drain(std::chrono::milliseconds limit);

  std::vector<Pm2BusState> states() const;  // by home

  // Readable while events wait for drain().
  int fd() const;

 private:
  struct Impl;
  explicit Pm2Bus(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strayd
