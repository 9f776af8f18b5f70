// The ledger's files: FILE, and FILE.1 … FILE.keep, older and older. Several
// strayds may write to them at once.
//
// Each group of lines is one append under the lock FILE.lock. Behind the end of
// FILE space is kept in reserve, so that the outcome of what was promised can
// be written to a disk that has become full.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strayd/core/result.h"
#include "strayd/report/audit.h"
#include "strayd/report/audit_reader.h"
#include "strayd/sys/fd.h"

#include "audit_line.h"
#include "file_lock.h"

namespace strayd {

class AuditFile {
 public:
  enum class Purpose {
    Promise,  // durable on return, and the reserve is whole behind it
    Account,  // durable on return; may use the reserve, never rotates
    News      // neither durable nor entitled to the reserve
  };

  static Result<AuditFile> open(AuditOptions options, AuditWriter writer);

  // All lines or none, but for an Account whose sync failed.
  Result<void> append(std::span<const Fields> lines, Purpose purpose);
  Result<void> append_one(const Fields& line, Purpose purpose) {
    return append(std::span(&line, 1), purpose);
  }

  // From all files.
  Result<OpenIntents> open_intents();

  const AuditWriter& writer() const { return writer_; }

 private:
  AuditFile(AuditOptions options, AuditWriter writer);

  // These are called under the lock.
  Result<void> follow();
  Result<bool> followed_file_is_current() const;
  Result<void> reopen();
  Result<void> look_at_end();
  std::string compose(std::span<const Fields> lines) const;
  Result<void> put(std::string_view text, Purpose purpose);
  void roll_back();
  Result<void> rotate();
  Result<void> shift(int top, const std::string& next);
  Result<void> carry_over(const std::string& dropped);
  Result<OpenIntents> read_all() const;
  static Result<std::uint64_t> newest_seq(const std::string& path, off_t from);
  Result<std::uint64_t> newest_rotated_seq() const;
  std::string rotated(int number) const;

  AuditOptions options_{};
  AuditWriter writer_{};
  FileLock lock_;
  UniqueFd fd_{};          // of FILE
  off_t size_ = 0;         // of FILE, as we know it
  bool torn_ = false;      // FILE does not end with a newline
  std::uint64_t seq_ = 0;  // the newest that we know
};

}  // namespace strayd
