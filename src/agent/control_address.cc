#include "control_address.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "strayd/agent/control.h"
#include "strayd/sys/os.h"

namespace strayd {

Result<UniqueFd> open_directory(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return std::unexpected(errno_error("open " + path, errno));
  return fd;
}

sockaddr_un control_address(const UniqueFd& directory) {
  const std::string path =
      "/proc/self/fd/" + std::to_string(directory.get()) + "/" + kControlSocket;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(path, std::begin(address.sun_path));
  return address;
}

}  // namespace strayd
