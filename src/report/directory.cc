#include "directory.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "strayd/sys/fd.h"
#include "strayd/sys/os.h"

namespace strayd {

std::string directory_of(const std::string& path) {
  const std::filesystem::path parent =
      std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

Result<void> sync_directory_of(const std::string& path) {
  const std::string directory = directory_of(path);
  const UniqueFd fd{
      ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd) return std::unexpected(errno_error("open " + directory, errno));
  if (::fsync(fd.get()) != 0) {
    return std::unexpected(errno_error("fsync " + directory, errno));
  }
  return {};
}

}  // namespace strayd
