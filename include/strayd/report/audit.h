// The audit ledger: JSON lines that say who was to be ended, on which evidence,
// and what became of it. An intent is durable before the signal it announces.
//
// Several strayds may write to one ledger at once (the agent, and a `scan
// --reap` beside it): groups of lines are appended, and files rotated, under a
// lock on FILE.lock. Each line has at least
//   seq      unique in the ledger, rising in time over restarts and rotations
//   ts       RFC 3339, UTC, milliseconds
//   boot_id, writer {pid, start_ticks}
//   event    intent | outcome | recovered | verdict | withheld |
//            port_conflict | restart | breaker | note
//   crc      CRC-32 of the line before it
// and at most 4 KiB of ASCII. Arguments and environment are never in it.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strayd/core/intent.h"
#include "strayd/core/report.h"
#include "strayd/core/result.h"

namespace strayd {

struct AuditOptions {
  std::string file{};
  std::size_t rotate_bytes = std::size_t{10} * 1024 * 1024;
  int keep = 5;  // rotated files: FILE.1 … FILE.keep; 1 to 100
  // How long to wait for another strayd that writes.
  std::chrono::milliseconds patience{5000};

  bool operator==(const AuditOptions&) const = default;
};

// An intent without an outcome, left by a strayd that was ended. Its texts are
// as the ledger shows them: one line each, cut where they were long.
struct Unresolved {
  std::string reap{};
  ProcId id{};
  std::string boot_id{};
  Step last_step = Step::Terminate;
  std::string rule{};
  std::string app{};
  std::string home{};
  Standing kind = Standing::Stray;
};

// Used by one thread.
class Audit {
 public:
  // Opens for appending, completes a torn last line, preallocates so that a
  // full disk does not lose an outcome. On a disk that is full already it opens
  // all the same; then intend() fails.
  static Result<Audit> open(AuditOptions options, std::string boot_id);
  Audit(Audit&&) noexcept;
  Audit& operator=(Audit&&) noexcept;
  Audit(const Audit&) = delete;
  Audit& operator=(const Audit&) = delete;
  ~Audit();

  // Appends and fdatasyncs; one sync for all of them, all of them or none.
  // Fails on a full disk while there is still room for outcomes. May rotate.
  Result<void> intend(std::span<const Intent> intents);
  // Durable too, and possible when the disk became full after intend(). Ends
  // what is promised of that process in that reap: it comes last.
  Result<void> outcome(const std::string& reap, const Reaped& reaped);
  // Start, stop, reload and the like.
  Result<void> note(const std::string& event, const std::string& text);
  // Candidates whose verdict is new or another, trees withheld, restarts of
  // apps, the breaker.
  // Nothing where nothing changed. Neither this nor a note is synced.
  Result<void> verdicts(const Report& report);

  // Everything that was promised and not accounted for, from the file and its
  // rotations, oldest first; not what another living strayd promised. To be
  // asked before the first intend(): our own is in it.
  Result<std::vector<Unresolved>> unresolved() const;
  // Lines that the last unresolved() skipped.
  std::size_t damaged_lines() const;
  // What was found of one of them ("gone", "alive", "thawed"): it is accounted
  // for, once.
  Result<void> resolved(const Unresolved& subject, std::string_view found);

 private:
  struct Impl;
  explicit Audit(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strayd
