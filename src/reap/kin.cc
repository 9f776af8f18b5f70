#include "kin.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "strayd/proc/parse.h"
#include "strayd/sys/fd.h"
#include "strayd/sys/os.h"

namespace strayd {
namespace {

// include/linux/sched.h; shown in field 9 of /proc/PID/stat.
constexpr std::uint32_t kExitingFlag = 0x00000004;

// "/proc/12" is the pid 12, "/proc/self" is none.
std::optional<pid_t> pid_of(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  pid_t pid = 0;
  const char* begin = name.data();
  const char* end = begin + name.size();
  const auto [stop, error] = std::from_chars(begin, end, pid);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return pid;
}

}  // namespace

bool is_alive(const Kin& kin) {
  const bool exited = kin.state == 'Z' || kin.state == 'X' || kin.state == 'x';
  return !exited || kin.threads > 1;
}

bool is_still(const Kin& kin) {
  return !is_alive(kin) ||
         std::string_view("TtZXx").find(kin.state) != std::string_view::npos;
}

bool sleeps_in_kernel(const Kin& kin) {
  return kin.state == 'D';
}

Result<Kin> read_kin(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    const int error = errno;
    return std::unexpected(errno_error("open " + path, error));
  }
  // The kernel gives the whole line at once; the longest is some 400 bytes.
  std::array<char, 2048> buffer{};
  const ssize_t size = ::read(fd.get(), buffer.data(), buffer.size());
  if (size < 0) {
    const int error = errno;
    return std::unexpected(errno_error("read " + path, error));
  }
  const Result<ProcStat> stat =
      parse_stat({buffer.data(), static_cast<std::size_t>(size)});
  if (!stat) return std::unexpected(stat.error());
  return Kin{.id = stat->id,
             .parent = stat->parent,
             .state = stat->state,
             .flags = stat->flags,
             .threads = stat->threads};
}

bool is_dying(const ProcId& id) {
  const Result<Kin> now = read_kin(id.pid);
  if (!now) return now.error().fault == Fault::NotFound;
  if (now->id != id || !is_alive(*now)) return true;
  return (now->flags & kExitingFlag) != 0 && now->threads <= 1;
}

Result<std::vector<Kin>> read_all_kin() {
  std::vector<Kin> all;
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc", error);
  for (; !error && entry != std::filesystem::directory_iterator{};
       entry.increment(error)) {
    const std::optional<pid_t> pid = pid_of(entry->path().native());
    if (!pid) continue;
    Result<Kin> kin = read_kin(*pid);
    if (kin) {
      all.push_back(*kin);
    } else if (kin.error().fault != Fault::NotFound) {
      return std::unexpected(std::move(kin.error()));
    }
  }
  if (error) return std::unexpected(errno_error("read /proc", error.value()));
  std::ranges::sort(all, {}, &Kin::id);
  return all;
}

}  // namespace strayd
