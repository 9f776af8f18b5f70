// Rotation of the ledger. All of it happens under the lock; others notice that
// FILE has another inode and follow.
//
// It may be cut off anywhere: each file is whole at every moment, a gap in the
// numbers is filled by the next rotation, and a FILE that is missing is made.
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "strayd/sys/os.h"

#include "audit_file.h"
#include "directory.h"
#include "line_reader.h"
#include "reserve.h"

namespace strayd {
namespace {

bool exists(const std::string& path) {
  struct stat found{};
  return ::lstat(path.c_str(), &found) == 0;
}

Result<void> rename_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  return std::unexpected(errno_error("rename " + from + " to " + to, errno));
}

// An empty file that has its reserve. Made before anything is renamed, so that
// a full disk leaves FILE, and the reserve behind it, where they are.
Result<UniqueFd> make_next(const std::string& path) {
  UniqueFd fd{::open(path.c_str(),
                     O_RDWR | O_APPEND | O_CREAT | O_TRUNC | O_CLOEXEC |
                         O_NOFOLLOW | O_NONBLOCK,
                     0640)};
  if (!fd) return std::unexpected(errno_error("create " + path, errno));
  const Result<void> kept = keep_reserve(fd.get(), 0, path);
  if (kept) return fd;
  ::unlink(path.c_str());
  return std::unexpected(kept.error());
}

}  // namespace

Result<void> AuditFile::rotate() {
  int top = 1;  // the first number that is free, or whose file is dropped
  while (top < options_.keep && exists(rotated(top))) ++top;
  if (exists(rotated(top))) {
    const Result<void> carried = carry_over(rotated(top));
    if (!carried) return carried;
  }
  const std::string next_path = options_.file + ".next";
  Result<UniqueFd> next = make_next(next_path);
  if (!next) return std::unexpected(next.error());
  const Result<void> shifted = shift(top, next_path);
  if (!shifted) return shifted;
  // The reserve of the old file is no longer needed. Best effort.
  static_cast<void>(::ftruncate(fd_.get(), size_) == 0);
  fd_ = std::move(*next);
  size_ = 0;
  torn_ = false;
  return {};
}

Result<void> AuditFile::shift(int top, const std::string& next) {
  for (int number = top - 1; number > 0; --number) {
    const Result<void> moved =
        rename_file(rotated(number), rotated(number + 1));
    if (!moved) return moved;
  }
  const Result<void> aside = rename_file(options_.file, rotated(1));
  if (!aside) return aside;
  const Result<void> placed = rename_file(next, options_.file);
  if (!placed) return placed;
  return sync_directory_of(options_.file);
}

// A file is about to be dropped. Of the intents in it that have no outcome
// anywhere, a copy goes to the end of FILE first: however small the files are,
// no promise is forgotten.
Result<void> AuditFile::carry_over(const std::string& dropped) {
  OpenIntents there;
  const Result<void> looked =
      each_line(dropped, 0, [&](std::string_view line) { there.add(line); });
  if (!looked) return looked;
  if (there.empty()) return {};
  const Result<OpenIntents> everywhere = read_all();
  if (!everywhere) return std::unexpected(everywhere.error());

  std::string copies;
  const Result<void> copied = each_line(dropped, 0, [&](std::string_view line) {
    const Result<AuditRecord> record = read_audit_line(line);
    if (!record || record->event != AuditEvent::Intent) return;
    if (everywhere->open(*record)) copies.append(line).append("\n");
  });
  if (!copied) return copied;
  return copies.empty() ? Result<void>{} : put(copies, Purpose::Promise);
}

}  // namespace strayd
