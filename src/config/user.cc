#include "user.h"

#include <pwd.h>
#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <expected>
#include <string_view>
#include <vector>

#include "strayd/core/result.h"
#include "strayd/sys/os.h"

namespace strayd::config {
namespace {

// No entry of a user database is longer.
constexpr std::size_t kLongestEntry = std::size_t{1024} * 1024;

// `ask` is one of getpw*_r with its key bound.
template <typename Ask>
Result<User> find(const Ask& ask) {
  for (std::size_t size = 4096; size <= kLongestEntry; size *= 4) {
    std::vector<char> buffer(size);
    passwd entry{};
    passwd* found = nullptr;
    const int error = ask(&entry, buffer, &found);
    if (error == ERANGE || error == EINTR) continue;
    if (found) return User{.uid = found->pw_uid, .home = found->pw_dir};
    // What getpwnam_r(3) lists for "not found", where it should be 0.
    const bool absent = error == 0 || error == ENOENT || error == ESRCH ||
                        error == EBADF || error == EPERM;
    if (absent) return fail(Fault::NotFound, "no such user");
    return std::unexpected(errno_error("user database", error));
  }
  return fail(Fault::Exhausted, "user database: an entry is too long");
}

}  // namespace

Result<User> find_user(const std::string& name) {
  return find(
      [&name](passwd* entry, std::vector<char>& buffer, passwd** found) {
        return ::getpwnam_r(
            name.c_str(), entry, buffer.data(), buffer.size(), found);
      });
}

Result<User> find_user(uid_t uid) {
  return find([uid](passwd* entry, std::vector<char>& buffer, passwd** found) {
    return ::getpwuid_r(uid, entry, buffer.data(), buffer.size(), found);
  });
}

}  // namespace strayd::config
