// Where each process came from, over a restart of strayd: what a look into
// /proc can't find again. Of one boot alone.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "strayd/core/ledger.h"
#include "strayd/core/origins.h"
#include "strayd/core/process.h"
#include "strayd/core/result.h"

namespace strayd {

// As in Memory (judge.h).
struct StoredOrigins {
  std::string boot_id{};
  std::map<ProcId, Origin> origins{};
  std::map<LaunchKey, LaunchMemory> launches{};
  std::optional<BootTime> forgotten{};
  std::map<ProcId, std::set<std::string>> places{};

  bool operator==(const StoredOrigins&) const = default;
};

// nullopt: there is no file. Malformed: it is damaged or foreign; nothing of it
// is believed, and it stays where it is.
Result<std::optional<StoredOrigins>> load_origins(const std::string& directory);

// Atomic, and not durable: after a crash of the host they are of another boot.
// Exhausted: more than load_origins() would believe.
Result<void> save_origins(const std::string& directory,
                          const StoredOrigins& stored);

// Keeps a file that can't be used under another name, and says which.
Result<std::string> set_origins_aside(const std::string& directory);

// For one that is out of date and can't be written anew: it would be believed.
Result<void> remove_origins(const std::string& directory);

// The file's text, and back. Pure. JSON of the format "strayd-origins", version
// 1, with a checksum; names are bytes, as in the state (state.h).
std::string format_origins(const StoredOrigins& stored);
Result<StoredOrigins> parse_origins(std::string_view text);

// More is absurd, and not believed; of origins and places no more than
// kMostOrigins.
inline constexpr std::size_t kMostLaunches = 200'000;
inline constexpr std::size_t kLargestOriginsFile = 64UZ * 1024 * 1024;

}  // namespace strayd
