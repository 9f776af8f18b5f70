#include "audit_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "strayd/sys/os.h"

#include "directory.h"
#include "line_reader.h"
#include "reserve.h"

namespace strayd {
namespace {

constexpr int kMostKept = 100;

std::unexpected<Error> failed(const char* call, const std::string& path) {
  const int error = errno;
  return std::unexpected(
      errno_error(std::string(call).append(" ").append(path), error));
}

Result<void> write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("write", path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<struct stat> stat_of(int fd, const std::string& path) {
  struct stat found{};
  if (::fstat(fd, &found) != 0) return failed("stat", path);
  return found;
}

}  // namespace

AuditFile::AuditFile(AuditOptions options, AuditWriter writer)
    : options_(std::move(options)),
      writer_(std::move(writer)),
      lock_(options_.file + ".lock", options_.patience) {
  options_.keep = std::clamp(options_.keep, 1, kMostKept);
}

Result<AuditFile> AuditFile::open(AuditOptions options, AuditWriter writer) {
  const Result<void> made = make_directories(directory_of(options.file));
  if (!made) return std::unexpected(made.error());
  AuditFile file(std::move(options), std::move(writer));
  const Result<FileLock::Held> held = file.lock_.lock();
  if (!held) return std::unexpected(held.error());
  const Result<void> followed = file.follow();
  if (!followed) return std::unexpected(followed.error());
  // On a full disk both fail. One may look on all the same: a promise is what
  // needs them, and it tries again.
  static_cast<void>(file.put("", Purpose::Account));
  static_cast<void>(
      keep_reserve(file.fd_.get(), file.size_, file.options_.file));
  return file;
}

Result<void> AuditFile::append(std::span<const Fields> lines, Purpose purpose) {
  if (lines.empty()) return {};
  const Result<FileLock::Held> held = lock_.lock();
  if (!held) return std::unexpected(held.error());
  const Result<void> followed = follow();
  if (!followed) return followed;

  const std::string text = compose(lines);
  const bool full =
      static_cast<std::size_t>(size_) + text.size() > options_.rotate_bytes;
  if (full && size_ > 0 && purpose != Purpose::Account) {
    const Result<void> rotated = rotate();
    if (!rotated) return rotated;
  }
  const Result<void> done = put(text, purpose);
  if (done) seq_ += lines.size();
  return done;
}

Result<OpenIntents> AuditFile::open_intents() {
  const Result<FileLock::Held> held = lock_.lock();
  if (!held) return std::unexpected(held.error());
  return read_all();
}

// FILE may be another one by now, and others may have written to it.
Result<void> AuditFile::follow() {
  const Result<bool> current = followed_file_is_current();
  if (!current) return std::unexpected(current.error());
  return *current ? look_at_end() : reopen();
}

Result<bool> AuditFile::followed_file_is_current() const {
  if (!fd_) return false;
  const Result<struct stat> ours = stat_of(fd_.get(), options_.file);
  if (!ours) return std::unexpected(ours.error());
  struct stat named{};
  if (::lstat(options_.file.c_str(), &named) != 0) {
    if (errno == ENOENT) return false;
    return failed("stat", options_.file);
  }
  return ours->st_ino == named.st_ino && ours->st_dev == named.st_dev;
}

Result<void> AuditFile::reopen() {
  UniqueFd fd{
      ::open(options_.file.c_str(),
             O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
             0640)};
  if (!fd) return failed("open", options_.file);
  const Result<struct stat> found = stat_of(fd.get(), options_.file);
  if (!found) return std::unexpected(found.error());
  if (!S_ISREG(found->st_mode)) {
    return fail(Fault::Malformed,
                "open " + options_.file + ": not a regular file");
  }
  const Result<void> synced = sync_directory_of(options_.file);
  if (!synced) return synced;
  const Result<std::uint64_t> newest = newest_rotated_seq();
  if (!newest) return std::unexpected(newest.error());
  seq_ = std::max(seq_, *newest);
  fd_ = std::move(fd);
  size_ = 0;
  return look_at_end();
}

Result<void> AuditFile::look_at_end() {
  const Result<struct stat> found = stat_of(fd_.get(), options_.file);
  if (!found) return std::unexpected(found.error());
  if (found->st_size != size_) {
    const Result<std::uint64_t> newest =
        newest_seq(options_.file, found->st_size > size_ ? size_ : 0);
    if (!newest) return std::unexpected(newest.error());
    seq_ = std::max(seq_, *newest);
    size_ = found->st_size;
  }
  char last = '\n';
  if (size_ > 0 && ::pread(fd_.get(), &last, 1, size_ - 1) != 1) {
    return failed("read", options_.file);
  }
  torn_ = last != '\n';
  return {};
}

std::string AuditFile::compose(std::span<const Fields> lines) const {
  const std::int64_t now = unix_ms();
  std::string text;
  std::uint64_t seq = seq_;
  for (const Fields& fields : lines) {
    text += audit_line(++seq, now, writer_, fields);
    text += '\n';
  }
  return text;
}

Result<void> AuditFile::put(std::string_view text, Purpose purpose) {
  std::string whole(torn_ ? "\n" : "");
  whole += text;
  const off_t after = size_ + static_cast<off_t>(whole.size());
  if (purpose != Purpose::Account) {
    const Result<void> kept = keep_reserve(fd_.get(), after, options_.file);
    if (!kept) return kept;
  }
  const Result<void> written = write_all(fd_.get(), whole, options_.file);
  if (!written) {
    roll_back();
    return written;
  }
  if (purpose != Purpose::News && ::fdatasync(fd_.get()) != 0) {
    const auto error = failed("sync", options_.file);
    if (purpose == Purpose::Promise) roll_back();
    fd_ = UniqueFd{};  // what the kernel still knows of it is not to be trusted
    return error;
  }
  size_ = after;
  torn_ = false;
  return {};
}

// Should that fail, look_at_end() finds what stands there.
void AuditFile::roll_back() {
  if (::ftruncate(fd_.get(), size_) != 0) return;
  // Gone with it is what was set aside.
  static_cast<void>(keep_reserve(fd_.get(), size_, options_.file));
}

Result<OpenIntents> AuditFile::read_all() const {
  OpenIntents intents;
  const auto add = [&](std::string_view line) {
    intents.add(line);
  };
  for (int number = options_.keep; number >= 0; --number) {
    const std::string path = number == 0 ? options_.file : rotated(number);
    const Result<void> read = each_line(path, 0, add);
    if (!read && read.error().fault != Fault::NotFound) {
      return std::unexpected(read.error());
    }
  }
  return intents;
}

Result<std::uint64_t> AuditFile::newest_seq(const std::string& path,
                                            off_t from) {
  std::uint64_t newest = 0;
  const Result<void> read = each_line(path, from, [&](std::string_view line) {
    newest = std::max(newest, line_seq(line).value_or(0));
  });
  if (!read && read.error().fault != Fault::NotFound) {
    return std::unexpected(read.error());
  }
  return newest;
}

Result<std::uint64_t> AuditFile::newest_rotated_seq() const {
  std::uint64_t newest = 0;
  for (int number = 1; number <= options_.keep; ++number) {
    const Result<std::uint64_t> found = newest_seq(rotated(number), 0);
    if (!found) return found;
    newest = std::max(newest, *found);
  }
  return newest;
}

std::string AuditFile::rotated(int number) const {
  return options_.file + '.' + std::to_string(number);
}

}  // namespace strayd
