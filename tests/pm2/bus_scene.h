// Bytes of a bus, and a bus that a test plays itself.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "strayd/core/pm2_event.h"
#include "strayd/core/supervisor.h"
#include "strayd/pm2/bus.h"
#include "strayd/pm2/bus_event.h"
#include "strayd/pm2/bus_wire.h"

#include "pm2/fake_daemon.h"

namespace strayd::test {

// What became of a stream.
struct Decoded {
  std::vector<Pm2Event> events{};
  std::size_t frames = 0;  // of interest
  std::size_t senseless = 0;
  std::optional<Error> error{};
};

inline void decode_piece(Pm2BusDecoder& decoder,
                         std::string_view bytes,
                         Decoded& out) {
  for (;;) {
    const auto frame = decoder.next(bytes);
    if (!frame) out.error = frame.error();
    if (!frame || !*frame) return;
    ++out.frames;
    auto event = parse_pm2_event(**frame);
    if (!event) {
      ++out.senseless;
    } else if (*event) {
      out.events.push_back(**std::move(event));
    }
  }
}

// In pieces of this size.
inline Decoded decode(std::string_view bytes,
                      std::size_t piece = std::string_view::npos) {
  Pm2BusDecoder decoder;
  Decoded out;
  while (!bytes.empty() && !out.error) {
    decode_piece(decoder, bytes.substr(0, piece), out);
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  return out;
}

// The pub.sock of a home, with this process as the daemon behind it.
class FakeBus {
 public:
  explicit FakeBus(const std::string& home, const char* file = "pub.sock")
      : listener_(listen_in(home, 16, file)) {}

  // Takes the subscriber that connected; a test fails where there is none.
  void accept();
  // Whether one waits to be taken.
  bool has_caller() const;
  // False: the subscriber has gone, or has not read for ten seconds.
  bool say(std::string_view bytes);
  void hang_up() { subscriber_ = UniqueFd{}; }
  // Waits for its end; false: it is still there after ten seconds.
  bool subscriber_left() const;
  // Neither a byte nor half an end came from it until now.
  bool subscriber_is_quiet() const;

 private:
  UniqueFd listener_;
  UniqueFd subscriber_{};
};

// This process, as a daemon that answered for the home.
inline Pm2View answering(const std::string& home,
                         ProcId daemon = {.pid = ::getpid(),
                                          .start_ticks = 100}) {
  return {.home = home, .reply = Pm2Answer{.daemon = daemon}};
}

inline Pm2Event gap(const std::string& home) {
  return {.kind = Pm2Event::Kind::Gap, .home = home};
}

// A bus that follows these, and what came since.
class Listener {
 public:
  Listener();

  template <typename... Homes>
  void follow(const Homes&... homes) {
    const std::vector<Pm2View> views{answering(homes)...};
    bus->follow(views);
  }
  void follow_none() { bus->follow({}); }
  // Fails the test where the bus is not quick enough.
  std::vector<Pm2Event> drain();
  // Drains until this many events came in all, or ten seconds passed.
  std::vector<Pm2Event> drain_until(std::size_t count);
  // Of the one home.
  Pm2BusState state() const;
  Pm2BusState state_once(bool connected) const;

  std::optional<Pm2Bus> bus{};
};

}  // namespace strayd::test
