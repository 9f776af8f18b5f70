// Reads the audit ledger back: lines in, promises without an account out. Pure;
// any bytes are good enough, and none is believed without its checksum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "strayd/core/process.h"
#include "strayd/core/result.h"
#include "strayd/report/audit.h"

namespace strayd {

// One line as it is written, without its newline:
//   {"seq":1,…,"crc":"cbf43926"}
// The checksum is the CRC-32 of everything before `,"crc"`.
std::string seal_line(std::string_view object);

// The line's number, which is unique in the ledger and rises in time.
// Malformed: the line is not one of ours, or damaged.
Result<std::uint64_t> line_seq(std::string_view line);

enum class AuditEvent {
  Intent,
  Outcome,  // of an intent; also what a later strayd found of it
  Other     // verdicts, notes, and what newer versions write
};

struct AuditRecord {
  std::uint64_t seq = 0;
  AuditEvent event = AuditEvent::Other;
  ProcId writer{};
  Unresolved subject{};  // of an outcome: only reap, id and boot_id
};
Result<AuditRecord> read_audit_line(std::string_view line);

// The intents that have no outcome after them. Lines are fed from the oldest to
// the newest; a copy of an old intent (see rotation) may come late.
class OpenIntents {
 public:
  struct Entry {
    std::uint64_t seq = 0;  // of the newest intent
    ProcId writer{};
    Unresolved subject{};
  };

  void add(std::string_view line);

  bool open(const AuditRecord& intent) const;
  std::vector<Entry> list() const;  // by seq
  bool empty() const { return entries_.empty(); }
  std::size_t damaged() const { return damaged_; }

 private:
  // reap, pid, start_ticks, boot_id
  using Key = std::tuple<std::string, pid_t, std::uint64_t, std::string>;
  static Key key_of(const Unresolved& subject);

  std::map<Key, Entry> entries_{};
  std::size_t damaged_ = 0;
};

}  // namespace strayd
