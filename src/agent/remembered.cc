#include "remembered.h"

#include <algorithm>
#include <optional>

#include <spdlog/spdlog.h>

#include "strayd/report/render.h"

namespace strayd {
namespace {

enum class Damage { SetAside, Reported };

void handle(const Error& error, const std::string& directory, Damage damage) {
  const std::string what = one_line(error.what);
  // Without a descriptor or memory left nothing is known of the file itself.
  if (damage == Damage::Reported || error.fault == Fault::Exhausted) {
    spdlog::warn("{}", what);
    return;
  }
  if (const auto kept = set_origins_aside(directory)) {
    spdlog::warn("{}; it is kept as {}", what, one_line(*kept));
  } else {
    spdlog::warn("{}; {}", what, one_line(kept.error().what));
  }
}

RememberedOrigins read_origins(const std::string& directory,
                               const std::string& boot_id,
                               bool written,
                               Damage damage) {
  Result<std::optional<StoredOrigins>> loaded = load_origins(directory);
  if (!loaded) {
    handle(loaded.error(), directory, damage);
  } else if (*loaded && (*loaded)->boot_id == boot_id) {
    return {.stored = **std::move(loaded)};
  }
  return {.lost = written};
}

}  // namespace

RememberedOrigins recall_origins(const State& state,
                                 const std::string& directory,
                                 const std::string& boot_id) {
  return read_origins(
      directory, boot_id, state.origins_boot_id == boot_id, Damage::SetAside);
}

RememberedOrigins peek_origins(const std::string& directory,
                               const std::string& boot_id) {
  const Result<State> state = peek_state(directory);
  if (!state && state.error().fault == Fault::NotFound) return {};
  // Of a state that can't be read nobody knows that it would say no.
  const bool written = !state || state->origins_boot_id == boot_id;
  return read_origins(directory, boot_id, written, Damage::Reported);
}

StoredOrigins stored_of(const Memory& memory, const std::string& boot_id) {
  constexpr int kMostLists = 2;
  StoredOrigins stored{.boot_id = boot_id,
                       .origins = memory.origins,
                       .launches = memory.launches,
                       .forgotten = memory.forgotten,
                       .places = memory.places};
  for (auto& [id, origin] : stored.origins) {
    if (origin.parting == Parting::None) origin.until = origin.since;
  }
  for (auto& [key, launch] : stored.launches) {
    launch.lists = std::min(launch.lists, kMostLists);
  }
  return stored;
}

void restore(Memory& memory, const RememberedOrigins& known, BootTime now) {
  memory.origins = known.stored.origins;
  memory.launches = known.stored.launches;
  memory.forgotten = known.stored.forgotten;
  memory.places = known.stored.places;
  if (known.lost) memory.forgotten = now;
}

}  // namespace strayd
