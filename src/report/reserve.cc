#include "reserve.h"

#include <fcntl.h>

#include <cerrno>

#include "strayd/sys/os.h"

namespace strayd {

Result<void> keep_reserve(int fd, off_t end, const std::string& path) {
  // In whole steps, so that most calls find nothing to do.
  constexpr off_t kStep = 65536;
  const off_t target = ((end + kReserve) / kStep * kStep) + kStep;
  int error = 0;
  do {
    error = ::fallocate(fd, FALLOC_FL_KEEP_SIZE, end, target - end) == 0
                ? 0
                : errno;
  } while (error == EINTR);
  if (error == 0 || error == EOPNOTSUPP || error == ENOSYS) return {};
  return std::unexpected(errno_error("set space aside for " + path, error));
}

}  // namespace strayd
