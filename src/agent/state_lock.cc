#include "strayd/agent/state_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include <spdlog/spdlog.h>

#include "strayd/sys/os.h"

namespace strayd {
namespace {

constexpr const char* kFile = "/agent.lock";

}  // namespace

Result<UniqueFd> lock_state(const std::string& directory) {
  if (auto made = make_directories(directory); !made) {
    spdlog::warn("{}; strayd only observes without it", made.error().what);
    return UniqueFd();
  }
  const std::string path = directory + kFile;
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return UniqueFd();
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(Fault::Exhausted,
                "another strayd runs on " + directory +
                    "; stop it, or give this one its own state.dir");
  }
  return fd;
}

Result<UniqueFd> lock_idle_state(const std::string& directory) {
  const std::string path = directory + kFile;
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd && errno == ENOENT) return UniqueFd();
  if (!fd) return std::unexpected(errno_error("open " + path, errno));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(Fault::Exhausted, "a strayd runs on " + directory);
  }
  return fd;
}

}  // namespace strayd
