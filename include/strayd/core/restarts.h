// The restarts of one scan: counted by PM2's list, explained by the clues.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "strayd/core/causes.h"
#include "strayd/core/ends.h"
#include "strayd/core/exit_status.h"
#include "strayd/core/last_sender.h"
#include "strayd/core/ledger.h"
#include "strayd/core/senders.h"
#include "strayd/core/supervisor.h"

namespace strayd {

struct Restart {
  AppKey app{};
  InstanceKey instance{};
  std::int64_t restart_time = 0;  // PM2's count with this restart
  Cause cause = Cause::Unknown;
  // How what served or PM2's own child ended; of a signal that PM2 alone has
  // told of the number may lack (0).
  ExitStatus how{};
  // Of the launch that ended; nullopt: not known.
  std::optional<std::int64_t> pm_uptime_ms{};
  // How long that launch had lived; nullopt: not known.
  std::optional<std::chrono::milliseconds> lived{};
  // The signal that it ended by; nullopt: by none, or nobody told of it.
  std::optional<SentSignal> sent{};
  // PortConflict, of a port that the app's own errors alone call its own. No
  // text of an app's excuses what strayd may have done to it.
  bool by_word = false;

  bool operator==(const Restart&) const = default;
};

struct Accounts {
  RestartLedger ledger{};
  Trails trails{};  // of this run; nothing of it is kept in a file
  // Of the apps of the ledger, and kept with it.
  Ends ends{};
  Senders senders{};
  // Of the last scan, instance by instance, oldest first. At most
  // kMostRestarts: all are counted, the newest of each instance are told.
  std::vector<Restart> restarts{};
};

inline constexpr std::size_t kMostRestarts = 10'000;
// Of one instance between two scans; those before them are Unknown.
inline constexpr std::int64_t kMostExplained = 1'000;

// Folds one scan in. The sum over all causes rises by what the lists say, never
// by anything else; what was counted keeps its cause. A home that does not
// answer changes nothing, but what it said is remembered.
Accounts account_restarts(Accounts before,
                          std::span<const Pm2View> pm2,
                          const Clues& clues);

}  // namespace strayd
