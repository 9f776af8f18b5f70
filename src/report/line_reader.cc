#include "line_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <vector>

#include "strayd/sys/fd.h"
#include "strayd/sys/os.h"

namespace strayd {
namespace {

constexpr std::size_t kChunk = 65536;
constexpr std::size_t kLongest = 65536;

class LineSplitter {
 public:
  explicit LineSplitter(const std::function<void(std::string_view)>& take)
      : take_(take) {}

  void feed(std::string_view bytes) {
    for (;;) {
      const std::size_t end = bytes.find('\n');
      keep(bytes.substr(0, end));
      if (end == std::string_view::npos) return;
      take_(pending_);
      pending_.clear();
      bytes.remove_prefix(end + 1);
    }
  }

  void finish() {
    if (!pending_.empty()) take_(pending_);
  }

 private:
  void keep(std::string_view part) {
    pending_ += part.substr(0, kLongest - pending_.size());
  }

  const std::function<void(std::string_view)>& take_;
  std::string pending_{};
};

std::unexpected<Error> failed(const char* call, const std::string& path) {
  const int error = errno;
  return std::unexpected(
      errno_error(std::string(call).append(" ").append(path), error));
}

}  // namespace

Result<void> each_line(const std::string& path,
                       off_t from,
                       const std::function<void(std::string_view)>& take) {
  const UniqueFd fd{
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  if (!fd) return failed("open", path);
  struct stat found{};
  if (::fstat(fd.get(), &found) != 0) return failed("stat", path);
  if (!S_ISREG(found.st_mode)) {
    return fail(Fault::Malformed, "open " + path + ": not a regular file");
  }
  std::vector<char> chunk(kChunk);
  LineSplitter splitter(take);
  for (off_t at = from;;) {
    const ssize_t got = ::pread(fd.get(), chunk.data(), chunk.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read", path);
    if (got == 0) break;
    splitter.feed({chunk.data(), static_cast<std::size_t>(got)});
    at += got;
  }
  splitter.finish();
  return {};
}

}  // namespace strayd
