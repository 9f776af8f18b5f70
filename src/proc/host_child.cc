#include "host_child.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <limits>
#include <optional>
#include <string_view>

#include "strayd/sys/fd.h"
#include "strayd/sys/helper.h"

#include "reader_desk.h"
#include "text.h"

namespace strayd {
namespace {

constexpr int kSocket = 0;
constexpr std::size_t kLongestPidFile = 64;
constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK;
constexpr std::string_view kBlanks = " \t\r\n\v\f";

using Answer = ReaderDesk::Answer;

bool is_missing(int error) {
  return error == ENOENT || error == ENOTDIR;
}

bool is_denied(int error) {
  return error == EACCES || error == EPERM;
}

// Of a file that holds one number and nothing else.
std::optional<pid_t> pid_of(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t end = text.find_last_not_of(kBlanks) + 1;
  const std::optional<pid_t> pid =
      to_number<pid_t>(text.substr(begin, end - begin));
  return pid && *pid > 0 ? pid : std::nullopt;
}

// A file may have any time that its owner likes.
std::int64_t nanoseconds_of(const timespec& time) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  constexpr std::int64_t kMost =
      std::numeric_limits<std::int64_t>::max() / kSecond - 1;
  return std::clamp<std::int64_t>(time.tv_sec, -kMost, kMost) * kSecond +
         time.tv_nsec;
}

// The names of a directory, one after the other.
class Names {
 public:
  explicit Names(int directory) : directory_(directory) {}

  struct Name {
    const char* text = "";
    unsigned char type = DT_UNKNOWN;
  };
  // nullopt: there is no other, or see error().
  std::optional<Name> next() {
    for (;;) {
      if (at_ == filled_ && !fill()) return std::nullopt;
      const char* const record = records_.data() + at_;
      unsigned short length = 0;
      std::memcpy(
          &length, record + offsetof(dirent64, d_reclen), sizeof length);
      at_ += length;
      Name name{.text = record + offsetof(dirent64, d_name)};
      std::memcpy(
          &name.type, record + offsetof(dirent64, d_type), sizeof name.type);
      const std::string_view text{name.text};
      if (text == "." || text == "..") continue;
      if (++count_ <= kMostHostEntries) return name;
      error_ = EFBIG;
      return std::nullopt;
    }
  }
  int error() const { return error_; }

 private:
  bool fill() {
    const ssize_t got =
        ::getdents64(directory_, records_.data(), records_.size());
    if (got < 0) error_ = errno;
    at_ = 0;
    filled_ = got > 0 ? static_cast<std::size_t>(got) : 0;
    return filled_ > 0;
  }

  int directory_;
  alignas(dirent64) std::array<char, 32768> records_{};
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
  std::size_t count_ = 0;
  int error_ = 0;
};

// Collects the pidfiles of one directory, and with `deep` of those in it.
class PidFiles {
 public:
  explicit PidFiles(std::span<char> room) : room_(room) {}

  Answer answer(const char* path, bool deep) {
    const UniqueFd directory{::open(path, kDirectory)};
    if (!directory && is_missing(errno)) return {};
    if (!directory) return {.error = errno};
    Names names{directory.get()};
    while (const std::optional<Names::Name> name = names.next()) {
      int error = take(directory.get(), *name, "");
      if (deep && error == 0) error = descend(directory.get(), *name);
      if (error != 0) return {.error = error};
    }
    return {.error = names.error(), .size = used_};
  }

 private:
  // What we may not open there is no place for what we should know of.
  int descend(int directory, const Names::Name& name) {
    if (name.type != DT_DIR && name.type != DT_UNKNOWN) return 0;
    const UniqueFd below{
        ::openat(directory, name.text, kDirectory | O_NOFOLLOW)};
    if (!below) {
      const bool passed =
          is_missing(errno) || is_denied(errno) || errno == ELOOP;
      return passed ? 0 : errno;
    }
    Names names{below.get()};
    while (const std::optional<Names::Name> file = names.next()) {
      const int error = take(below.get(), *file, name.text);
      if (error != 0 && !is_denied(error)) return error;
    }
    return names.error();
  }

  // 0, too, where it is no pidfile.
  int take(int directory, const Names::Name& name, std::string_view within) {
    if (!std::string_view{name.text}.ends_with(".pid")) return 0;
    if (name.type != DT_REG && name.type != DT_UNKNOWN) return 0;
    // By now it may be a FIFO, or a link to anything.
    const UniqueFd file{::openat(
        directory, name.text, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
    if (!file) return is_missing(errno) || errno == ELOOP ? 0 : errno;
    struct stat found{};
    if (::fstat(file.get(), &found) != 0) return errno;
    if (!S_ISREG(found.st_mode)) return 0;
    std::array<char, kLongestPidFile + 1> text{};
    const ssize_t got = ::read(file.get(), text.data(), text.size());
    if (got < 0) return errno;
    const auto size = static_cast<std::size_t>(got);
    if (size > kLongestPidFile) return 0;
    const std::optional<pid_t> pid = pid_of({text.data(), size});
    if (!pid) return 0;
    return add({.written_ns = nanoseconds_of(found.st_mtim),
                .owner = found.st_uid,
                .pid = *pid},
               within,
               name.text);
  }

  int add(FoundPidFile file, std::string_view within, std::string_view name) {
    const std::size_t slash = within.empty() ? 0 : 1;
    const std::size_t size = within.size() + slash + name.size();
    if (++count_ > kMostHostEntries || size > kLongestHostName) return EFBIG;
    file.name_size = static_cast<std::uint32_t>(size);
    put(reinterpret_cast<const char*>(&file), sizeof file);
    put(within.data(), within.size());
    put("/", slash);
    put(name.data(), name.size());
    return 0;
  }

  void put(const char* bytes, std::size_t size) {
    std::copy_n(bytes, size, room_.data() + used_);
    used_ += size;
  }

  std::span<char> room_;
  std::size_t used_ = 0;
  std::size_t count_ = 0;
};

Answer link_answer(ssize_t size, std::span<char> room) {
  if (size < 0) return {.error = errno};
  const auto length = static_cast<std::size_t>(size);
  if (length >= room.size()) return {.error = EFBIG};
  return {.size = length};
}

// Where there is not even the directory, that the link lacks says nothing.
Answer invocation(const HostRead& question, std::span<char> room) {
  const UniqueFd units{::open(question.directory.c_str(), kDirectory)};
  if (!units) return {.error = is_missing(errno) ? ENOTDIR : errno};
  return link_answer(
      ::readlinkat(
          units.get(), question.name.c_str(), room.data(), room.size()),
      room);
}

// As the kernel has it: realpath(3) may take memory.
Answer real_path(const HostRead& question, std::span<char> room) {
  const UniqueFd directory{
      ::open(question.directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!directory) return {.error = errno};
  std::array<char, 32> path{"/proc/self/fd/"};
  const std::size_t prefix = std::strlen(path.data());
  std::to_chars(path.data() + prefix, path.end() - 1, directory.get());
  return link_answer(::readlink(path.data(), room.data(), room.size()), room);
}

bool is_same_directory(const char* one, const char* other) {
  struct stat a{};
  struct stat b{};
  return ::stat(one, &a) == 0 && ::stat(other, &b) == 0 &&
         a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

Answer answer(const HostChildSetup& setup,
              const HostRead& question,
              std::span<char> room) {
  switch (question.what) {
    case HostFile::PidFiles: {
      const char* const path = question.directory.c_str();
      return PidFiles{room}.answer(path, is_same_directory(path, setup.run));
    }
    case HostFile::Invocation:
      return invocation(question, room);
    case HostFile::RealPath:
      return real_path(question, room);
  }
  leave_reader();
}

}  // namespace

void run_host_child(const HostChildSetup& setup) {
  ::prctl(PR_SET_NAME, "strayd-host");
  const int socket = ::fcntl(setup.socket, F_DUPFD_CLOEXEC, 3);
  if (socket < 0 || ::dup2(socket, kSocket) < 0) leave_reader();
  close_from(kSocket + 1);
  // Each at once, so that none is lost with one that blocks.
  ReaderDesk desk{kSocket, *setup.progress, setup.replies, 0};
  desk.serve([&](const ReaderRequest& request, std::span<char> room) {
    return answer(setup, setup.questions[request.index], room);
  });
}

}  // namespace strayd
