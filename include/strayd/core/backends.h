// How often the process that serves was replaced by another, whether PM2 knew
// of it or not.
//
// PM2 counts the restarts of the process that it lists. `tsx watch`, nodemon
// and npm restart, or lose, the server below that one, and PM2 is not told.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "strayd/core/process.h"

namespace strayd {

struct SlotKey {
  std::string home{};
  std::string app{};
  int slot = 0;
  auto operator<=>(const SlotKey&) const = default;
};

inline constexpr std::chrono::seconds kServesAgain{30};

struct BackendAccount {
  // Rises by one when another process serves than served last, also over a
  // time in which none did; a restart by PM2 is such a replacement too. Not at
  // the first sight of a slot, not while the former one still lives in the
  // app's trees (then strayd only sees better who serves), and not when an
  // instance moves to another slot. What came and went between two scans, or
  // while strayd was away, is one replacement at most.
  std::uint64_t restarts = 0;
  // Who served last. nullopt: nobody was ever seen to; pid 0: one of an
  // earlier boot.
  std::optional<ProcId> last{};
  // Since when that one has served, Unix time (0: not known); and whether it
  // did for kServesAgain: what a worker forks for a moment serves, too, and no
  // more.
  std::int64_t last_since_unix_ms = 0;
  bool steady = false;
  // PM2's own child above the one that served last.
  std::optional<ProcId> root{};
  std::int64_t start_unix_ms = 0;  // the newest that was told below that one
  // One that served here was seen to listen: without that, nobody serves.
  bool listened = false;
  // Since when it has not served for kServesAgain on end, Unix time: nobody
  // served, or others again and again. nullopt: it serves.
  std::optional<std::int64_t> down_since_unix_ms{};
  // While it is down: since when the same one has served.
  std::optional<std::int64_t> up_since_unix_ms{};

  bool operator==(const BackendAccount&) const = default;
};

// To be kept over restarts of strayd. Slots that are listed no more stay, so
// that an app that is deleted and started again goes on counting.
struct BackendLedger {
  std::string boot_id{};  // of the identities in it
  std::map<SlotKey, BackendAccount> slots{};

  bool operator==(const BackendLedger&) const = default;
};

// Beyond it, slots that are not listed are forgotten.
inline constexpr std::size_t kMostSlots = 10'000;

}  // namespace strayd
