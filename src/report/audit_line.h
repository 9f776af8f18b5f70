// What the ledger says, as JSON objects. Every text of a foreign hand is made
// one line and cut here, so that a line stays below kLongestLine bytes. The
// lines are ASCII: JSON escapes the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "strayd/core/intent.h"
#include "strayd/core/report.h"
#include "strayd/report/audit.h"

namespace strayd {

inline constexpr std::size_t kLongestLine = 4096;

using Fields = nlohmann::ordered_json;

// Who writes: pid and start time tell a living strayd from a dead one.
struct AuditWriter {
  ProcId id{};
  std::string boot_id{};
};

std::string audit_line(std::uint64_t seq,
                       std::int64_t now_unix_ms,
                       const AuditWriter& writer,
                       const Fields& fields);

// RFC 3339 in UTC with milliseconds: 2024-02-29T23:59:59.007Z
std::string rfc3339(std::int64_t unix_ms);

// One line of at most `most` bytes in ASCII JSON, without the quotes. What was
// cut off is an ellipsis.
std::string bounded(std::string_view bytes, std::size_t most);

Fields intent_fields(const Intent& intent, BootTime now);
Fields outcome_fields(const std::string& reap, const Reaped& reaped);
Fields recovered_fields(const Unresolved& subject, std::string_view found);
Fields note_fields(std::string_view event, std::string_view text);
Fields verdict_fields(const Verdict& verdict, const Report& report);
Fields withheld_fields(const WithheldTree& tree);
Fields conflict_fields(const PortConflict& conflict, const Report& report);
Fields restart_fields(const Restart& restart, const Report& report);
Fields breaker_fields(const Breaker& breaker);

}  // namespace strayd
