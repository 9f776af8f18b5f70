// The bytes of a daemon's bus, in pieces whose size the input's first byte
// decides: the events must not depend on how they are cut, no more is held than
// may be, and what is taken is bounded and of a known app.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include "strayd/core/known_ports.h"
#include "strayd/core/pm2_event.h"
#include "strayd/pm2/bus_event.h"
#include "strayd/pm2/bus_wire.h"

#include "pm2/port_errors.h"

namespace {

using strayd::Pm2BusDecoder;
using strayd::Pm2Event;

struct Heard {
  std::vector<Pm2Event> events{};
  strayd::AskedPorts asked{};
  std::size_t senseless = 0;
  std::uint64_t skipped = 0;
  bool failed = false;

  bool operator==(const Heard&) const = default;
};

bool is_sound(const Pm2Event& event) {
  const bool named = !event.name.empty() && event.name.size() <= 4096;
  const bool numbered = event.pm_id >= 0;
  const bool coded = event.exit_code.value_or(0) >= 0;
  switch (event.kind) {
    case Pm2Event::Kind::Exit:
    case Pm2Event::Kind::Online:
    case Pm2Event::Kind::Action:
    case Pm2Event::Kind::Overlimit:
      return named && numbered && coded && !event.unique_id.empty() &&
             event.unique_id.size() <= 4096 && !event.name_space.empty() &&
             event.restart_time >= 0;
    case Pm2Event::Kind::Watch:
      return named && event.pm_id == -1;
    case Pm2Event::Kind::MemoryLimit:
      return numbered;
    case Pm2Event::Kind::Signal:
      return named && numbered && coded && event.signal.starts_with("SIG");
    case Pm2Event::Kind::ToldToEnd:
      return event.pm_id == -1 && event.name.empty();
    case Pm2Event::Kind::Gap:
      return false;
  }
  return false;
}

void take(const strayd::Pm2BusFrame& frame, Heard& heard) {
  auto event = strayd::parse_pm2_event(frame);
  if (!event) {
    ++heard.senseless;
    if (event.error().what.size() > 100) std::abort();
  } else if (*event) {
    if (!is_sound(**event)) std::abort();
    heard.events.push_back(**std::move(event));
  }
}

Heard hear(std::string_view bytes, std::size_t piece) {
  Pm2BusDecoder decoder;
  strayd::PortErrors errors("/h");
  Heard heard;
  const std::size_t size = bytes.size();
  while (!bytes.empty() && !heard.failed) {
    std::string_view some = bytes.substr(0, piece);
    bytes.remove_prefix(some.size());
    for (;;) {
      const auto frame = decoder.next(some);
      heard.failed = !frame;
      if (!frame || !*frame) break;
      if ((*frame)->topic == strayd::Pm2Topic::Error) {
        errors.hear(**frame, heard.asked);
        continue;
      }
      take(**frame, heard);
    }
    if (decoder.held() > size) std::abort();
  }
  heard.skipped = decoder.skipped();
  return heard;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1,
                               size - 1);
  const Heard whole = hear(bytes, bytes.size() + 1);
  if (hear(bytes, (std::size_t{data[0]} % 64) + 1) != whole) std::abort();
  return 0;
}
